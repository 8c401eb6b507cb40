"""The search itself: all pairs of conditions, and the best of three, scored against what is expected.

Why not a library: pysubgroup, the well-kept one, wants numpy below 2 (0.9.0). It also holds groups against one share
for all customers, where here each customer has an expectation of their own, and looks at one outcome at a time, in
Python; here all pairs are counted at once by a product of matrices.

A group is scored by the likelihood ratio m · KL(rate ‖ expected rate): by the Chernoff bound exp(-ratio) bounds, for
any size of group, how probable so large a difference is by chance (Hoeffding 1963, theorem 1, for unequal shares). It
grows with size and with the difference, as weighted relative accuracy does. Of each condition the logarithm of how many
there are to choose from is taken off (minimum description length), so that a shorter rule wins where a longer one says
no more. The false-discovery rate is controlled over all groups that were looked at (Benjamini, Hochberg 1995).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.discovery.candidates import SMALLEST
from streams.discovery.measures import Clause, Floats
from streams.discovery.outcomes import Target
from streams.discovery.records import Bools, Ints


@dataclass(frozen=True, slots=True)
class Limits:
    """How far the search goes.

    ``horizon_days``: the slice of time in which outcomes are looked for; ``fewest`` members, ``most`` (a share of all
    customers); ``effect``: the rate must be so many times what is expected, or one of so many parts of it, or differ by
    ``points`` (0.15: 15 of 100 members); ``false_discoveries``: the controlled rate; ``by_chance``: how improbable a
    confirmation must be; ``alike``: Jaccard index from which two groups are one; ``plain``: share of a lift that plain
    RFM may explain; ``categories`` and ``candidates``: how many at most; ``beam``: pairs that a third condition is
    added to; ``kept``: groups that are remembered for each outcome; ``rounds``: searches, each on whom the picks of
    those before left.
    """

    horizon_days: int = 28
    fewest: int = SMALLEST
    most: float = 0.4
    effect: float = 1.25
    points: float = 0.15
    false_discoveries: float = 0.01
    by_chance: float = 0.0002
    alike: float = 0.4
    plain: float = 0.8
    categories: int = 12
    candidates: int = 12
    beam: int = 24
    kept: int = 300
    rounds: int = 5


class Group(NamedTuple):
    """A group of customers: the number of the outcome, those of its conditions, its likelihood ratio, and where it was
    confirmed the rate that one would expect."""

    target: int
    tests: tuple[int, ...]
    ratio: float
    expected: float = 0.0


class Searched(NamedTuple):
    """Groups worth a look, best first for each outcome, and the likelihood ratio that false-discovery control asks
    for."""

    groups: list[Group]
    least: float


def likelihood_ratio(count: Floats, did: Floats, wanted: Floats) -> Floats:
    """count · KL(did / count ‖ wanted / count), elementwise, in nats; 0 where nobody counts."""
    with np.errstate(divide="ignore", invalid="ignore"):
        done = np.where(did > 0, did * np.log(did / wanted), 0.0)
        left, expected_left = count - did, count - wanted
        found = done + np.where(left > 0, left * np.log(left / expected_left), 0.0)
    return np.where(count > 0, np.nan_to_num(found, posinf=0.0), 0.0)


def differs(count: Floats, did: Floats, wanted: Floats, limits: Limits, customers: int, base: float | None) -> Bools:
    """Which groups are of a size, and have an effect, that matter.

    ``base``: the share of all customers (None: it does not matter). From that a group must differ as well, the same
    way, and not by chance: of who does something as often as most, though less often than is expected of them, only the
    expectation is news: they looked, or bought, more than usual.
    """
    sized = (count >= limits.fewest) & (count <= limits.most * customers)
    found: Bools = sized & _apart(count, did, wanted, limits)
    if base is None:
        return found
    usual = base * count
    found &= _apart(count, did, usual, limits) & ((did > wanted) == (did > usual))
    found &= likelihood_ratio(count, did, usual) >= np.log(2 / limits.by_chance)
    return found


def lasting(count: Floats, later: Floats) -> Floats:
    """Which part of what groups were worth is left when ``later`` are in them: of two rules that say the same, the one
    that goes on to hold is the better. Outcomes of the later slice are not looked at."""
    return np.minimum(1.0, later / np.maximum(1.0, count))


def _apart(count: Floats, did: Floats, wanted: Floats, limits: Limits) -> Bools:
    times = (did >= limits.effect * wanted) | (did * limits.effect <= wanted)
    found: Bools = times | (np.abs(did - wanted) >= limits.points * count)
    return found


class Search:
    """Enumerates the groups of one frame: conditions × customers, outcomes and what is expected of each customer.

    ``later``: the same conditions in the later slice, in which a group must have enough members, too; whether they do
    the same is not looked at here.
    """

    def __init__(self, tests: list[Clause], masks: Bools, later: Bools, limits: Limits) -> None:
        self._tests, self._limits = tests, limits
        self._masks, self._numbers = masks, masks.astype(np.float64)
        self._all, self._later = masks.astype(np.float32), later.astype(np.float32)
        self.cost = float(np.log(max(2, len(tests))))
        self._subjects = np.array([_subject(tests, one) for one in range(len(tests))])
        self._seen: list[Floats] = []
        self._groups: list[tuple[float, Group]] = []

    def run(self, targets: list[Target], wanted: list[Floats]) -> Searched:
        """Looks at every outcome."""
        self._seen, self._groups = [], []
        for number, (target, expectation) in enumerate(zip(targets, wanted, strict=True)):
            if target.did.any() and len(self._tests):
                self._of(number, target, expectation)
        least = self._controlled()
        good = [(score, group) for score, group in self._groups if group.ratio >= least]
        return Searched([group for _, group in sorted(good, key=lambda one: (-one[0], one[1]))], least)

    def _of(self, number: int, target: Target, wanted: Floats) -> None:
        firsts = self._firsts(target)
        found = self._scored(number, target, wanted, [(int(one),) for one in firsts])
        pairs = self._scored(number, target, wanted, [(int(one),) for one in firsts], extend=True)
        beam = [group.tests for _, group in pairs[: self._limits.beam]]
        triples = self._scored(number, target, wanted, beam, extend=True)
        best = sorted({*found, *pairs, *triples}, key=lambda one: (-one[0], one[1]))
        self._groups += best[: self._limits.kept]

    def _firsts(self, target: Target) -> Ints:
        """Where rules for this outcome begin: of the purchase of a category with a condition about it."""
        if target.name != "category_purchase":
            return np.arange(len(self._tests))
        return np.flatnonzero(np.array([test.measure.tag == target.tag for test in self._tests]))

    def _scored(
        self, number: int, target: Target, wanted: Floats, starts: list[tuple[int, ...]], *, extend: bool = False
    ) -> list[tuple[float, Group]]:
        """The groups of these conditions that matter, or with ``extend`` of each and one more, best first."""
        if not starts:
            return []
        masks = np.stack([self._masks[list(tests)].all(axis=0) for tests in starts]) & target.which
        numbers = masks.astype(np.float64)
        if extend:
            others = self._numbers.T
            count, did = numbers @ others, numbers[:, target.did] @ others[target.did]
            expectation = (numbers * wanted) @ others
            allowed = self._allowed(starts)
        else:
            count, did = numbers.sum(axis=1)[:, None], numbers[:, target.did].sum(axis=1)[:, None]
            expectation = (numbers @ wanted)[:, None]
            allowed = np.ones(count.shape, np.bool_)
        allowed &= count >= self._limits.fewest
        ratio = likelihood_ratio(count, did, expectation)
        self._seen.append(ratio[allowed])
        allowed &= differs(count, did, expectation, self._limits, int(target.which.sum()), target.base)
        everybody, later = (_counts(masks, starts, extend) for masks in (self._all, self._later))
        allowed &= later >= self._limits.fewest
        size = len(starts[0]) + int(extend)
        score = np.round(ratio * lasting(everybody, later) - size * self.cost, 6)
        allowed &= score > 0
        return self._best(number, starts, extend, allowed, score, ratio)

    def _best(
        self, number: int, starts: list[tuple[int, ...]], extend: bool, allowed: Bools, score: Floats, ratio: Floats
    ) -> list[tuple[float, Group]]:
        found = {}
        rows, columns = np.nonzero(allowed)
        order = np.argsort(-score[rows, columns], kind="stable")[: 2 * self._limits.kept]
        for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
            tests = tuple(sorted((*starts[row], column))) if extend else starts[row]
            found[tests] = (float(score[row, column]), Group(number, tests, float(ratio[row, column])))
        return sorted(found.values(), key=lambda one: (-one[0], one[1]))

    def _allowed(self, starts: list[tuple[int, ...]]) -> Bools:
        """Which conditions may be added to which others: none about what one of them is about already; of pairs each
        once."""
        allowed = np.ones((len(starts), len(self._tests)), np.bool_)
        singles = {tests[0] for tests in starts if len(tests) == 1}
        for row, tests in enumerate(starts):
            for one in tests:
                allowed[row] &= self._subjects != self._subjects[one]
            if len(tests) == 1:
                earlier = [one for one in singles if one < tests[0]]
                allowed[row, earlier] = False
        return allowed

    def _controlled(self) -> float:
        """The likelihood ratio at which the false-discovery rate over all that was looked at is as wanted."""
        ratios = np.sort(np.concatenate(self._seen))[::-1] if self._seen else np.zeros(0)
        if not len(ratios):
            return float("inf")
        allowance = np.log(2 * len(ratios) / (self._limits.false_discoveries * np.arange(1, len(ratios) + 1)))
        good = np.flatnonzero(ratios >= allowance)
        return float(ratios[good[-1]]) if len(good) else float("inf")


def _counts(masks: NDArray[np.float32], starts: list[tuple[int, ...]], extend: bool) -> Floats:
    """How many members groups have, or with ``extend`` those of each and one condition more."""
    members = np.stack([masks[list(tests)].prod(axis=0) for tests in starts])
    counts = members @ masks.T if extend else members.sum(axis=1)[:, None]
    return counts.astype(np.float64)


def _subject(tests: list[Clause], one: int) -> int:
    """The first condition that is about the same measure."""
    return next(place for place, test in enumerate(tests) if test.measure == tests[one].measure)
