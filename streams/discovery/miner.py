"""The search for candidates from end to end, with no model: the same candidates from the same customers, byte for byte.

Three instants, a horizon apart: conditions are judged at the first and outcomes looked for up to the second, which
finds groups; judged at the second, with outcomes up to now, each is confirmed on a later slice of time; sizes are those
of now. Rates and sizes that are told are of rules as the engine judges them, and of the later slice, on which nothing
was chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from streams.discovery.candidates import Candidate, Evidence
from streams.discovery.errors import TooFewCustomers
from streams.discovery.everyone import Everyone
from streams.discovery.evidence import evidence_of
from streams.discovery.families import family_findings, without
from streams.discovery.history import History, Past
from streams.discovery.measures import DAY_MS, Clause, Floats, Measure, holds, measured
from streams.discovery.outcomes import Target, targets
from streams.discovery.picking import Doubt, Finding, Frame, groups_of
from streams.discovery.plain import design
from streams.discovery.proposing import Shop, candidates_of, measured_rules
from streams.discovery.records import Bools
from streams.discovery.search import Group, Limits
from streams.discovery.vocabulary import can_be_said, leading_categories, measures, sayable, tests
from streams.engine.partition import Partition

#: Where customers are few, more categories are looked at than ``Limits.categories``: up to so many, and pairs of
#: customers and categories.
MOST_CATEGORIES, MOST_PAIRS = 40, 100_000


class Mined(NamedTuple):
    """What one round of discovery found: the shop in counts, and candidates, best first; ``measure`` measures other
    rules on the same customers (None: the loader refuses it)."""

    evidence: Evidence
    candidates: list[Candidate]
    measure: Callable[[Sequence[Mapping[str, Any]]], list[Candidate | None]]


class Slices(NamedTuple):
    """Customers at the instants from which outcomes are looked for, first and second, and now; the categories that most
    of them have to do with."""

    first: Past
    second: Past
    now: Past
    tags: list[int]


def mine(shop: Partition | Everyone, asof_ms: int, limits: Limits | None = None) -> Mined:
    """What is worth a proposal among customers as of an instant.

    Raises:
        TooFewCustomers: there are not enough customers, or their history is too short to tell anything.
    """
    limits = limits or Limits()
    everyone = shop if isinstance(shop, Everyone) else Everyone([shop])
    history = History(everyone)
    slices = _slices(history, asof_ms, limits)
    first, second = (
        targets(a, b, slices.tags) for a, b in ((slices.first, slices.second), (slices.second, slices.now))
    )
    families = family_findings(slices.first, slices.second, slices.now, history, slices.tags, limits)
    first_left, second_left = (
        without(wanted, families, past, slices.tags, limits)
        for wanted, past in ((first, slices.first), (second, slices.second))
    )
    found = [*families, *_findings(history, slices, first_left, second_left, limits)]
    ground = Shop(everyone, history, slices.second, slices.now, slices.tags)
    evidence = evidence_of(everyone, history, slices.now, second, slices.tags)
    return Mined(evidence, candidates_of(ground, found, limits), partial(measured_rules, ground))


def _slices(history: History, asof_ms: int, limits: Limits) -> Slices:
    horizon_ms = limits.horizon_days * DAY_MS
    first, second, now = (history.until(asof_ms - back * horizon_ms) for back in (2, 1, 0))
    there = int(first.there.sum())
    if there < 4 * limits.fewest:
        raise TooFewCustomers(
            f"discovery needs {4 * limits.fewest} customers with a history of more than {2 * limits.horizon_days} days"
            f"; there are {there}"
        )
    most = min(MOST_CATEGORIES, max(limits.categories, MOST_PAIRS // history.customers))
    tags = [tag for tag in leading_categories(first, most, limits.fewest) if sayable(history.names.shown[tag])]
    return Slices(first, second, now, tags)


def _findings(
    history: History, slices: Slices, first: list[Target], second: list[Target], limits: Limits
) -> list[Finding]:
    """The groups of customers that are found and confirmed."""
    customers = history.customers
    possible = tests(measures(slices.tags, slices.first), slices.first, customers)
    made = [test for test in possible if can_be_said(test, history.names)]
    early, late, now = (masks_of(made, past, customers) & past.there for past in slices[:3])
    kept = useful(early, late, now, limits.fewest)
    made = [made[one] for one in kept]
    frames = [
        Frame(masks[kept], wanted, _Bins(past, customers).of)
        for masks, past, wanted in ((early, slices.first, first), (late, slices.second, second))
    ]
    now, nobody = now[kept], Doubt(np.zeros(customers, np.bool_), np.zeros(customers, np.bool_))
    groups = groups_of(
        made,
        frames[0],
        frames[1],
        limits,
        lambda group: nobody if now[list(group.tests)].all(axis=0).sum() < limits.fewest else None,
        lambda group: twins([made[one] for one in group.tests], first, group.target, slices.first),
    )
    return [_finding([made[one] for one in group.tests], first[group.target], group) for group in groups]


def _finding(made: list[Clause], target: Target, group: Group) -> Finding:
    return Finding(made, target.name, target.tag, group.ratio, group.expected)


def twins(made: list[Clause], wanted: list[Target], number: int, past: Past) -> Iterator[tuple[int, Bools]]:
    """The same conditions about each category that they are not about, as the number of its outcome and whom they hold
    for; none where the outcome is not the purchase of a category."""
    own, about = wanted[number].tag, {test.measure.tag for test in made}
    for other, target in enumerate(wanted):
        if own and target.tag and target.tag not in about and target.tag != own:
            moved = [_about(test, own, target.tag) for test in made]
            yield other, np.asarray(masks_of(moved, past, len(past.there)).all(axis=0) & past.there, np.bool_)


def _about(test: Clause, tag: int, other: int) -> Clause:
    """A condition about one category about another one."""
    return test._replace(measure=test.measure._replace(tag=other)) if test.measure.tag == tag else test


def masks_of(made: list[Clause], past: Past, customers: int) -> Bools:
    """Whom each condition holds for, (conditions, customers)."""
    found = np.zeros((len(made), customers), np.bool_)
    values: Floats = np.zeros(0)
    last: Measure | None = None
    for row, (what, bound) in enumerate(made):
        if what != last:
            values, last = measured(past, what, customers), what
        found[row] = holds(values, bound)
    return found


def useful(early: Bools, late: Bools, now: Bools, fewest: int) -> list[int]:
    """The conditions that hold for enough customers at each instant; of those that hold for the same the first."""
    enough = np.all([masks.sum(axis=1) >= fewest for masks in (early, late, now)], axis=0)
    seen: set[bytes] = set()
    kept = []
    for row in np.flatnonzero(enough).tolist():
        key = np.packbits(early[row]).tobytes()
        if key not in seen:
            seen.add(key)
            kept.append(row)
    return kept


class _Bins:
    """The bins that expectations are learnt from, for customers as of an instant."""

    def __init__(self, past: Past, customers: int) -> None:
        self._past, self._customers = past, customers
        self._plain = design(past, customers)
        self._by_tag = {0: self._plain}

    def of(self, tag: int) -> Floats:
        """Those of everybody, with the category's where there is one."""
        if tag not in self._by_tag:
            self._by_tag[tag] = np.hstack([self._plain, design(self._past, self._customers, tag)[:, 1:]])
        return self._by_tag[tag]
