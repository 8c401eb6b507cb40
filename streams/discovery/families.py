"""The same search for families (``for_each: category``): customers × categories, each pair with its own facts.

A pattern that holds in one category is a segment; one that holds in most of them is a family, which says it once. The
outcome is the purchase of the pair's category, held against what one expects by how often that customer had viewed, put
into the cart and bought it, and by the category. Pairs of one customer are not independent, so a finding must also hold
with customers as clusters (the sandwich variance of Liang, Zeger 1986), and point the same way in most categories.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from streams.discovery.history import History, Past
from streams.discovery.measures import Clause, Floats, Measure, holds, measured
from streams.discovery.outcomes import Target
from streams.discovery.picking import Expectation, Finding, Frame, groups_of
from streams.discovery.plain import binned
from streams.discovery.records import Bools, Ints
from streams.discovery.search import Group, Limits
from streams.discovery.vocabulary import bounds, of_category
from streams.events.text import compared

if TYPE_CHECKING:
    from streams.rows.names import Names

FAMILY = -1
#: In so many categories at least, and in this part of those with enough pairs, a family must point the same way.
FEWEST_CATEGORIES = 3
SAME_WAY = 0.8
#: The distance from what is expected, in standard errors over customers.
FEWEST_ERRORS = 4.0


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
    pairs = pairs_of(second, tags)
    made = _tests(pairs, first, customers)
    frames = [_frame(pairs, made, past, after, customers) for past, after in ((first, second), (second, now))]
    groups = groups_of(made, frames[0], frames[1], replace(limits, candidates=4, rounds=2))
    return [
        Finding([made[one] for one in group.tests], "category_purchase", FAMILY, group.ratio)
        for group in groups
        if all(_everywhere(frame, pairs, group) for frame in frames) and _beyond_customers(frames[1], pairs, group)
    ]


def _tests(pairs: Pairs, past: Past, customers: int) -> list[Clause]:
    there = pairs.there(past, customers)
    return [
        Clause(what, bound)
        for what in of_category(FAMILY)
        for bound in bounds(what, pairs.measured(past, what, customers)[there])
    ]


def _frame(pairs: Pairs, made: list[Clause], past: Past, after: Past, customers: int) -> Frame:
    there = pairs.there(past, customers)
    masks = np.stack([holds(pairs.measured(past, what, customers), bound) for what, bound in made]) & there
    target = Target("category_purchase", FAMILY, there, bought(pairs, past, after) & there)
    bins = _design(pairs, past, there, customers)
    return Frame(masks, [target], lambda _: bins)


def bought(pairs: Pairs, past: Past, after: Past) -> Bools:
    """Which customers bought their pair's category between two instants."""
    sales = after.tags["purchases"]
    late = sales.at > past.at_ms
    found: Bools = np.isin(pairs.owner << 32 | pairs.tag, np.unique(sales.row[late] << 32 | sales.tag[late]))
    return found


def _design(pairs: Pairs, past: Past, there: Bools, customers: int) -> Floats:
    columns = [np.ones((len(pairs.owner), 1))]
    columns += [binned(pairs.measured(past, Measure("count", source), customers), there) for source in past.tags]
    columns.append(binned(measured(past, Measure("count", "purchases"), customers)[pairs.owner], there))
    columns.append((pairs.tag[:, None] == np.array(pairs.tags[1:])).astype(np.float64))
    return np.hstack(columns)


def _residuals(frame: Frame, group: Group) -> tuple[Bools, Floats]:
    """The members, and by how much each did more than expected."""
    target = frame.targets[0]
    members = frame.members(group.tests) & target.which
    wanted = Expectation(frame).of(0)
    return members, target.did - wanted


def _everywhere(frame: Frame, pairs: Pairs, group: Group) -> bool:
    members, more = _residuals(frame, group)
    ways = []
    for tag in pairs.tags:
        mine = members & (pairs.tag == tag)
        if mine.sum() >= 20:
            ways.append(more[mine].sum() > 0)
    way = more[members].sum() > 0
    same = sum(one == way for one in ways)
    return len(ways) >= FEWEST_CATEGORIES and same >= SAME_WAY * len(ways)


def _beyond_customers(frame: Frame, pairs: Pairs, group: Group) -> bool:
    members, more = _residuals(frame, group)
    by_customer = np.bincount(pairs.owner[members], more[members])
    error = float(np.sqrt((by_customer**2).sum()))
    return error > 0 and abs(float(by_customer.sum())) / error >= FEWEST_ERRORS


def as_pairs(members: Mapping[str, Bools], pairs: Pairs, names: Names, family: str) -> Bools:
    """Which pairs are in a family's segments NAME/value, by the members of each."""
    found = np.zeros(len(pairs.owner), np.bool_)
    for tag in pairs.tags:
        segment = members.get(f"{family}/{compared(names.shown[tag])}")
        if segment is not None:
            mine = pairs.tag == tag
            found[mine] = segment[pairs.owner[mine]]
    return found
