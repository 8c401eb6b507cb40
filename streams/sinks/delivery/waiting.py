"""Waiting that can be ended, and a clock that fits it; tests have both of their own."""

from __future__ import annotations

import threading
from typing import Protocol

from streams.sinks.patience import StoppedError
from streams.worker.clock import WallClock


class Waiting(Protocol):
    """Tells the time and lets it pass."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Lets so much time pass; raises StoppedError when it is ended meanwhile."""
        ...


class WallWaiting:
    """The machine's time; ``stop`` ends all waiting."""

    def __init__(self, stop: threading.Event) -> None:
        self._clock, self._stop = WallClock(), stop

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return self._clock.now_ms()

    def sleep(self, seconds: float) -> None:
        """Lets so much time pass."""
        if self._stop.wait(seconds):
            raise StoppedError
