"""Events and shops for tests of recommendations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from random import Random
from typing import Any

import orjson

from streams.events.decode import Refusal, decode_event
from streams.events.native import Event
from streams.recommend.counting import Counting
from streams.recommend.listing import Pick
from streams.recommend.products import Feed
from streams.recommend.recommender import Recommender

START_MS = 1_772_323_200_000  # 2026-03-01
MINUTE_MS, DAY_MS = 60_000, 86_400_000
RETENTION_MS = 730 * DAY_MS
_ids = count()


def event(kind: str, user: str, at_ms: int = START_MS, **fields: Any) -> Event:
    """A settled event."""
    return settled({"type": kind, "id": f"e{next(_ids)}", "user": user, "at": at_ms, **fields})


def settled(said: dict[str, Any]) -> Event:
    """The event of a JSON object."""
    found = decode_event(orjson.dumps(said))
    assert not isinstance(found, Refusal), found
    return found


def view(user: str, product: str, at_ms: int = START_MS, **fields: Any) -> Event:
    """A view; products called ``a1`` are of the category ``a``."""
    return event("view", user, at_ms, product=product, category=product[0], **fields)


def buy(user: str, *products: str, at_ms: int = START_MS, order: str | None = None, **fields: Any) -> Event:
    """An order of products at 1 each."""
    items = [{"product": one, "category": one[0], "price": 1} for one in products]
    return event("purchase", user, at_ms, order=order or f"o{next(_ids)}", items=items, **fields)


def merge(survivor: str, absorbed: str, at_ms: int = START_MS) -> Event:
    """Two customers become one."""
    said: dict[str, Any] = {"from": absorbed}
    return event("merge", survivor, at_ms, **said)


def counting_of(events: Iterable[Event], feed: Feed | None = None) -> Counting:
    """What was counted of events in this order."""
    counting = Counting(feed)
    for one in events:
        counting.take(one)
    return counting


def asked(events: Iterable[Event], feed: Feed | None = None, **members: Sequence[str]) -> Recommender:
    """A recommender as of the last event; ``members`` are those of segments."""
    counting = counting_of(events, feed)
    recommender = Recommender(counting, RETENTION_MS)
    recommender.rank(counting.newest_ms, members)
    return recommender


def ids(picks: Iterable[Pick]) -> list[str]:
    """The products."""
    return [pick.product for pick in picks]


def tastes(customers: int, orders: int, seed: int = 1) -> list[Event]:
    """Customers of four tastes: each buys two products an order, mostly of the nine of their own taste, which are of
    three categories that they share with the other tastes."""
    chance = Random(seed)
    found = []
    for number in range(customers):
        for place in range(orders):
            bought = []
            for _ in range(2):
                taste = number % 4 if chance.random() < 0.85 else chance.randrange(4)
                bought.append(f"{chance.choice('abc')}{taste}{chance.randrange(3)}")
            at_ms = START_MS + place * 7 * DAY_MS + chance.randrange(5 * DAY_MS)
            found.append(buy(f"u{number}", *dict.fromkeys(bought), at_ms=at_ms))
    return sorted(found, key=lambda one: int(one.at))
