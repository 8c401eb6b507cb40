"""Whether anybody looks: with the first visit reading begins, some time after the last one it ends.

So a dashboard that nobody opens costs its worker nothing: no thread, no client, no memory.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from streams.dashboard.feed import Feed
from streams.dashboard.figures import Figures
from streams.settings import Settings

IDLE_SECONDS = 600.0
FIRST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """What is read while somebody looks."""

    feed: Feed
    figures: Figures


class Looking:
    """``share``: the part of a core that reading the topic of changes may take."""

    def __init__(self, settings: Settings, share: float, idle_s: float = IDLE_SECONDS) -> None:
        self._settings, self._share, self._idle_s = settings, share, idle_s
        self._lock = threading.Lock()
        self._look: Look | None = None
        self._last_s = 0.0
        self._timer: threading.Timer | None = None
        self._ended = False

    @property
    def busy(self) -> bool:
        """Whether anything is read now."""
        return self._look is not None

    def visit(self) -> Look:
        """Somebody looks; blocks for a moment where they are the first."""
        with self._lock:
            self._last_s = time.monotonic()
            first = self._look is None
            if self._look is None:
                figures = Figures(self._settings)
                self._look = Look(Feed(figures.settings, self._share), figures)
                self._look.feed.start()
                self._look.figures.start()
                self._wake_in(self._idle_s)
            look = self._look
        if first:
            look.figures.wait(FIRST_SECONDS)
            self._last_s = time.monotonic()
        return look

    def end(self) -> None:
        """Nothing is read any more."""
        with self._lock:
            self._ended = True
            self._stop()

    def _wake_in(self, seconds: float) -> None:
        if self._ended:
            return
        self._timer = threading.Timer(seconds, self._check)
        self._timer.daemon = True
        self._timer.start()

    def _check(self) -> None:
        with self._lock:
            left_s = self._last_s + self._idle_s - time.monotonic()
            if left_s > 0 and self._look is not None:
                self._wake_in(left_s)
            else:
                self._stop()

    def _stop(self) -> None:
        look, self._look = self._look, None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for part in (look.feed, look.figures) if look else ():
            stop: Callable[[], None] = part.stop
            stop()
