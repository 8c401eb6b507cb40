"""Bounds on whole numbers."""

from __future__ import annotations

from streams.rules.model import Bounds


def whole_bounds(bounds: Bounds, scale: int) -> Bounds:
    """Closed bounds on whole numbers that say the same, where the given ones are in parts of ``scale`` to a whole."""
    low, high = bounds.low, bounds.high
    if low is not None:
        low = low // scale + 1 if bounds.low_open else -(-low // scale)
    if high is not None:
        high = -(-high // scale) - 1 if bounds.high_open else high // scale
    return Bounds(low, high)
