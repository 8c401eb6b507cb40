"""Durations in words of the rule language."""

from __future__ import annotations

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))
_PAIRS = tuple(zip(_UNITS, [*_UNITS[1:], ("ms", 1_000)], strict=True))  # of less than a second nothing is told


def duration_text(duration_ms: int) -> str:
    """The two largest units of a duration, cut down: "60d", "3d 4h", "0s"."""
    for (unit, size_ms), (lesser, lesser_ms) in _PAIRS:
        if duration_ms >= size_ms:
            more = duration_ms % size_ms // lesser_ms
            return f"{duration_ms // size_ms}{unit} {more}{lesser}" if more else f"{duration_ms // size_ms}{unit}"
    return "0s"
