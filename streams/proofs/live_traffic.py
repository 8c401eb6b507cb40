"""Live events at a steady rate, and how long each takes until a read-committed subscriber has the change that it
made."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from streams.clients.changes import Change, ChangeReader
from streams.clients.sender import Sender
from streams.settings import Settings
from streams.worker.clock import WallClock

PREFIX = "live-"
#: One event in so many is a purchase; the others are views.
PURCHASE_EVERY = 4
#: How long an event waits for others to go with it: what is measured is the worker, not the sender.
LINGER_MS = 2
_BURST_SECONDS = 0.005
_CLOCK = WallClock()


class Latency(NamedTuple):
    """Of the events of a span that made a change: how many, and how long it took, in milliseconds."""

    changes: int
    p50_ms: float
    p99_ms: float
    max_ms: float


class Traffic:
    """Events of random customers, ``rate`` a second, as long as the context lasts; instants are ``time.monotonic()``.

    The ids of its events begin with ``prefix``. An event is late from the instant at which it was due to be sent, so a
    sender that is held up hides nothing.
    """

    def __init__(
        self, settings: Settings, users: Sequence[str], rate: int, seed: int = 1, prefix: str = PREFIX
    ) -> None:
        self._settings, self._users, self._rate, self._prefix = settings, users, rate, prefix
        self._chance = random.Random(seed)
        self._arrived: dict[int, float] = {}
        self._started = 0.0
        self._stop = threading.Event()
        self._failure: BaseException | None = None
        self._threads = [threading.Thread(target=self._guarded, args=(work,)) for work in (self._send, self._read)]
        self._reader = ChangeReader(settings, from_beginning=False)

    def check(self) -> None:
        """Raises what ended the sending or the reading."""
        if self._failure is not None:
            raise self._failure

    def latency(self, from_s: float, until_s: float) -> Latency:
        """Of the events that were due to be sent within a span, those that made a change and have arrived."""
        first, end = ((at - self._started) * self._rate for at in (from_s, until_s))
        late = sorted(
            (at - self._due(number)) * 1000 for number, at in list(self._arrived.items()) if first <= number < end
        )
        if not late:
            return Latency(0, 0.0, 0.0, 0.0)
        return Latency(len(late), *(round(late[int(part * (len(late) - 1))], 1) for part in (0.5, 0.99, 1)))

    def _due(self, number: int) -> float:
        return self._started + number / self._rate

    def _guarded(self, work: Any) -> None:
        try:
            work()
        except BaseException as error:  # the thread that measures raises it
            self._failure = self._failure or error
            self._stop.set()

    def _send(self) -> None:
        topic, number = self._settings.topics.views.name, 0
        with Sender(self._settings, LINGER_MS) as sender:
            while not self._stop.wait(_BURST_SECONDS):
                while self._due(number) <= time.monotonic():
                    user = self._chance.choice(self._users)
                    sender.send(topic, user, _event(self._prefix, number, user))
                    number += 1
                sender.serve()

    def _read(self) -> None:
        with closing(self._reader) as reader:
            while not self._stop.is_set():
                arrived = reader.poll(0.1)
                now = time.monotonic()
                for one in arrived:
                    if one.change is not None and (number := _number(one.change, self._prefix)) >= 0:
                        self._arrived.setdefault(number, now)

    def __enter__(self) -> Self:
        self._reader.poll(1.0)  # from now on nothing is missed
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def _number(change: Change, prefix: str) -> int:
    """The number of the event that made the change; -1 where it was another's, or time or rules made it."""
    return int(change.cause.id.removeprefix(prefix)) if change.cause.id.startswith(prefix) else -1


def _event(prefix: str, number: int, user: str) -> bytes:
    event = {"id": f"{prefix}{number}", "user": user, "at": _CLOCK.now_ms()}
    product = {"product": f"sku-{number % 4000}", "category": "live", "price": 10 + number % 90}
    if number % PURCHASE_EVERY:
        return orjson.dumps({**event, "type": "view", **product})
    return orjson.dumps({**event, "type": "purchase", "order": f"{prefix}{number}", "items": [product]})
