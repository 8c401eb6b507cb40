"""Which groups are proposed: the best, then the best of what it leaves unexplained, each confirmed later in time.

Behind one real group come hundreds that share some of its members. So after each pick its members are taken out, what
is expected is learnt anew without them, and all others are scored on who is left; what held only through them falls
away.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

from streams.discovery.measures import Clause, Floats
from streams.discovery.outcomes import Target
from streams.discovery.plain import expected
from streams.discovery.records import Bools
from streams.discovery.search import Group, Limits, Search, differs, lasting, likelihood_ratio

#: So many picks that the later slice does not confirm are tried at most.
_MOST_TRIES = 40
#: Of a group's members so many must be left when those of others are taken out.
_LEFT = 0.5
#: Of twins so many more are taken to have done it, and to be expected to, as few say little.
_FEW = 5.0
#: No more than this share can be expected of a group.
_MOST = 0.95
#: A group with so many of its members (Jaccard) in one that was not confirmed is not tried.
_MUCH_ALIKE = 0.8


class Finding(NamedTuple):
    """Conditions whose members' later behaviour differs, confirmed: in which outcome, of which category (0: none; below
    0: of a family, each pair's own), the likelihood ratio of the later slice, and the rate that one would expect."""

    tests: list[Clause]
    outcome: str
    tag: int
    ratio: float
    expected: float


class Doubt(NamedTuple):
    """Why a group is not picked though it is confirmed: those who alone carry it, in the first and in the second slice,
    if any. They are taken out, so that it does not come back in other words."""

    first: Bools
    second: Bools


#: What a group must pass besides (None: it does); and its twins, the same conditions about other categories, as numbers
#: of their outcomes and members in the first slice. What holds of all categories alike is how the shop is, no news.
Also = Callable[[Group], Doubt | None]
Twins = Callable[[Group], Iterator[tuple[int, Bools]]]


class Frame(NamedTuple):
    """Customers as of one instant and what they did after it: conditions × customers, outcomes, and by an outcome's tag
    the bins that its expectation is learnt from."""

    masks: Bools
    targets: list[Target]
    bins: Callable[[int], Floats]

    def members(self, tests: tuple[int, ...]) -> Bools:
        """Whom these conditions hold for."""
        found: Bools = np.asarray(self.masks[list(tests)].all(axis=0), np.bool_)
        return found


