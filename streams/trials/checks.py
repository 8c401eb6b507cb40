"""What can be wrong with a trial, or with looking at sums."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import chdtrc
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from streams.trials.samples import Sample

#: Under this the arms do not have the shares that they were given: something is broken, and no effect is shown.
SAMPLE_RATIO_P = 0.001
#: Under this the strata differ by more than chance.
HETEROGENEITY_P = 0.01


def sample_ratio_p(observed: Sequence[int], shares: Sequence[float]) -> float:
    """How likely arms of these sizes are, or less even ones, if customers went to them with these shares (χ²)."""
    total, whole = sum(observed), sum(shares)
    if not total:
        return 1.0
    expected = [total * share / whole for share in shares]
    squares = sum((saw - due) ** 2 / due for saw, due in zip(observed, expected, strict=True))
    return float(chdtrc(len(observed) - 1, squares))


def holm(p_values: Mapping[str, float], alpha: float = 0.05) -> set[str]:
    """Which of several trials' results hold when all are looked at (Holm, 1979)."""
    if not p_values:
        return set()
    holds = multipletests(list(p_values.values()), alpha=alpha, method="holm")[0]
    return {name for name, one in zip(p_values, holds, strict=True) if one}


class Simpson(NamedTuple):
    """Two ways to look at the same customers: all together (``pooled``), and stratum by stratum (``stratified``, the
    Mantel-Haenszel difference of shares); ``p``: whether the strata differ (Breslow-Day, Tarone's correction)."""

    pooled: float
    stratified: float
    p: float

    @property
    def alert(self) -> bool:
        """Whether the sum tells another story than its parts."""
        return self.pooled * self.stratified < 0 or self.p < HETEROGENEITY_P


def simpson(strata: Sequence[tuple[Sample, Sample]]) -> Simpson | None:
    """Of strata (treatment, control) of customers who did something or not; None where none has both arms."""
    kept = [(a, b) for a, b in strata if a.n and b.n]
    if not kept:
        return None
    pooled_a, pooled_b = (_sum([pair[arm] for pair in kept]) for arm in (0, 1))
    weights = np.array([a.n * b.n / (a.n + b.n) for a, b in kept])
    stratified = float(np.average([a.mean - b.mean for a, b in kept], weights=weights))
    return Simpson(pooled_a.mean - pooled_b.mean, stratified, _heterogeneity_p(kept))


def _heterogeneity_p(strata: Sequence[tuple[Sample, Sample]]) -> float:
    """1 where fewer than two strata have both outcomes, as then nothing can differ."""
    tables = [[[a.y, a.n - a.y], [b.y, b.n - b.y]] for a, b in strata if 0 < a.y + b.y < a.n + b.n]
    if len(tables) < 2:
        return 1.0
    found = StratifiedTable([np.asarray(table, float) for table in tables]).test_equal_odds(adjust=True)
    return float(found.pvalue) if np.isfinite(found.pvalue) else 1.0


def _sum(samples: Sequence[Sample]) -> Sample:
    total = Sample(0, 0.0, 0.0)
    for one in samples:
        total += one
    return total
