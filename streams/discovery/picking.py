"""Which groups are proposed: the best, then the best of what it leaves unexplained, each confirmed later in time.

Behind one real group come hundreds that share some of its members. So after each pick its members are taken out, what
is expected is learnt anew without them, and all others are scored on who is left; what held only through them falls
away.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import NamedTuple

import numpy as np

from streams.discovery.measures import Clause, Floats
from streams.discovery.outcomes import Target
from streams.discovery.plain import expected
from streams.discovery.records import Bools
from streams.discovery.search import Group, Limits, differs, likelihood_ratio

#: So many picks that the later slice does not confirm are tried at most.
_MOST_TRIES = 40
#: Of a group's members so many must be left when those of others are taken out.
_LEFT = 0.5
#: A group with so many of its members (Jaccard) in one that was not confirmed is not tried.
_MUCH_ALIKE = 0.8


class Finding(NamedTuple):
    """Conditions whose members' later behaviour differs, confirmed: in which outcome, of which category (0: none; below
    0: of a family, each pair's own), and the likelihood ratio of the later slice."""

    tests: list[Clause]
    outcome: str
    tag: int
    ratio: float


class Frame(NamedTuple):
    """Customers as of one instant and what they did after it: conditions × customers, outcomes, and by an outcome's tag
    the bins that its expectation is learnt from."""

    masks: Bools
    targets: list[Target]
    bins: Callable[[int], Floats]

    def members(self, tests: tuple[int, ...]) -> Bools:
        """Whom these conditions hold for."""
        found: Bools = self.masks[list(tests)].all(axis=0)
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


def picked(first: Frame, second: Frame, groups: list[Group], least: float, costs: float, limits: Limits) -> list[Group]:
    """The groups that are proposed, best first, with the likelihood ratio that the later slice gave; ``least``: the
    ratio that a group must reach; ``costs``: what each condition takes off its score.

    Scores fall as members are taken out, so a group is scored anew only when it is at the top (lazy greedy).
    """
    learnt, later = Expectation(first), Expectation(second)
    waiting = [(-_score(group.ratio, group, costs), number, 0) for number, group in enumerate(groups)]
    heapify(waiting)
    found: list[Group] = []
    refused: list[tuple[int, Bools]] = []
    while waiting and len(found) < limits.candidates and len(refused) < _MOST_TRIES:
        _, number, known = heappop(waiting)
        group = groups[number]
        if known < len(found):
            ratio = _anew(first, learnt, group, limits)
            if ratio >= least:
                heappush(waiting, (-_score(ratio, group, costs), number, len(found)))
            continue
        members = second.members(group.tests)
        if any(target == group.target and _much_alike(members, others) for target, others in refused):
            continue
        confirmed = _confirmed(first, learnt, second, later, group, limits)
        if confirmed is None:
            refused.append((group.target, members))
            continue
        found.append(group._replace(ratio=confirmed))
        learnt.take(first.members(group.tests))
        later.take(members)
    return found


def _much_alike(one: Bools, other: Bools) -> bool:
    return bool((one & other).sum() >= _MUCH_ALIKE * (one | other).sum())


def _score(ratio: float, group: Group, costs: float) -> float:
    return round(ratio - costs * len(group.tests), 6)


def _anew(first: Frame, learnt: Expectation, group: Group, limits: Limits) -> float:
    """The likelihood ratio on those who are left; 0 where too few are, or they do not differ."""
    target, members = first.targets[group.target], first.members(group.tests)
    count, did, wanted = _sums(target, learnt.of(group.target), members & ~learnt.taken)
    enough = count[0] >= _LEFT * int((members & target.which).sum())
    apart = bool(differs(count, did, wanted, limits, int(target.which.sum()))[0])
    return float(likelihood_ratio(count, did, wanted)[0]) if enough and apart else 0.0


def _confirmed(
    first: Frame, learnt: Expectation, second: Frame, later: Expectation, group: Group, limits: Limits
) -> float | None:
    """The likelihood ratio in the later slice; None where that does not say the same."""
    before = _sums(first.targets[group.target], learnt.of(group.target), first.members(group.tests) & ~learnt.taken)
    after = _sums(second.targets[group.target], later.of(group.target), second.members(group.tests) & ~later.taken)
    count, did, wanted = after
    ratio = float(likelihood_ratio(count, did, wanted)[0])
    same_way = bool(((did > wanted) == (before[1] > before[2]))[0])
    enough = ratio >= np.log(2 / limits.by_chance)
    apart = bool(differs(count, did, wanted, limits, int(second.targets[group.target].which.sum()))[0])
    return round(ratio, 4) if same_way and enough and apart else None


def _sums(target: Target, wanted: Floats, members: Bools) -> tuple[Floats, Floats, Floats]:
    """How many members count, how many did it, and how many would be expected to; arrays of one."""
    which = members & target.which
    return (
        np.array([which.sum()], np.float64),
        np.array([(which & target.did).sum()], np.float64),
        np.array([wanted[which].sum()], np.float64),
    )