class Expectation:
    """What is expected of each customer of a frame, learnt from those who are in no picked group."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.taken = np.zeros(frame.masks.shape[1], np.bool_)
        self._weights: dict[int, Floats] = {}
        self._known: dict[int, Floats] = {}

    def of(self, target: int) -> Floats:
        """By number of the outcome."""
        if target not in self._known:
            one = self._frame.targets[target]
            which = one.which & ~self.taken
            found = expected(self._frame.bins(one.tag), one.did, which, self._weights.get(target))
            self._known[target], self._weights[target] = found
        return self._known[target]

    def take(self, members: Bools) -> None:
        """Takes out the members of a group."""
        self.taken |= members
        self._known.clear()


class Picking:
    """Takes groups from searches, and keeps whom they have."""

    def __init__(
        self,
        first: Frame,
        second: Frame,
        costs: float,
        limits: Limits,
        also: Also | None = None,
        twins: Twins | None = None,
    ) -> None:
        """``costs``: what each condition takes off a group's score."""
        self._first, self._second, self._costs, self._limits = first, second, costs, limits
        self._also, self._twins = also or (lambda _: None), twins or (lambda _: iter(()))
        self._later = Expectation(second)
        self._refused: list[tuple[int, Bools]] = []
        self._taken = 0
        self.learnt = Expectation(first)
        self.found: list[Group] = []

    def left(self) -> list[Target]:
        """The outcomes of those of the first slice who are in no picked group."""
        return [one._replace(which=one.which & ~self.learnt.taken) for one in self._first.targets]

    def take(self, groups: list[Group], least: float) -> bool:
        """Picks from groups, with the likelihood ratio that the later slice gives; whether anybody was taken out.
        ``least``: the ratio that a group must reach.

        Scores fall as members are taken out, so a group is scored anew only when it is at the top (lazy greedy).
        """
        begun = self._taken
        waiting = [(-self._score(group.ratio, group), number, begun) for number, group in enumerate(groups)]
        heapify(waiting)
        while waiting and len(self.found) < self._limits.candidates and len(self._refused) < _MOST_TRIES:
            _, number, known = heappop(waiting)
            if known == self._taken:
                self._try(groups[number])
            elif (ratio := self._anew(groups[number])) >= least:
                heappush(waiting, (-self._score(ratio, groups[number]), number, self._taken))
        return self._taken > begun

    def _score(self, ratio: float, group: Group) -> float:
        count, later = (np.array([float(one.members(group.tests).sum())]) for one in (self._first, self._second))
        return round(ratio * float(lasting(count, later)[0]) - self._costs * len(group.tests), 6)

    def _try(self, group: Group) -> None:
        """Picks a group if the later slice says the same of it."""
        members = self._second.members(group.tests)
        if any(target == group.target and _much_alike(members, others) for target, others in self._refused):
            return
        confirmed = self._confirmed(group, members)
        doubt = self._also(group) if confirmed else None
        if confirmed is None or doubt:
            self._refused.append((group.target, members))
            if doubt and doubt.first.any():
                self._take(*doubt)
            return
        self.found.append(confirmed)
        self._take(self._first.members(group.tests), members)

    def _take(self, first: Bools, second: Bools) -> None:
        self.learnt.take(first)
        self._later.take(second)
        self._taken += 1

    def _anew(self, group: Group) -> float:
        """The likelihood ratio on those who are left; 0 where too few are, or they do not differ."""
        target, members = self._first.targets[group.target], self._first.members(group.tests)
        sums = _sums(target, self.learnt.of(group.target), members & ~self.learnt.taken)
        enough = sums[0][0] >= _LEFT * int((members & target.which).sum())
        apart = bool(differs(*sums, self._limits, int(target.which.sum()), target.base)[0])
        return float(likelihood_ratio(*sums)[0]) if enough and apart else 0.0

    def _confirmed(self, group: Group, members: Bools) -> Group | None:
        """The group as it is in the later slice; None where that does not say the same."""
        target, taken = self._first.targets[group.target], self.learnt.taken
        _, did, wanted = _sums(target, self.learnt.of(group.target), self._first.members(group.tests) & ~taken)
        more = bool((did > wanted)[0])
        target = self._second.targets[group.target]
        count, did, wanted = _sums(target, self._later.of(group.target), members & ~self._later.taken)
        wanted = np.minimum(wanted * self._elsewhere(group, more), _MOST * count)
        ratio = float(likelihood_ratio(count, did, wanted)[0])
        apart = bool(differs(count, did, wanted, self._limits, int(target.which.sum()), target.base)[0])
        if bool((did > wanted)[0]) != more or not apart or ratio < np.log(2 / self._limits.by_chance):
            return None
        return group._replace(ratio=round(ratio, 4), expected=round(float(wanted[0] / max(1.0, count[0])), 4))

    def _elsewhere(self, group: Group, more: bool) -> float:
        """How many times what is expected the group's twins do, if they do more as it does, or less; else 1."""
        did, wanted = _FEW, _FEW
        for number, members in self._twins(group):
            sums = _sums(self._first.targets[number], self.learnt.of(number), members & ~self.learnt.taken)
            did, wanted = did + float(sums[1][0]), wanted + float(sums[2][0])
        return did / wanted if (did > wanted) == more else 1.0


def _much_alike(one: Bools, other: Bools) -> bool:
    return bool((one & other).sum() >= _MUCH_ALIKE * (one | other).sum())


def _sums(target: Target, wanted: Floats, members: Bools) -> tuple[Floats, Floats, Floats]:
    """How many members count, how many did it, and how many would be expected to; arrays of one."""
    which = members & target.which
    return (
        np.array([which.sum()], np.float64),
        np.array([(which & target.did).sum()], np.float64),
        np.array([wanted[which].sum()], np.float64),
    )


def groups_of(
    made: list[Clause],
    first: Frame,
    second: Frame,
    limits: Limits,
    also: Also | None = None,
    twins: Twins | None = None,
) -> list[Group]:
    """The groups that are proposed, best first, with the likelihood ratios of the later slice: searched for again and
    again, each time on those who are in none of the groups so far, as behind a large one others would not be seen."""
    search = Search(made, first.masks, second.masks, limits)
    picking = Picking(first, second, search.cost, limits, also, twins)
    for _ in range(limits.rounds):
        wanted = [picking.learnt.of(number) for number in range(len(first.targets))]
        searched = search.run(picking.left(), wanted)
        if not picking.take(searched.groups, searched.least):
            break
    return picking.found
