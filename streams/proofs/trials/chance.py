"""Trials out of chance: what a metric is like in the broad segment, and how days of customers come out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.trials.planning import planned_an_arm, planned_for_money

DAYS = 14
#: What the shares of customers are, in both arms, who are lost by a mail, or by whom it is.
GUARDRAILS = {"unsubscribes": 0.002, "complaints": 0.0003, "bounces": 0.005}
#: Of the customers of the money case: how many they are, what they brought before, how many of them buy.
KINDS = ((0.70, 0.0, 0.01), (0.15, 40.0, 0.03), (0.10, 100.0, 0.05), (0.05, 250.0, 0.10))
#: What an order is worth, and how many of them.
BASKETS = ((15.0, 0.4), (30.0, 0.3), (60.0, 0.2), (150.0, 0.08), (400.0, 0.02))

Counts = NDArray[np.int64]
Sums = NDArray[np.float64]


class Case(NamedTuple):
    """A metric's share of customers in the broad segment (0: money, of KINDS and BASKETS), and by what part of it the
    trial's mail is better."""

    metric: str
    share: float
    better_by: float

    @property
    def an_arm(self) -> int:
        """The customers that the planner asks for."""
        if self.share:
            return planned_an_arm(self.share, self.better_by)
        return planned_for_money(*_money_of_a_customer(), self.better_by)


CASES = (
    Case("opens", 0.25, 0.1),
    Case("clicks", 0.025, 0.2),
    Case("conversions", 0.005, 0.3),
    Case("revenue", 0.0, 0.3),
)


class Courses(NamedTuple):
    """Many trials at once: sums up to each day, arrays of two arms (treatment, control) x trials x days.

    ``y`` to ``xy`` are those of ``streams.trials.samples.Sample``, ``events`` the customers who did it, ``lost`` those
    of each guardrail.
    """

    n: Counts
    y: Sums
    yy: Sums
    x: Sums
    xx: Sums
    xy: Sums
    events: Counts
    lost: dict[str, Counts]


def drawn(case: Case, better_by: float, trials: int, chance: np.random.Generator) -> Courses:
    """So many trials of a case: customers come evenly over the days, each is drawn for an arm."""
    daily = np.diff(np.linspace(0, 2 * case.an_arm, DAYS + 1).astype(int))
    treated = chance.binomial(daily, 0.5, (trials, DAYS))
    new = np.stack([treated, daily - treated])
    lost = {name: chance.binomial(new, share).cumsum(2) for name, share in GUARDRAILS.items()}
    more = np.array([1 + better_by, 1.0])[:, None, None]
    if not case.share:
        return Courses(new.cumsum(2), *_money(new, more, chance), lost)
    did = chance.binomial(new, case.share * more).cumsum(2)
    none = np.zeros(did.shape)
    return Courses(new.cumsum(2), did.astype(float), did.astype(float), none, none, none, did, lost)


def _money(new: Counts, more: Sums, chance: np.random.Generator) -> tuple[Sums, Sums, Sums, Sums, Sums, Counts]:
    """The sums of what customers bring, and brought before, and how many of them bring something."""
    sizes, before, buy = (np.array(one) for one in zip(*KINDS, strict=True))
    worth, often = (np.array(one) for one in zip(*BASKETS, strict=True))
    kinds = chance.multinomial(new, sizes)  # arms x trials x days x kinds
    buyers = chance.binomial(kinds, buy * more[..., None])
    baskets = chance.multinomial(buyers, often)  # ... x baskets
    brought = baskets @ worth
    sums = (brought.sum(3), (baskets @ worth**2).sum(3), kinds @ before, kinds @ before**2, brought @ before)
    y, yy, x, xx, xy = (one.astype(float).cumsum(2) for one in sums)
    return y, yy, x, xx, xy, buyers.sum(3).cumsum(2)


def _money_of_a_customer() -> tuple[float, float]:
    """Mean and standard deviation."""
    buyers = sum(size * buy for size, _, buy in KINDS)
    mean = buyers * sum(worth * often for worth, often in BASKETS)
    square = buyers * sum(worth**2 * often for worth, often in BASKETS)
    return mean, float(np.sqrt(square - mean**2))
