"""How far a measured number is from where it should be, in words and as a part of the bound."""

from __future__ import annotations

from dataclasses import replace

from streams.explanations.judged import Value
from streams.explanations.nouns import a_fact, facts, quantity, values
from streams.memberships.durations import duration_text
from streams.memberships.wording import comparison_words, is_duration, number_words
from streams.rules.model import RATIO_SCALE, Bounds, Compare, Measure

_WHOLE = ("count", "distinct")
#: Measures that have a value of any facts.
_OF_ANY = ("count", "distinct", "sum", "share")


def gap_of_number(node: Compare, value: Value, wanted: bool) -> tuple[str, float]:
    """What is missing until the comparison is as ``wanted``, and which part of it, from 0 to 1.

    ``value`` is in the measure's own unit, milliseconds of ``since``; None where it is undefined.
    """
    measure = node.measure
    if not isinstance(value, (int, float)):
        return _until_defined(measure), 1.0
    scaled = int(value) if is_duration(measure) else round(value * RATIO_SCALE)
    target = nearest(scaled, [node.bounds] if wanted else outside(node.bounds))
    end = _first_inside(measure, scaled, target)
    part = min(1.0, abs(end - scaled) / max(abs(end), abs(scaled), 1))
    return _said(measure, scaled, end, target), part


def outside(bounds: Bounds) -> list[Bounds]:
    """The intervals below and above an interval, as far as it has such ends."""
    below = [] if bounds.low is None else [Bounds(high=bounds.low, high_open=not bounds.low_open)]
    above = [] if bounds.high is None else [Bounds(low=bounds.high, low_open=not bounds.high_open)]
    return below + above


def nearest(scaled: int, intervals: list[Bounds]) -> Bounds:
    """The interval that is nearest to a number."""
    return min(intervals, key=lambda bounds: abs(_clamped(scaled, bounds) - scaled))


def _clamped(scaled: int, bounds: Bounds) -> int:
    if bounds.low is not None and scaled <= bounds.low:
        return bounds.low
    return bounds.high if bounds.high is not None and scaled >= bounds.high else scaled


def _first_inside(measure: Measure, scaled: int, bounds: Bounds) -> int:
    """The end of the interval that is next to a number, moved inside where only whole numbers occur."""
    end = _clamped(scaled, bounds)
    if measure.op not in _WHOLE:
        return end
    if end == bounds.low:
        return (end // RATIO_SCALE + 1) * RATIO_SCALE if bounds.low_open else -(-end // RATIO_SCALE) * RATIO_SCALE
    return (-(-end // RATIO_SCALE) - 1) * RATIO_SCALE if bounds.high_open else end // RATIO_SCALE * RATIO_SCALE


def _said(measure: Measure, scaled: int, end: int, target: Bounds) -> str:
    if measure.op in _WHOLE:
        return _whole(measure, (end - scaled) // RATIO_SCALE)
    if is_duration(measure):
        return _time(measure, scaled, end)
    return f"{quantity(measure)} is {number_words(scaled)}; {needed(target)} is needed"


def _whole(measure: Measure, lacking: int) -> str:
    count = abs(lacking)
    things = facts(measure, count) if measure.op == "count" else values(measure, count)
    return f"{count} more {things}" if lacking > 0 else f"{count} {things} too many"


def _time(measure: Measure, past_ms: int, end_ms: int) -> str:
    which, off = measure.op.partition(" ")[2], duration_text(max(abs(end_ms - past_ms), 1_000))
    if end_ms >= past_ms:
        return (
            f"{off} more without {a_fact(measure)}"
            if which == "last"
            else f"{off} more since the first {facts(measure, 1)}"
        )
    if which == "last":
        return f"1 new {facts(measure, 1)}"
    return f"the first {facts(measure, 1)} was {off} too long ago"


def _until_defined(measure: Measure) -> str:
    if measure.latest is not None and measure.op in _OF_ANY:  # undefined for want of facts
        return f"at least {measure.latest} {facts(replace(measure, latest=None, where=()), measure.latest)}"
    return f"1 {facts(measure, 1)}" if is_duration(measure) else f"{quantity(measure)} has no value yet"


def needed(bounds: Bounds) -> str:
    """A comparison of numbers in words: "more than 5"."""
    ((name, end),) = comparison_words(bounds, number_words).items()
    shown = " and ".join(str(one) for one in end) if isinstance(end, list) else end
    return f"{name.replace('_', ' ')} {shown}"
