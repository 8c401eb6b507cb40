"""The same search for families (``for_each: category``): customers × categories, each pair with its own facts.

A pattern that holds in one category is a segment; one that holds in most of them is a family, which says it once. The
outcome is the purchase of the pair's category. What one expects is learnt from how often that customer had viewed, put
into the cart and bought the category, from the category, and from how likely they are to buy anything. What is found
so must also hold against the other categories of the same customer (``within.py``), so who buys more, or has gone, is
no family; with customers as clusters (the sandwich variance of Liang, Zeger 1986); in most categories; and without
those in which it is strongest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from streams.discovery.history import History, Past
from streams.discovery.measures import Clause, Floats, Measure, counted, holds, measured
from streams.discovery.outcomes import Target, happened
from streams.discovery.picking import Doubt, Finding, Frame, groups_of
from streams.discovery.plain import design, expected
from streams.discovery.records import Bools, Ints
from streams.discovery.search import Group, Limits, differs
from streams.discovery.vocabulary import PAIR_QUANTILES, bounds, of_category
from streams.discovery.within import expected_within
from streams.events.text import compared

if TYPE_CHECKING:
    from streams.rows.names import Names

FAMILY = -1
#: Of more pairs than that those of every second, third, ... customer are enough to search.
MOST_PAIRS = 200_000
#: In so many categories at least, each of so many members, and in this part of them, a family must point the same way;
#: and it must hold without this part of them, those in which it is strongest.
FEWEST_CATEGORIES, FEWEST_IN_ONE = 3, 10
SAME_WAY, STRONGEST = 0.75, 0.25
#: Acts that each customer is taken to have had in each category besides their own, as little says little.
_PRIOR = 0.25
#: Quantiles of counts from which more may be expected.
_EDGES = (0.01, 0.25, 0.5, 0.75, 0.9)
#: The distance from what is expected, in standard errors over customers: of all categories, and without the strongest.
FEWEST_ERRORS, FEWEST_ERRORS_LEFT = 4.0, 2.5


@dataclass(frozen=True, slots=True)
class Pairs:
    """Customers × categories that have to do with each other at either instant: the customer and category of each."""

    owner: Ints
    tag: Ints
    tags: list[int]

    def measured(self, past: Past, what: Measure, customers: int) -> Floats:
        """The measure of each pair, of its category's facts."""
        found = np.zeros(len(self.owner))
        for tag in self.tags:
            mine = self.tag == tag
            found[mine] = measured(past, what._replace(tag=tag), customers)[self.owner[mine]]
        return found

    def there(self, past: Past, customers: int) -> Bools:
        """Which pairs have to do with each other by then."""
        facts = sum(self.measured(past, Measure("count", source), customers) for source in past.tags)
        found: Bools = past.there[self.owner] & (np.asarray(facts) > 0)
        return found

    def of_some(self, most: int) -> Pairs:
        """Those of so many customers that they are not many more than ``most``."""
        kept = self.owner % max(1, round(len(self.owner) / most)) == 0
        return replace(self, owner=self.owner[kept], tag=self.tag[kept])


def pairs_of(past: Past, tags: list[int]) -> Pairs:
    """All pairs up to an instant."""
    found: Ints = np.unique(np.concatenate([one.row << 32 | one.tag for one in past.tags.values()]))
    found = found[np.isin(found & (1 << 32) - 1, tags)]
    return Pairs(found >> 32, found & (1 << 32) - 1, tags)


def family_findings(
    first: Past, second: Past, now: Past, history: History, tags: list[int], limits: Limits
) -> list[Finding]:
    """The families that are found and confirmed."""
    customers = history.customers
    if len(tags) < FEWEST_CATEGORIES:
        return []
    pairs = pairs_of(second, tags).of_some(MOST_PAIRS)
    made = _tests(pairs, first, customers)
    courts = [_court(pairs, made, past, after, customers, limits) for past, after in ((first, second), (second, now))]
    groups = groups_of(
        made, courts[0].frame, courts[1].frame, replace(limits, candidates=4, rounds=4), partial(_doubt, courts)
    )
    return [
        Finding([made[one] for one in group.tests], "category_purchase", FAMILY, group.ratio, group.expected)
        for group in groups
    ]


