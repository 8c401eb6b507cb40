"""A real randomised trial: K. Hillstrom's MineThatData e-mail challenge (2008), 64,000 customers in three arms.

What our statistics say of visits, conversions and spend of each pair of arms is held against statsmodels on the raw
customers.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.trials.decisions import ALPHA_AT_THE_END, Decision, Outcome, Trial, decide
from streams.trials.intervals import Difference, at_the_end
from streams.trials.samples import Sample, of_counts

FILE = "hillstrom_original.csv.gz"
ARMS = ("Mens E-Mail", "Womens E-Mail", "No E-Mail")
METRICS = ("visit", "conversion", "spend")


class Arm(NamedTuple):
    """The customers of an arm, one a place; ``before``: what each spent in the year before."""

    visit: NDArray[np.float64]
    conversion: NDArray[np.float64]
    spend: NDArray[np.float64]
    before: NDArray[np.float64]


class Line(NamedTuple):
    """A metric of a pair of arms: what is decided, the truth by statsmodels, and by how much ours is off at most."""

    treatment: str
    control: str
    metric: str
    means: tuple[float, float]
    decision: Decision
    truth: Outcome
    off: float


def arms_of(folder: Path) -> dict[str, Arm]:
    """The arms by name; raises OSError where the file is not there, KeyError where it lacks a column."""
    with gzip.open(folder / FILE, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        arm: Arm(
            *(np.array([float(row[name]) for row in rows if row["segment"] == arm]) for name in (*METRICS, "history"))
        )
        for arm in ARMS
    }


def lines(arms: Mapping[str, Arm]) -> Iterator[Line]:
    """Every metric of every pair of arms."""
    for treatment, control in combinations(ARMS, 2):
        for metric in METRICS:
            yield _line(treatment, control, metric, arms)


def _line(treatment: str, control: str, metric: str, arms: Mapping[str, Arm]) -> Line:
    raw = [getattr(arms[name], metric) for name in (treatment, control)]
    shares = metric != "spend"
    decision = decide(trial(treatment, control, metric, arms))
    plain = at_the_end(sample(raw[0]), sample(raw[1]), ALPHA_AT_THE_END)
    cleaned = raw if shares else _cleaned([arms[treatment], arms[control]])
    low, high = _truth(*cleaned, shares=shares)
    should = Outcome.KEEP if low > 0 else Outcome.REVERT if high < 0 else Outcome.ADJUST
    off = max(_off(plain, _truth(*raw, shares=shares)), _off(decision.difference or plain, (low, high)))
    return Line(treatment, control, metric, (raw[0].mean(), raw[1].mean()), decision, should, off)


def _off(ours: Difference, theirs: tuple[float, float]) -> float:
    return max(abs(ours.low - theirs[0]), abs(ours.high - theirs[1]))


def _cleaned(pair: list[Arm]) -> list[NDArray[np.float64]]:
    """What each customer spent less what their year before foretells (CUPED), customer by customer."""
    spend, before = (np.concatenate([getattr(arm, name) for arm in pair]) for name in ("spend", "before"))
    theta = np.cov(spend, before)[0, 1] / before.var(ddof=1)
    return [arm.spend - theta * (arm.before - before.mean()) for arm in pair]


def trial(treatment: str, control: str, metric: str, arms: Mapping[str, Arm]) -> Trial:
    """The trial that it was; spend takes what was spent before into account."""
    pair = [arms[name] for name in (treatment, control)]
    one, other = (_of(arm, metric) for arm in pair)
    events = int(pair[0].conversion.sum()), int(pair[1].conversion.sum())
    shares = metric != "spend"
    return Trial(
        treatment,
        f"{metric}s" if shares else metric,
        one,
        other,
        one.n + other.n,
        True,
        counts_events=shares,
        events=events,
    )


def _of(arm: Arm, metric: str) -> Sample:
    if metric != "spend":
        return of_counts(len(arm.visit), int(getattr(arm, metric).sum()))
    return sample(arm.spend, arm.before)


def sample(y: NDArray[np.float64], x: NDArray[np.float64] | None = None) -> Sample:
    """The sums over customers."""
    if x is None:
        return Sample(len(y), float(y.sum()), float(y @ y))
    return Sample(len(y), float(y.sum()), float(y @ y), float(x.sum()), float(x @ x), float(x @ y))


def _truth(a: NDArray[np.float64], b: NDArray[np.float64], *, shares: bool) -> tuple[float, float]:
    """statsmodels' interval of the difference: Newcombe's of shares, Welch's of means."""
    if shares:
        from statsmodels.stats.proportion import confint_proportions_2indep

        low, high = confint_proportions_2indep(
            a.sum(), len(a), b.sum(), len(b), compare="diff", method="newcomb", alpha=ALPHA_AT_THE_END
        )
        return float(low), float(high)
    from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

    low, high = CompareMeans(DescrStatsW(a), DescrStatsW(b)).tconfint_diff(alpha=ALPHA_AT_THE_END, usevar="unequal")
    return float(low), float(high)
