"""Measures of the rule language for all customers at once, and the conditions that are made of them.

A second, quick way to what the engine computes one row at a time; what is shown is measured by the engine, and tests
hold the two against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.discovery.history import Facts, Past, Tags
from streams.discovery.records import Bools, Ints
from streams.rows.layout import NEVER, NO_AMOUNT

if TYPE_CHECKING:
    from streams.rows.names import Names

DAY_MS = 86_400_000
SCALE = 10_000
Floats = NDArray[np.float64]


class Measure(NamedTuple):
    """What is measured: ``kind`` as in a rule file ("count", "since last", ...), the source, with ``tag`` only of facts
    of that category (a name's number), of the last so many days (0: of all). ``field``: of amounts, "category" or the
    property."""

    kind: str
    source: str
    days: int = 0
    tag: int = 0
    field: str = ""


class Bound(NamedTuple):
    """A comparison as in a rule file: at_least, more_than, less_than, exactly, or is (a name's number)."""

    how: str
    value: float


class Clause(NamedTuple):
    """A condition: a measure within a bound."""

    measure: Measure
    bound: Bound


TREND_DAYS = 90


def measured(past: Past, what: Measure, customers: int) -> Floats:
    """The measure of each customer; NaN where it is undefined."""
    if what.kind == "profile":
        return past.profile.get(what.field, np.zeros(customers, np.int64)).astype(np.float64)
    return _KINDS[what.kind](past, what, customers)


def holds(values: Floats, bound: Bound) -> Bools:
    """Whether each value lies within the bound; undefined is false."""
    with np.errstate(invalid="ignore"):
        found: Bools = {
            "at_least": np.greater_equal,
            "more_than": np.greater,
            "less_than": np.less,
            "exactly": np.equal,
            "is": np.equal,
        }[bound.how](values, bound.value)
    return found


def condition(test: Clause, names: Names) -> dict[str, Any]:
    """The condition as a rule file has it; of a tag below 0 that of any value of a family."""
    what, bound = test
    if what.kind == "profile":
        return {"profile": what.field, "is": names.shown[int(bound.value)]}
    found: dict[str, Any] = {}
    if what.kind.startswith("since"):
        found["since"] = f"{what.kind.split()[1]} {what.source}"
    else:
        found[what.kind] = f"{what.source}.{what.field}" if what.kind in _OF_FIELDS else what.source
    if what.tag:
        found["where"] = {"category": "$each" if what.tag < 0 else names.shown[what.tag]}
    elif what.kind == "share":
        found["where"] = {_FLAGS[what.source]: True}
    if what.days:
        found["last"] = f"{what.days}d"
    if what.kind == "trend":
        found["against"] = f"{TREND_DAYS}d"
    return found | {bound.how: f"{bound.value:.0f}d" if what.kind.startswith("since") else _number(bound.value)}


_OF_FIELDS = ("distinct", "sum", "average")
_FLAGS = {"purchases": "discounted", "emails": "opened"}


def _number(value: float) -> int | float:
    """At most four decimals, as bounds have."""
    return int(value) if value == int(value) else round(value, 4)


def _window(at: Ints, past: Past, days: int, shift_days: int = 0) -> Bools:
    end_ms = past.at_ms - shift_days * DAY_MS
    return (at > end_ms - days * DAY_MS if days else np.ones(len(at), np.bool_)) & (at <= end_ms)


def _of(past: Past, what: Measure) -> Facts | Tags:
    """The facts of the source, or with a tag those of the category."""
    if not what.tag:
        return past.facts[what.source]
    tags = past.tags[what.source]
    mine = tags.tag == what.tag
    return Tags(tags.row[mine], tags.at[mine], tags.tag[mine])


def _count(past: Past, what: Measure, customers: int) -> Floats:
    facts = _of(past, what)
    return counted(facts.row[_window(facts.at, past, what.days)], customers)


def counted(rows: Ints, customers: int) -> Floats:
    """How often each customer occurs."""
    return np.bincount(rows, minlength=customers).astype(np.float64)


def _distinct(past: Past, what: Measure, customers: int) -> Floats:
    tags = past.tags[what.source]
    which = _window(tags.at, past, what.days)
    return counted(np.unique(tags.row[which] << 32 | tags.tag[which]) >> 32, customers)


def _sum(past: Past, what: Measure, customers: int) -> Floats:
    facts = past.facts[what.source]
    which = _window(facts.at, past, what.days) & (facts.amount != NO_AMOUNT)
    sums = np.zeros(customers, np.int64)
    np.add.at(sums, facts.row[which], facts.amount[which])
    return sums / SCALE


def _average(past: Past, what: Measure, customers: int) -> Floats:
    return _divided(_sum(past, what, customers), _count(past, what, customers))


def _share(past: Past, what: Measure, customers: int) -> Floats:
    facts = past.facts[what.source]
    which = _window(facts.at, past, what.days)
    return _divided(counted(facts.row[which & facts.flag], customers), counted(facts.row[which], customers))


def _trend(past: Past, what: Measure, customers: int) -> Floats:
    facts = _of(past, what)
    now = counted(facts.row[_window(facts.at, past, what.days)], customers)
    then = counted(facts.row[_window(facts.at, past, TREND_DAYS, what.days)], customers)
    return _divided(now * TREND_DAYS, then * what.days)


def _since_last(past: Past, what: Measure, customers: int) -> Floats:
    facts = _of(past, what)
    newest = np.full(customers, -1)
    np.maximum.at(newest, facts.row, facts.at)
    return np.where(newest < 0, np.nan, (past.at_ms - newest) / DAY_MS)


def _since_first(past: Past, what: Measure, customers: int) -> Floats:
    facts = _of(past, what)
    oldest = np.full(customers, NEVER)
    np.minimum.at(oldest, facts.row, facts.at)
    return np.where(oldest == NEVER, np.nan, (past.at_ms - oldest) / DAY_MS)


def _overdue(past: Past, what: Measure, customers: int) -> Floats:
    facts = _of(past, what)
    newest, oldest = np.full(customers, -1), np.full(customers, NEVER)
    np.maximum.at(newest, facts.row, facts.at)
    np.minimum.at(oldest, facts.row, facts.at)
    gaps = counted(facts.row, customers) - 1
    span = np.where(gaps >= 2, newest - oldest, 0)
    return _divided((past.at_ms - newest) * gaps, span.astype(np.float64))


def _divided(dividend: Floats, divisor: Floats) -> Floats:
    found: Floats = np.divide(dividend, divisor, out=np.full(len(divisor), np.nan), where=divisor > 0)
    return found


_KINDS = {
    "count": _count,
    "distinct": _distinct,
    "sum": _sum,
    "average": _average,
    "share": _share,
    "trend": _trend,
    "since last": _since_last,
    "since first": _since_first,
    "overdue": _overdue,
}
