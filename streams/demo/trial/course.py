"""The shop and the platform day by day: what customers do goes in, who is in which segment and arm comes out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from http.client import HTTPException
from types import TracebackType
from typing import Self
from urllib.request import urlopen

import orjson

from streams.clients.outcomes import read_totals
from streams.clients.sender import Sender
from streams.demo.shop import DAY_MS, HOUR_MS, Event, Shop
from streams.demo.trial.mailing import Mailing
from streams.errors import MicrosegError
from streams.settings import Settings
from streams.sinks.subscriber import Subscriber
from streams.trials.totals import Totals

#: What lies behind the shop when the trial starts.
HISTORY_MS = 21 * DAY_MS
#: The trial starts at midnight; by this hour of that day everybody has events, so that all clocks are past its start.
DAWN_MS = 6 * HOUR_MS
#: How long a step may take at most.
PATIENCE_S = 240.0
POLL_S = 0.1


class TooLong(MicrosegError):
    """Something that was waited for did not happen."""


class Course:
    """Sends the events of a shop, and those of its mail, and follows the memberships; topics must exist.

    Args:
        settings: of the worker.
        shop: the customers.
        mailing: the platform.
        start_ms: the midnight at which the trial starts.
        check: raises where a process that should run has ended.
    """

    def __init__(
        self, settings: Settings, shop: Shop, mailing: Mailing, start_ms: int, check: Callable[[], None]
    ) -> None:
        self._settings, self._shop, self._mailing = settings, shop, mailing
        self._start_ms, self._check = start_ms, check
        self._events = 0
        self._sender = Sender(settings)
        self._subscriber = Subscriber(settings.broker, group="platform")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._subscriber.close(done=kind is None)

    def history(self) -> int:
        """Sends what was before the trial, and waits until the worker knows it; returns how many events it was."""
        self._send(self._shop.until(self._start_ms + DAWN_MS))
        self._until("the worker has read the history", lambda: self._worker_read() >= self._events)
        self._until("the platform knows everybody", lambda: bool(self._mailing.readers))
        return self._events

    def day(self, number: int, seconds: float) -> None:
        """Day ``number`` of the trial (from 0), in so many seconds at least: what the shop and the mail bring."""
        ends = time.monotonic() + seconds
        start_ms = self._start_ms + number * DAY_MS
        shop = self._shop.until(start_ms + DAY_MS)
        self._send(sorted([*shop, *self._mailing.day(start_ms)], key=lambda event: str(event["at"])))
        self._follow(POLL_S)
        while time.monotonic() < ends:
            self._follow(min(POLL_S, max(0.0, ends - time.monotonic())))

    def until_drawn(self) -> None:
        """Waits until the platform has heard of arms."""
        self._until("the arms are drawn", lambda: any(self._mailing.arms().values()))

    def until_counted(self) -> Totals:
        """Waits until tracking has counted every mail, each for its segment; returns the totals."""
        found: list[Totals] = []

        def counted() -> bool:
            found[:] = [read_totals(self._settings)]
            sent: Counter[str] = Counter()
            for day in found[0].days:
                sent[day.segment] += day.sent
            return sent == self._mailing.sent

        self._until("all mail is counted", counted)
        return found[0]

    def until_released(self) -> None:
        """Waits until the platform has heard that nobody is in an arm any more."""
        self._until("the worker has picked the move up", lambda: not any(self._mailing.arms().values()))

    def _until(self, what: str, held: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self._follow(POLL_S)
            if held():
                return
            if time.monotonic() > deadline:
                raise TooLong(f"waited {PATIENCE_S:g} s in vain until {what}; look into the logs")

    def _follow(self, seconds: float) -> None:
        """Takes in the changes that come within so many seconds."""
        self._check()
        for member in self._subscriber.poll(seconds):
            self._mailing.take(member)

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            self._sender.send(self._settings.topics.views.name, str(event["user"]), orjson.dumps(event))
            self._events += 1
        self._sender.flush()

    def _worker_read(self) -> int:
        """How many events the worker has read; 0 while it is starting."""
        try:
            with urlopen("http://{}:{}/health".format(*self._settings.http or ()), timeout=5) as answer:
                return int(orjson.loads(answer.read())["events"])
        except (OSError, HTTPException, ValueError):
            return 0
