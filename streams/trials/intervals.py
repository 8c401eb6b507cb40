"""How much better one arm does: intervals of the difference treatment minus control."""

from __future__ import annotations

from math import exp, inf, log, sqrt
from typing import NamedTuple

from scipy.special import ndtr, stdtr, stdtrit
from statsmodels.stats.proportion import confint_proportions_2indep

from streams.trials.samples import Sample


class Difference(NamedTuple):
    """Treatment minus control: the best guess, and the interval in which it is at the level asked for.

    ``p``: the lowest level at which the interval does not hold 0.
    """

    value: float
    low: float
    high: float
    p: float

    @property
    def above(self) -> bool:
        """Whether all of the interval is above 0."""
        return self.low > 0

    @property
    def below(self) -> bool:
        """Whether all of the interval is below 0."""
        return self.high < 0


def always_valid(treatment: Sample, control: Sample, planned: int, alpha: float = 0.05) -> Difference:
    """An interval that holds at every look at once, however many there are, for a trial of ``planned`` customers.

    The asymptotic confidence sequence of Waudby-Smith et al. (arXiv 2103.06476), narrowest at ``planned``, as
    GrowthBook uses it: with v the variance of the difference, n the customers of both arms,
    ρ = √((-2 ln α + ln(-2 ln α + 1)) / planned), half of it is √(v n) √(2 (nρ² + 1) / (nρ)² ln(√(nρ² + 1) / α)).
    """
    n, value = treatment.n + control.n, treatment.mean - control.mean
    variance = _variance(treatment, control)
    if not variance:
        return Difference(value, -inf, inf, 1.0)
    rho = sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned)
    more = n * rho * rho + 1
    half = sqrt(variance * n) * sqrt(2 * more / (n * rho) ** 2 * log(sqrt(more) / alpha))
    p = sqrt(more) * exp(-((value * n * rho) ** 2) / (2 * variance * n * more))
    return Difference(value, value - half, value + half, min(1.0, p))


def at_the_end(treatment: Sample, control: Sample, alpha: float = 0.05) -> Difference:
    """The interval for one look, at the end: of shares Newcombe's, of other means Welch's."""
    if min(treatment.n, control.n) < 2:
        return Difference(treatment.mean - control.mean, -inf, inf, 1.0)
    if treatment.yy == treatment.y and control.yy == control.y:
        return _newcombe(treatment, control, alpha)
    return _welch(treatment, control, alpha)


def _newcombe(treatment: Sample, control: Sample, alpha: float) -> Difference:
    """Newcombe's hybrid score interval (method 10, Statistics in Medicine 17, 1998); p by the pooled z-test."""
    low, high = confint_proportions_2indep(
        treatment.y, treatment.n, control.y, control.n, method="newcomb", alpha=alpha
    )
    both = treatment + control
    spread = sqrt(both.mean * (1 - both.mean) * (1 / treatment.n + 1 / control.n))
    value = treatment.mean - control.mean
    p = 2 * float(ndtr(-abs(value) / spread)) if spread else 1.0
    return Difference(value, float(low), float(high), p)


def _welch(treatment: Sample, control: Sample, alpha: float) -> Difference:
    """Welch's interval with Satterthwaite's degrees of freedom."""
    parts = [one.variance / one.n for one in (treatment, control)]
    value, variance = treatment.mean - control.mean, sum(parts)
    if not variance:
        return Difference(value, -inf, inf, 1.0)
    degrees = variance**2 / sum(part**2 / (one.n - 1) for part, one in zip(parts, (treatment, control), strict=True))
    half = float(stdtrit(degrees, 1 - alpha / 2)) * sqrt(variance)
    p = 2 * float(stdtr(degrees, -abs(value) / sqrt(variance)))
    return Difference(value, value - half, value + half, p)


def adjusted(treatment: Sample, control: Sample) -> tuple[Sample, Sample]:
    """CUPED (Deng, Xu, Kohavi, Walker, 2013): each customer's metric less θ(x - x̄), θ = cov(y, x) / var(x) over both
    arms, x from before the assignment. What the covariate foretells no longer blurs the difference; without one, or
    where it foretells nothing, both come back as they are."""
    both = treatment + control
    var_x = both.xx - both.x * both.x / both.n if both.n else 0.0
    if not var_x:
        return treatment, control
    theta, mean = (both.xy - both.x * both.y / both.n) / var_x, both.x / both.n
    return _less(treatment, theta, mean), _less(control, theta, mean)


def _less(one: Sample, theta: float, mean: float) -> Sample:
    """The sums of y - θ(x - x̄)."""
    y = one.y - theta * (one.x - one.n * mean)
    centred_xx = one.xx - 2 * mean * one.x + one.n * mean * mean
    centred_xy = one.xy - mean * one.y
    return Sample(one.n, y, one.yy - 2 * theta * centred_xy + theta * theta * centred_xx)


def _variance(treatment: Sample, control: Sample) -> float:
    return sum(one.variance / one.n for one in (treatment, control) if one.n)