def _tests(pairs: Pairs, past: Past, customers: int) -> list[Clause]:
    """The conditions that hold for some pairs and not for all, which are of use."""
    there = pairs.there(past, customers)
    found = []
    for what in of_category(FAMILY):
        values = pairs.measured(past, what, customers)
        every = (
            (Clause(what, bound), holds(values, bound)[there]) for bound in bounds(what, values[there], PAIR_QUANTILES)
        )
        found += [test for test, which in every if which.any() and not which.all()]
    return found


def _court(pairs: Pairs, made: list[Clause], past: Past, after: Past, customers: int, limits: Limits) -> _Court:
    there = pairs.there(past, customers)
    masks = np.zeros((len(made), len(there)), np.bool_)
    for row, (what, bound) in enumerate(made):
        masks[row] = holds(pairs.measured(past, what, customers), bound) & there
    target = Target("category_purchase", FAMILY, there, bought(pairs, past, after) & there)
    own = _design(pairs, past, there, customers)
    bins = np.hstack([np.ones((len(there), 1)), own, _owners(pairs, past, after, customers)])
    frame = Frame(masks, [target], lambda _: bins)
    return _Court(frame, pairs, expected_within(own, target.did, there, pairs.owner), limits)


def bought(pairs: Pairs, past: Past, after: Past) -> Bools:
    """Which customers bought their pair's category between two instants."""
    sales = after.tags["purchases"]
    late = sales.at > past.at_ms
    found: Bools = np.isin(pairs.owner << 32 | pairs.tag, np.unique(sales.row[late] << 32 | sales.tag[late]))
    return found


def _design(pairs: Pairs, past: Past, there: Bools, customers: int) -> Floats:
    """How often the pair did what, each alone, and looks and purchases together; and the category."""
    counts = {source: pairs.measured(past, Measure("count", source), customers) for source in past.tags}
    columns = [_smooth(count, there) for count in counts.values()]
    looked, bought_often = counts["views"] + counts["carts"], np.minimum(counts["purchases"], 3)
    columns += [_smooth(np.where(bought_often == often, looked, 0), there) for often in range(3)]
    columns.append((pairs.tag[:, None] == np.array(pairs.tags[1:])).astype(np.float64))
    return np.hstack(columns)


def _owners(pairs: Pairs, past: Past, after: Past, customers: int) -> Floats:
    """What the pair's customer makes one expect: how likely they are to buy anything, and that times the part of the
    category in all that they did."""
    share, _ = expected(design(past, customers), happened(past, after, ("purchases",)) & past.there, past.there)
    of_all = sum(counted(past.facts[source].row, customers) for source in past.tags)
    of_tag = sum(pairs.measured(past, Measure("count", source), customers) for source in past.tags)
    part = (of_tag + _PRIOR) / (np.asarray(of_all)[pairs.owner] + _PRIOR * len(pairs.tags))
    score = np.log(share / (1 - share))[pairs.owner]
    found: Floats = np.hstack([_steps(score), _steps(score + np.log(part))])
    return found


def _steps(values: Floats) -> Floats:
    """A number, and whether it is at least each of its deciles."""
    edges = np.unique(np.quantile(values, np.arange(1, 10) / 10))
    found: Floats = np.hstack([values[:, None], (values[:, None] >= edges).astype(np.float64)])
    return found


def _smooth(values: Floats, there: Bools) -> Floats:
    """A number's logarithm, and whether it is at least each of a few quantiles. None of these is far out: the few who
    do far more than others must not be all that one expects them by."""
    positive = values[there & (values > 0)]
    edges = np.unique(np.quantile(positive, _EDGES, method="higher")) if len(positive) else np.zeros(0)
    found: Floats = np.hstack([np.log1p(values)[:, None], (values[:, None] >= edges).astype(np.float64)])
    return found


