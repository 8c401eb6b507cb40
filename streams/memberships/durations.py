"""Durations in words of the rule language."""

from __future__ import annotations

_UNITS = (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000))


def duration_text(duration_ms: int) -> str:
    """The two largest units of a duration, cut down: "60d", "3d 4h", "0s"."""
    parts: list[str] = []
    for unit, size_ms in _UNITS:
        count, duration_ms = divmod(duration_ms, size_ms)
        if count:
            parts.append(f"{count}{unit}")
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts) or "0s"
