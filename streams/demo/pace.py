"""Shop time: how it runs against the machine's time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Pace:
    """Shop time from ``opening_ms`` (epoch milliseconds) on, ``speed`` times as fast as the machine's clock."""

    opening_ms: int
    speed: float
    started_s: float = field(default_factory=time.monotonic)

    def now_ms(self) -> int:
        """The shop's instant now."""
        return self.opening_ms + int((time.monotonic() - self.started_s) * 1000 * self.speed)

    def in_words(self) -> str:
        """How fast it runs."""
        if self.speed == 1:
            return "in real time"
        day_s = DAY_S / self.speed
        return f"a day in {day_s:.3g} s" if day_s < 120 else f"{self.speed:g} times as fast as real time"