class _Court:
    """Whether a group of pairs does other than expected in one slice by more than chance among customers, and in most
    categories."""

    def __init__(self, frame: Frame, pairs: Pairs, wanted: Floats, limits: Limits) -> None:
        """``wanted``: what is expected of each pair, by the other categories of its customer."""
        self.frame, self._pairs, self._wanted, self._limits = frame, pairs, wanted, limits

    def holds(self, group: Group) -> bool:
        """Whether all of that is so."""
        members, more, way = self._of(group)
        sums = self._by_tag(members, more, way)
        if len(sums) < FEWEST_CATEGORIES or sum(one > 0 for one in sums.values()) < SAME_WAY * len(sums):
            return False
        rest = members & ~self.carriers(group)
        return self._errors(members, more) >= FEWEST_ERRORS and self._differs(rest, more, way)

    def carriers(self, group: Group) -> Bools:
        """Those of its members who are of the categories in which it is strongest."""
        members, more, way = self._of(group)
        sums = self._by_tag(members, more, way)
        strongest = sorted(sums, key=lambda tag: -sums[tag])[: max(1, round(STRONGEST * len(sums)))]
        found: Bools = members & np.isin(self._pairs.tag, strongest)
        return found

    def _of(self, group: Group) -> tuple[Bools, Floats, float]:
        """Its members, by how much each pair did more than expected, and which way its members do."""
        target = self.frame.targets[0]
        members = self.frame.members(group.tests) & target.which
        more = target.did - self._wanted
        return members, more, 1.0 if more[members].sum() > 0 else -1.0

    def _by_tag(self, members: Bools, more: Floats, way: float) -> dict[int, float]:
        by_tag = {tag: members & (self._pairs.tag == tag) for tag in self._pairs.tags}
        return {tag: way * float(more[mine].sum()) for tag, mine in by_tag.items() if mine.sum() >= FEWEST_IN_ONE}

    def _differs(self, rest: Bools, more: Floats, way: float) -> bool:
        did = float(self.frame.targets[0].did[rest].sum())
        wanted = did - float(more[rest].sum())
        count, done, usual = (np.array([one]) for one in (float(rest.sum()), did, wanted))
        # the strongest were taken out by the same figures, so the others do less than the group: half of it is enough
        effect, points = 1 + (self._limits.effect - 1) / 2, self._limits.points / 2
        limits = replace(self._limits, fewest=FEWEST_IN_ONE, effect=effect, points=points)
        apart = bool(differs(count, done, usual, limits, len(rest), None)[0])
        return apart and (did - wanted) * way > 0 and self._errors(rest, more) >= FEWEST_ERRORS_LEFT

    def _errors(self, members: Bools, more: Floats) -> float:
        """How far they are from what is expected, in standard errors over customers."""
        by_customer = np.bincount(self._pairs.owner[members], more[members])
        error = float(np.sqrt((by_customer**2).sum()))
        return abs(float(by_customer.sum())) / error if error else 0.0


def _doubt(courts: list[_Court], group: Group) -> Doubt | None:
    """Those who carry a group that is no family in either slice."""
    if all(court.holds(group) for court in courts):
        return None
    first, second = (court.carriers(group) for court in courts)
    return Doubt(first, second)


def without(wanted: list[Target], found: list[Finding], past: Past, tags: list[int], limits: Limits) -> list[Target]:
    """The outcomes of those of whom no family tells: for the purchase of a category, who is in its segment; for others,
    who is in any, if these are not almost everybody."""
    customers = len(past.there)
    nobody: Bools = np.zeros(customers, np.bool_)
    by_tag: dict[int, Bools] = {
        tag: np.logical_or.reduce([nobody, *(_holds(one, past, tag, customers) for one in found)]) for tag in tags
    }
    told: Bools = np.logical_or.reduce([nobody, *by_tag.values()])
    if (told & past.there).sum() > limits.most * past.there.sum():
        told = nobody
    kept = [(one, one.which & ~by_tag.get(one.tag, told)) for one in wanted]
    return [one._replace(which=which, did=one.did & which) for one, which in kept]


def _holds(one: Finding, past: Past, tag: int, customers: int) -> Bools:
    """Who is in a family's segment of a category."""
    parts = [holds(measured(past, what._replace(tag=tag), customers), bound) for what, bound in one.tests]
    found: Bools = np.all(parts, axis=0) & past.there
    return found


def as_pairs(members: Mapping[str, Bools], pairs: Pairs, names: Names, family: str) -> Bools:
    """Which pairs are in a family's segments NAME/value, by the members of each."""
    found = np.zeros(len(pairs.owner), np.bool_)
    for tag in pairs.tags:
        segment = members.get(f"{family}/{compared(names.shown[tag])}")
        if segment is not None:
            mine = pairs.tag == tag
            found[mine] = segment[pairs.owner[mine]]
    return found
