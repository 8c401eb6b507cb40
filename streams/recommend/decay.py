"""Sums in which the weight of what happened halves with its age, exactly, and in any order of arrival.

Forward decay (Cormode et al. 2009): what happens at an instant is added with 2^(instant ÷ half-life), and sums are
multiplied by 2^-(now ÷ half-life) when they are read. So nothing is ever aged in place, and what is late gets its own
weight. Instants are counted from the first event on.
"""

from __future__ import annotations

#: 2^±500 and their squares are numbers of 64 bits; with a half-life of 60 days that is 80 years
_MOST = 500.0


class Decay:
    """Weights for one half-life, in milliseconds."""

    def __init__(self, half_life_ms: int) -> None:
        self._half_life_ms = half_life_ms
        self._start_ms: int | None = None

    def weight(self, at_ms: int) -> float:
        """What is to be added for something that happened then."""
        if self._start_ms is None:
            self._start_ms = at_ms
        exponent = (at_ms - self._start_ms) / self._half_life_ms
        return float(2.0 ** min(max(exponent, -_MOST), _MOST))

    def scale(self, now_ms: int) -> float:
        """What sums are to be multiplied with so that something of now counts 1; where there are none yet, anything."""
        return 1.0 if self._start_ms is None else 1.0 / self.weight(now_ms)
