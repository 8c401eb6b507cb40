"""Section 3: the value of a measure at an instant, exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TypeVar
from zoneinfo import ZoneInfo

from streams.rules.model import EACH, RATIO_SCALE, Bounds, Match, Measure
from tests.reference.facts import Fact

T = TypeVar("T")


class Undefined(Exception):
    """The measure has no value, so its comparison is false."""


def within(value: Fraction, bounds: Bounds) -> bool:
    """Whether a value in the bounds' own unit lies in them."""
    if bounds.low is not None and (value < bounds.low or (bounds.low_open and value == bounds.low)):
        return False
    return not (bounds.high is not None and (value > bounds.high or (bounds.high_open and value == bounds.high)))


def holds(measure: Measure, bounds: Bounds, facts: Sequence[Fact], t: int, zone: str, each: str | None) -> bool:
    """Whether the measure's value at t lies in the bounds."""
    try:
        value = value_of(measure, facts, t, zone, each)
    except Undefined:
        return False
    return within(value if measure.op.startswith("since") else value * RATIO_SCALE, bounds)


def value_of(measure: Measure, facts: Sequence[Fact], t: int, zone: str, each: str | None) -> Fraction:
    """The value in the measure's own unit (``since``: milliseconds); raises Undefined."""
    if measure.op == "trend":
        return _trend(measure, facts, t, each)
    window = in_window(measure, measure.source, facts, t, zone)
    matching = [f for f in window if matches(f, measure.where, each)]
    if measure.op == "share":
        return _quotient(len(matching), len(window))
    if measure.op == "ratio":
        per = in_window(measure, measure.per or "", facts, t, zone)
        return _quotient(len(matching), len([f for f in per if matches(f, measure.where, each)]))
    if measure.op in ("since last", "since first"):
        return Fraction(t - _pick(max if measure.op == "since last" else min, [f.at for f in matching]))
    if measure.op == "overdue":
        return _overdue([f.at for f in matching], t)
    if measure.op == "count":
        return Fraction(len(matching))
    if measure.op == "distinct":
        return Fraction(len({text for f in matching for text in f.texts.get(measure.field or "", ())}))
    return _amount(measure.op, [f.numbers[measure.field or ""] for f in matching if measure.field in f.numbers])


def in_window(measure: Measure, source: str, facts: Sequence[Fact], t: int, zone: str) -> list[Fact]:
    """The facts in the window (with ``latest`` its newest), oldest first; raises Undefined where these are too few."""
    found = [f for f in facts if f.source == source and f.at <= t]
    if measure.last_ms is not None:
        end = t - measure.before_ms
        found = [f for f in found if end - measure.last_ms < f.at <= end]
    if measure.last_days is not None:
        first_day = local_day(t, zone) - timedelta(days=measure.last_days - 1)
        found = [f for f in found if local_day(f.at, zone) >= first_day]
    found.sort(key=lambda f: (f.at, f.place))
    if measure.latest is None:
        return found
    if len(found) < measure.latest:
        raise Undefined
    return found[-measure.latest :]


def local_day(t: int, zone: str) -> date:
    """The calendar day of an instant in the shop's time zone."""
    return datetime.fromtimestamp(t // 1000, UTC).astimezone(ZoneInfo(zone)).date()


def matches(fact: Fact, where: Sequence[Match], each: str | None) -> bool:
    """Whether the fact satisfies every entry of ``where``."""
    return all(_matches(fact, entry, each) for entry in where)


def _matches(fact: Fact, entry: Match, each: str | None) -> bool:
    if entry.flag is not None:
        return fact.flags.get(entry.field) == entry.flag
    if entry.ranges:
        number = fact.numbers.get(entry.field)
        return number is not None and any(within(number * RATIO_SCALE, bounds) for bounds in entry.ranges)
    wanted = {each if text == EACH else text for text in entry.texts}
    return bool(wanted & fact.texts.get(entry.field, frozenset()))


def _quotient(number: int, divisor: int) -> Fraction:
    if divisor == 0:
        raise Undefined
    return Fraction(number, divisor)


def _pick(choose: Callable[[Sequence[T]], T], values: Sequence[T]) -> T:
    if not values:
        raise Undefined
    return choose(values)


def _trend(measure: Measure, facts: Sequence[Fact], t: int, each: str | None) -> Fraction:
    a, b = measure.last_ms or 0, measure.against_ms or 0
    found = [f for f in facts if f.source == measure.source and matches(f, measure.where, each)]
    end = t - measure.before_ms
    now = [f for f in found if end - a < f.at <= end]
    earlier = [f for f in found if end - a - b < f.at <= end - a]
    return _quotient(len(now) * b, len(earlier) * a)


def _overdue(instants: Sequence[int], t: int) -> Fraction:
    if len(instants) < 3 or max(instants) == min(instants):
        raise Undefined
    return (t - max(instants)) / Fraction(max(instants) - min(instants), len(instants) - 1)


def _amount(op: str, values: Sequence[Fraction]) -> Fraction:
    if op == "sum":
        return sum(values, Fraction(0))
    if op == "average":
        return _pick(lambda some: sum(some, Fraction(0)) / len(some), values)
    return _pick(max if op == "highest" else min, values)
