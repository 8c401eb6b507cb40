"""Which conditions the search is made of: measures × windows, with bounds taken from quantiles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from streams.discovery.history import Past
from streams.discovery.measures import Bound, Clause, Floats, Measure, measured
from streams.discovery.records import Ints

if TYPE_CHECKING:
    from streams.rows.names import Names

#: Quantiles, of those customers who have any, that become bounds of counts and sums; the highest find the few who do
#: something far more than others.
QUANTILES = (0.5, 0.8, 0.93, 0.98)
#: The same of customers × categories; of these there are more, and fewer conditions are made of them.
PAIR_QUANTILES = (0.5, 0.8, 0.9, 0.95, 0.97, 0.98, 0.995)
#: Bounds of counts of all facts besides, as far as customers reach them: of few, one more or less is another group.
SMALL = (1.0, 2.0, 3.0, 4.0, 5.0)
#: Values of a property that are told apart at most; a property of more is a name or an address, not a kind.
MOST_VALUES = 12
#: Characters of a name in a rule; a longer one is no name.
LONGEST_NAME = 80


def measures(tags: Sequence[int], past: Past) -> list[Measure]:
    """What is measured of each customer, in a fixed order, for these categories and the properties of profiles."""
    found = [Measure("count", source, days) for source in ("views", "carts") for days in (7, 30, 90)]
    found += [Measure("count", source, days) for source in ("purchases", "opens", "clicks") for days in (30, 90)]
    found += [Measure("count", "emails", 90), Measure("count", "refunds", 90), Measure("count", "purchases")]
    found += [Measure(f"since {end}", source) for source in ("purchases", "views") for end in ("last", "first")]
    found += [Measure("share", "purchases"), Measure("share", "emails", 90)]
    found += [Measure(kind, source) for kind in ("overdue",) for source in ("purchases", "views")]
    found += [Measure("trend", source, 30) for source in ("purchases", "views")]
    found += [Measure("distinct", "views", 30, field="category"), Measure("distinct", "purchases", field="category")]
    found += [Measure("sum", "purchases", 90, field="total"), Measure("average", "purchases", field="total")]
    for tag in tags:
        found += of_category(tag)
    return found + [Measure("profile", "", field=name) for name in sorted(past.profile)]


def of_category(tag: int) -> list[Measure]:
    """What is measured of each customer in one category."""
    return [
        Measure("count", "views", 30, tag),
        Measure("count", "views", 90, tag),
        Measure("count", "carts", 30, tag),
        Measure("count", "purchases", 90, tag),
        Measure("count", "purchases", 0, tag),
        Measure("since last", "purchases", 0, tag),
        Measure("overdue", "purchases", 0, tag),
    ]


def tests(what: Sequence[Measure], past: Past, customers: int) -> list[Clause]:
    """The conditions on these measures, with bounds as customers are at that instant."""
    return [Clause(one, bound) for one in what for bound in bounds(one, measured(past, one, customers)[past.there])]


def bounds(what: Measure, values: Floats, shares: Sequence[float] = QUANTILES) -> Iterator[Bound]:
    """The bounds of a measure whose values are these; ``shares``: the quantiles that become bounds of counts."""
    if what.kind == "profile":
        numbers = np.unique(values[values > 0])
        if len(numbers) <= MOST_VALUES:
            yield from (Bound("is", float(number)) for number in numbers)
    elif what.kind in FIXED:
        yield from FIXED[what.kind]
    elif what.kind == "average":
        yield from (Bound("at_least", bound) for bound in _quantiles(values[~np.isnan(values)], (0.25, 0.75, 0.95)))
    else:
        yield from _of_counts(what, values, shares)


#: Bounds that people use, for measures whose scale is the same in every shop; those of ``since`` are days.
FIXED = {
    "share": (Bound("at_least", 0.8), Bound("at_least", 0.5), Bound("less_than", 0.1)),
    "trend": (Bound("more_than", 2), Bound("less_than", 0.5)),
    "overdue": (Bound("at_least", 1.5), Bound("at_least", 3)),
    "since last": (Bound("at_least", 14), Bound("at_least", 30), Bound("at_least", 60), Bound("less_than", 7)),
    "since first": (Bound("less_than", 30), Bound("less_than", 90)),
}


def _of_counts(what: Measure, values: Floats, shares: Sequence[float]) -> Iterator[Bound]:
    found = _quantiles(values[values > 0], shares, least=1)
    if what.kind == "count" and not what.tag and found:
        found = sorted({*found, *(bound for bound in SMALL if bound < found[-1])})
    yield from (Bound("at_least", bound) for bound in found)
    if what.kind == "count":
        yield Bound("exactly", 0)
    if what.kind == "distinct":
        yield Bound("exactly", 1)


def _quantiles(values: Floats, shares: Sequence[float], least: float | None = None) -> list[float]:
    """Different bounds at these quantiles of the values, as round as people write them; with ``least`` that one too."""
    if not len(values):
        return []
    found = {float(round_number(bound)) for bound in np.quantile(values, shares, method="higher").tolist()}
    return sorted(found | ({least} if least is not None and values.min() <= least else set()))


def round_number(value: float) -> int:
    """The nearest whole number of two digits that lead, at least 1: 7, 23, 140."""
    scale = 10 ** max(0, len(str(int(value))) - 2)
    return int(max(1, round(value / scale) * scale))


def sayable(text: str) -> bool:
    """Whether a name that came with an event can stand in a rule file that people read."""
    return bool(text.strip()) and text.isprintable() and len(text) <= LONGEST_NAME


def can_be_said(test: Clause, names: Names) -> bool:
    """Whether all names in a condition can stand in a rule file."""
    what, bound = test
    if what.kind == "profile":
        return sayable(what.field) and sayable(names.shown[int(bound.value)])
    return what.tag <= 0 or sayable(names.shown[what.tag])


def leading_categories(past: Past, most: int, fewest: int) -> list[int]:
    """The categories that most customers have to do with, at least so many customers each, by their numbers."""
    pairs: Ints = np.unique(np.concatenate([tags.row << 32 | tags.tag for tags in past.tags.values()]))
    pairs = pairs[past.there[pairs >> 32]]
    numbers, counts = np.unique(pairs & (1 << 32) - 1, return_counts=True)
    kept = sorted((-int(count), int(number)) for number, count in zip(numbers, counts, strict=True) if count >= fewest)
    return [number for _, number in kept[:most]]
