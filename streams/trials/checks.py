"""What can be wrong with a trial: arms that are not as they were drawn, and several trials at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from scipy.special import chdtrc
from statsmodels.stats.multitest import multipletests

#: Under this the arms do not have the shares that they were given: something is broken, and no effect is shown.
SAMPLE_RATIO_P = 0.001


def sample_ratio_p(observed: Sequence[int], shares: Sequence[float]) -> float:
    """How likely arms of these sizes are, or less even ones, if customers went to them with these shares.

    Pearson's χ² = Σ(O - E)²/E with one degree of freedom fewer than arms (Fabijan et al., "Diagnosing Sample Ratio
    Mismatch", 2019).
    """
    total, whole = sum(observed), sum(shares)
    if not total:
        return 1.0
    expected = [total * share / whole for share in shares]
    squares = sum((saw - due) ** 2 / due for saw, due in zip(observed, expected, strict=True))
    return float(chdtrc(len(observed) - 1, squares))


def holm(p_values: Mapping[str, float], alpha: float = 0.05) -> set[str]:
    """Which of several results hold when all are looked at (Holm, "A Simple Sequentially Rejective Multiple Test
    Procedure", 1979)."""
    if not p_values:
        return set()
    holds = multipletests(list(p_values.values()), alpha=alpha, method="holm")[0]
    return {name for name, one in zip(p_values, holds, strict=True) if one}
