"""Durations as ops write them: a whole number above 0 and one of s m h d w; milliseconds come out."""

from __future__ import annotations

import re
from decimal import Decimal

from streams.rules.errors import Problems, quoted
from streams.rules.nearest import nearest
from streams.rules.scalars import scalar
from streams.rules.yaml_nodes import Yaml

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
#: A hundred years; a longer one is a slip, and sums of a few stay far within 64 bits.
MAX_MS = 36_500 * UNITS_MS["d"]

_DURATION = re.compile(r"(\d{1,12})([smhdw])", re.ASCII)
_LIKE_ONE = re.compile(r"(\d{1,12}(?:\.\d{1,6})?)\s*([^\W\d_]*)", re.ASCII)
_UNIT_NAMES = {
    **dict.fromkeys(("sec", "secs", "second", "seconds"), "s"),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), "m"),
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "h"),
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("wk", "wks", "week", "weeks"), "w"),
}
#: Units whose length is not fixed, with the days that come nearest.
_UNEVEN_DAYS = {
    **dict.fromkeys(("mo", "mos", "mon", "month", "months"), 30),
    **dict.fromkeys(("y", "yr", "yrs", "year", "years"), 365),
}


def duration(node: Yaml, problems: Problems) -> int | None:
    """Milliseconds, above 0 and at most a hundred years."""
    found = scalar(node, problems, "a duration such as 7d")
    if found is None:
        return None
    match = _DURATION.fullmatch(found.text)
    length_ms = int(match[1]) * UNITS_MS[match[2]] if match else 0
    if 0 < length_ms <= MAX_MS:
        return length_ms
    problems.add(node.place, _why_not(found.text, length_ms))
    return None


def spelled(length_ms: int) -> str:
    """A duration in the largest unit up to days that takes it whole; of less than a whole second in milliseconds."""
    for unit in "dhms":
        if length_ms % UNITS_MS[unit] == 0:
            return f"{length_ms // UNITS_MS[unit]}{unit}"
    return f"{length_ms} ms"


def _why_not(text: str, length_ms: int) -> str:
    if length_ms > MAX_MS:
        return f"{quoted(text)} is longer than a hundred years"
    match = _LIKE_ONE.fullmatch(text.strip())
    if match is None:
        return f"{quoted(text)} is no duration; write a whole number and one of s m h d w, such as 7d"
    number, unit = Decimal(match[1]), match[2]
    if number == 0:
        return f"{quoted(text)} is no time at all; a duration is above 0"
    if not unit:
        return f'{quoted(text)} has no unit; did you mean "{match[1]}d"?'
    if unit == "M" or unit.lower() in _UNEVEN_DAYS:
        days = int(number * _UNEVEN_DAYS.get(unit.lower(), 30)) or 1
        return f'{quoted(text)}: months and years differ in length; write days, such as "{days}d"'
    return f"{quoted(text)} is no duration: {_right_unit(number, unit)}"


def _right_unit(number: Decimal, unit: str) -> str:
    name = unit.lower()
    known = name if name in UNITS_MS else _UNIT_NAMES.get(nearest(name, _UNIT_NAMES, likeness=0.75) or "")
    if known is None:
        return f"unknown unit {quoted(unit)}; write one of s m h d w"
    length_ms = int(number * UNITS_MS[known])
    right = f"{number}{known}" if number == int(number) else spelled(length_ms - length_ms % 1_000 or 1_000)
    return f'write a whole number and one of s m h d w; did you mean "{right}"?'
