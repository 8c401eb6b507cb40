"""Before a trial starts: how many customers it needs, and what it can find with those that it will have."""

from __future__ import annotations

from math import asin, ceil, inf, pi, sin, sqrt

from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import proportion_effectsize

#: What is promised: in so many trials of the planned size a real effect of the planned size is found.
POWER = 0.8
#: What is reckoned with, as guardrails and the interval of small shares, which is a little wide, cost some of it.
PLANNED_POWER = 0.84


def customers_an_arm(share: float, better_by: float, alpha: float = 0.05, power: float = POWER) -> int:
    """How many customers each arm needs to find that a share becomes better by a part of itself, in so many of such
    trials (``power``).

    The two-sided z-test on Cohen's h = 2 asin √p₁ - 2 asin √p₂. ``share``: of the control, between 0 and 1;
    ``better_by``: 0.1 is a tenth more.
    """
    effect = proportion_effectsize(share * (1 + better_by), share)
    customers: float = NormalIndPower().solve_power(effect, alpha=alpha, power=power, alternative="two-sided")
    return ceil(customers)


def smallest_effect(share: float, an_arm: int, alpha: float = 0.05, power: float = POWER) -> float:
    """What a trial with so many customers an arm can find, as a part of the share; infinite where not even everybody's
    doing it would be enough."""
    if not share or an_arm < 2:
        return inf
    effect = float(NormalIndPower().solve_power(nobs1=an_arm, alpha=alpha, power=power, alternative="two-sided"))
    angle = asin(sqrt(share)) + effect / 2
    return sin(angle) ** 2 / share - 1 if angle < pi / 2 else inf
