"""The stream of events to a page that looks on: counters each second, and a sample of what changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from streams.clients.changes import Change
from streams.clients.words import Words
from streams.dashboard.access import Rights
from streams.dashboard.feed import Feed, Shown
from streams.dashboard.looking import Look
from streams.dashboard.pages import Pages, trouble

SECOND = 1.0
#: Changes that are shown in a second at most, the newest.
MOST_CHANGES = 5
PING_SECONDS = 15

Json = dict[str, Any]
#: Does work in a thread and returns what comes of it.
InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


async def events(pages: Pages, rights: Rights, in_thread: InThread) -> AsyncIterator[bytes]:
    """Events as they go over the wire, for ever. Looking on counts as visiting."""
    seen: int | None = None
    told: list[Json] = []
    seconds = 0
    while True:
        yield _event("counters", await in_thread(pages.counters))
        look = await in_thread(pages.look)
        wrong = trouble(look)
        for one in wrong if wrong != told else ():
            yield _event("trouble", one)
        told = wrong
        newest = look.feed.newest[-1].number if look.feed.newest else 0
        for change in changes(look, newest if seen is None else seen, rights):
            yield _event("change", change)
        seen = newest
        seconds += 1
        if seconds % PING_SECONDS == 0:
            yield b": ping\n\n"
        await asyncio.sleep(SECOND)


def changes(look: Look, after: int, rights: Rights) -> list[Json]:
    """The newest changes behind a number, the oldest first; whose they are only to who may see customers."""
    words = Words(look.figures.rules.rule_set)
    return [_change(words, one.change, rights) for one in _newest(look.feed, after)]


def _newest(feed: Feed, after: int) -> list[Shown]:
    return [one for one in list(feed.newest)[-MOST_CHANGES:] if one.number > after]


def _change(words: Words, change: Change, rights: Rights) -> Json:
    told: Json = {"user": change.user} if rights.customers else {}
    return {
        **told,
        "at": change.at,
        "entered": change.entered,
        "exited": change.exited,
        "cause": change.cause.kind,
        "why": [text for segment in change.entered if (text := words.why(change, segment))],
    }


def _event(kind: str, value: Json) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(value, ensure_ascii=False)}\n\n".encode()
