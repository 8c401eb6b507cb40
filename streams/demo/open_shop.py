"""The shop's events on their way into Kafka, as they happen."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import orjson

from streams.clients.routes import Routes
from streams.clients.sender import Sender
from streams.demo.newest import newest_event_ms
from streams.demo.pace import Pace
from streams.demo.shop import DAY_MS, Event, Shop
from streams.events.decode import Refusal, decode_event
from streams.settings import Settings

#: What the shop has behind it when it opens for the first time.
HISTORY_MS = 60 * DAY_MS
STEP_SECONDS = 0.1


class OpenShop:
    """A shop whose events are sent by a thread as long as the context lasts; topics must exist.

    It opens at the present with 60 days of history, sent at once; where the topics have events already, it goes on from
    the newest of them, if that is later than the present.
    """

    def __init__(self, settings: Settings, customers: int, seed: int, speed: float) -> None:
        newest_ms = newest_event_ms(settings)
        self.pace = Pace(max(newest_ms, time.time_ns() // 1_000_000), speed)
        self.events = 0
        self._shop = Shop(customers, self.pace.opening_ms - (0 if newest_ms else HISTORY_MS), seed)
        self._routes = Routes(settings)
        self._sender = Sender(settings)
        self._closing = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="shop", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def check(self) -> None:
        """Raises what ended the shop, if something did."""
        if self._error is not None:
            raise self._error

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with self._sender:
                self._send(self._shop.until(self.pace.opening_ms))
                while not self._closing.wait(STEP_SECONDS):
                    self._send(self._shop.until(self.pace.now_ms()))
        except BaseException as error:  # it is raised where the demo looks after its parts
            self._error = error

    def _send(self, events: Iterable[Event]) -> None:
        for event in events:
            raw = orjson.dumps(event)
            native = decode_event(raw)
            if isinstance(native, Refusal):
                raise ValueError(f"the shop made an event that is none: {native.reason}: {event}")
            self._sender.send(self._routes.topic(native), event["user"], raw)
            self.events += 1
            if self._closing.is_set():
                return
        self._sender.serve()
