"""Before a trial starts: how many customers it needs, and what it can find with those that it will have."""

from __future__ import annotations

from math import asin, ceil, inf, pi, sin, sqrt

from scipy.special import ndtri
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

from streams.trials.decisions import ALPHA_AT_THE_END

#: What is promised: in so many trials of the planned size a real effect of the planned size is found.
POWER = 0.8
#: What is reckoned with: guardrails and sample ratios that chance moves, and Newcombe's interval, which is a little
#: wider than the z-test's, cost some of it. ``scripts/trial_bench`` measures what is left.
PLANNED_POWER = 0.84


def planned_an_arm(share: float, better_by: float, trials: int = 1) -> int:
    """How many customers each arm of a trial should have, so that in POWER of such trials it is kept if a share of
    customers becomes better by a part of itself. ``trials``: so many are decided together, which asks more of each
    (Holm's first step)."""
    return customers_an_arm(share, better_by, ALPHA_AT_THE_END / trials, PLANNED_POWER)


def planned_for_money(mean: float, deviation: float, better_by: float, trials: int = 1) -> int:
    """The same for an amount a customer, of this mean and standard deviation in the control.

    (z₁₋α⸝₂ + z₁₋β)² (σ₁² + σ₂²) / δ² (Chow, Shao, Wang: "Sample Size Calculations in Clinical Research", 3.2). The
    treatment's variance is taken to grow as its mean does, as where more customers buy.
    """
    z = float(ndtri(1 - ALPHA_AT_THE_END / trials / 2) + ndtri(PLANNED_POWER))
    return ceil((z * deviation / (mean * better_by)) ** 2 * (2 + better_by))


def planned_effect(share: float, an_arm: int, trials: int = 1) -> float:
    """The other way round: by what part of itself a share must become better, so that a trial with so many customers an
    arm is kept in POWER of such trials."""
    return smallest_effect(share, an_arm, ALPHA_AT_THE_END / trials, PLANNED_POWER)


def customers_an_arm(share: float, better_by: float, alpha: float = 0.05, power: float = POWER) -> int:
    """How many customers each arm needs to find that a share becomes better by a part of itself, in so many of such
    trials (``power``).

    The two-sided z-test on Cohen's h = 2 asin √p₁ - 2 asin √p₂ (Cohen, "Statistical Power Analysis", 6.2). ``share``:
    of the control, between 0 and 1; ``better_by``: 0.1 is a tenth more.
    """
    effect = proportion_effectsize(share * (1 + better_by), share)
    customers: float = NormalIndPower().solve_power(effect, alpha=alpha, power=power, alternative="two-sided")
    return ceil(customers)


def smallest_effect(share: float, an_arm: int, alpha: float = 0.05, power: float = POWER) -> float:
    """What a trial with so many customers an arm can find, as a part of the share; infinite where not even everybody's
    doing it would be enough. The same test as that of ``customers_an_arm``."""
    if not share or an_arm < 2:
        return inf
    effect = float(NormalIndPower().solve_power(nobs1=an_arm, alpha=alpha, power=power, alternative="two-sided"))
    angle = asin(sqrt(share)) + effect / 2
    return sin(angle) ** 2 / share - 1 if angle < pi / 2 else inf
