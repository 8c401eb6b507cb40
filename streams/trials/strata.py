"""Whether a sum tells another story than its parts (Simpson's paradox)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtr
from statsmodels.stats.contingency_tables import StratifiedTable

from streams.trials.intervals import at_the_end
from streams.trials.samples import Sample, of_counts

#: The level of each of the two questions below, of one comparison.
LEVEL = 0.01
#: Of comparisons in which there is nothing, at most this part raises an alert.
ALERT_RATE = 2 * LEVEL
#: Customers or messages that each field of a stratum's table must be expected to have, or χ² is no good guide
#: (Cochran, "Some Methods for Strengthening the Common χ² Tests", 1954).
FEWEST_EXPECTED = 5


class Alert(StrEnum):
    """What is wrong with the sum: it points the other way than its parts, or its parts do not agree."""

    REVERSED = "reversed"
    UNEVEN = "uneven"


class Simpson(NamedTuple):
    """Two ways to look at the same shares, first less second: all together (``pooled``, ``pooled_p`` by the z-test),
    and stratum by stratum (``stratified``, the Mantel-Haenszel difference, ``stratified_p`` by the test of Cochran,
    Mantel and Haenszel). ``mix_p``: how likely strata are mixed as differently on both sides, or more, by chance;
    ``uneven_p``: the strata differ as much, or more, by chance (Breslow and Day, Tarone's correction)."""

    pooled: float
    stratified: float
    pooled_p: float
    stratified_p: float
    mix_p: float
    uneven_p: float

    def alert(self, among: int = 1) -> Alert | None:
        """Whether the sum tells another story than its parts; None: not beyond chance.

        ``among``: so many comparisons or looks are made together; of them all at most ALERT_RATE raise an alert where
        there is nothing (Bonferroni).
        """
        level = LEVEL / among
        if self.pooled * self.stratified < 0 and self.mix_p < level:
            return Alert.REVERSED
        return Alert.UNEVEN if self.uneven_p < level else None


def simpson(strata: Sequence[tuple[Sample, Sample]]) -> Simpson | None:
    """Of strata (first, second) of customers or messages that did something or not; None where no stratum has both.

    The Mantel-Haenszel difference is Σ w (p₁ - p₂) / Σ w with w = n₁ n₂ / (n₁ + n₂) (Greenland and Robins, 1985).
    Strata of which one side is missing compare nothing, and are in neither sum.
    """
    kept = [(a, b) for a, b in strata if a.n and b.n]
    if not kept:
        return None
    pooled_a, pooled_b = (_sum([pair[side] for pair in kept]) for side in (0, 1))
    weights = np.array([a.n * b.n / (a.n + b.n) for a, b in kept])
    stratified = float(np.average([a.mean - b.mean for a, b in kept], weights=weights))
    pooled = at_the_end(pooled_a, pooled_b)
    return Simpson(pooled.value, stratified, pooled.p, _stratified_p(kept), mix_p(kept), uneven_p(kept))


def mix_p(strata: Sequence[tuple[Sample, Sample]]) -> float:
    """How likely the pooled difference is moved as far by the mix of the strata, if both sides draw from one mix.

    The move is Σ (a/A - b/B) p over strata of sizes a and b and shares p (Kitagawa, "Components of a Difference Between
    Two Rates", 1955). Given the shares, its variance under one multinomial mix q = (a + b)/(A + B) is
    (1/A + 1/B) Σ q (p - p̄)².
    """
    first = np.array([a.n for a, _ in strata], float)
    second = np.array([b.n for _, b in strata], float)
    shares = np.array([(a + b).mean for a, b in strata])
    mix = (first + second) / (first + second).sum()
    spread = float(mix @ (shares - mix @ shares) ** 2) * (1 / first.sum() + 1 / second.sum())
    moved = float((first / first.sum() - second / second.sum()) @ shares)
    return 2 * float(ndtr(-abs(moved) / sqrt(spread))) if spread > 0 else 1.0


def _stratified_p(strata: Sequence[tuple[Sample, Sample]]) -> float:
    """1 where nothing can be compared."""
    tables = [_table(a, b) for a, b in strata if 0 < a.y + b.y < a.n + b.n and a.n + b.n > 1]
    return _finite(StratifiedTable(tables).test_null_odds().pvalue) if tables else 1.0


def uneven_p(strata: Sequence[tuple[Sample, Sample]]) -> float:
    """How likely odds ratios differ as much from stratum to stratum, or more, by chance; 1 where fewer than two strata
    have enough of both outcomes.

    Breslow and Day, "Statistical Methods in Cancer Research" I, 1980, 4.4, with Tarone's correction (Biometrika 72,
    1985). Ours and not statsmodels', which divides by 0 where the pooled odds ratio is just 1.
    """
    kept = [(a, b) for a, b in strata if _expected(a, b) >= FEWEST_EXPECTED]
    if len(kept) < 2:
        return 1.0
    did, sizes = (np.array([[getattr(one, name) for one in pair] for pair in kept], float).T for name in "yn")
    all_sizes, all_did = sizes.sum(0), did.sum(0)
    upper = (did[0] * (sizes[1] - did[1]) / all_sizes).sum()
    lower = (did[1] * (sizes[0] - did[0]) / all_sizes).sum()
    if not upper or not lower:
        return 1.0
    odds = upper / lower  # Mantel and Haenszel's
    middle = all_sizes - sizes[0] - all_did + odds * (sizes[0] + all_did)
    product = odds * sizes[0] * all_did
    due = 2 * product / (middle + np.sqrt(middle**2 + 4 * (1 - odds) * product))
    fields = (due, sizes[0] - due, all_did - due, all_sizes - sizes[0] - all_did + due)
    variances = 1 / sum(1 / field for field in fields)
    off = did[0] - due
    squares = (off**2 / variances).sum() - off.sum() ** 2 / variances.sum()
    return float(chdtrc(len(kept) - 1, max(squares, 0.0)))


def _expected(a: Sample, b: Sample) -> float:
    """The smallest number that a field of the table is expected to have."""
    return min(a.n, b.n) * min((a + b).mean, 1 - (a + b).mean)


def _table(a: Sample, b: Sample) -> NDArray[np.float64]:
    return np.array([[a.y, a.n - a.y], [b.y, b.n - b.y]], float)


def _finite(p: float) -> float:
    return float(p) if np.isfinite(p) else 1.0


def _sum(samples: Sequence[Sample]) -> Sample:
    return of_counts(sum(one.n for one in samples), int(sum(one.y for one in samples)))
