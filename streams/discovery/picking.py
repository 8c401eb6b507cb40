"""Which groups are proposed: the best, then the best of what it leaves unexplained, each confirmed later in time.

Behind one real group come hundreds that share some of its members. So after each pick its members are taken out, what
is expected is learnt anew without them, and all others are scored on who is left; what held only through them falls
away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from streams.discovery.measures import Floats, Test
from streams.discovery.outcomes import Target
from streams.discovery.plain import expected
from streams.discovery.records import Bools
from streams.discovery.search import Group, Limits, differs, likelihood_ratio

#: So many picks that the later slice does not confirm are tried at most.
_MOST_TRIES = 40
#: Of a group's members so many must be left when those of others are taken out.
_LEFT = 0.5


class Finding(NamedTuple):
    """Conditions whose members' later behaviour differs, confirmed: in which outcome, of which category (0: none; below
    0: of a family, each pair's own), and the likelihood ratio of the later slice."""

    tests: list[Test]
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
    """The groups that are proposed, best first, with the likelihood ratio that the later slice gave; ``costs``: what a
    condition is to gain at least."""
    learnt, later = Expectation(first), Expectation(second)
    members = [first.members(group.tests) for group in groups]
    left, found = list(range(len(groups))), []
    for _ in range(_MOST_TRIES):
        scores = _scores(first, learnt, groups, members, left, costs, least, limits)
        if not scores or len(found) == limits.candidates:
            break
        left = [one for _, one in scores]
        best = left.pop(0)
        ratio = _confirmed(first, learnt, second, later, groups[best], limits)
        if ratio is None:
            continue
        found.append(Group(groups[best].target, groups[best].tests, ratio))
        learnt.take(members[best])
        later.take(second.members(groups[best].tests))
    return found


def _scores(
    first: Frame,
    learnt: Expectation,
    groups: list[Group],
    members: list[Bools],
    left: list[int],
    costs: float,
    least: float,
    limits: Limits,
) -> list[tuple[float, int]]:
    """What the groups that still differ are worth on who is left, best first: (minus the score, number)."""
    found = []
    for one in left:
        group = groups[one]
        count, did, wanted = _sums(first.targets[group.target], learnt.of(group.target), members[one] & ~learnt.taken)
        whole = int((members[one] & first.targets[group.target].which).sum())
        ratio = float(likelihood_ratio(count, did, wanted)[0])
        apart = bool(differs(count, did, wanted, limits, len(learnt.taken))[0])
        if apart and count[0] >= _LEFT * whole and ratio >= least:
            found.append((-round(ratio - costs * len(group.tests), 6), one))
    return sorted(found)


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
    apart = bool(differs(count, did, wanted, limits, len(later.taken))[0])
    return round(ratio, 4) if same_way and enough and apart else None


def _sums(target: Target, wanted: Floats, members: Bools) -> tuple[Floats, Floats, Floats]:
    """How many members count, how many did it, and how many would be expected to; arrays of one."""
    which = members & target.which
    return (
        np.array([which.sum()], np.float64),
        np.array([(which & target.did).sum()], np.float64),
        np.array([wanted[which].sum()], np.float64),
    )
