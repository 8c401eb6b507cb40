"""Decisions of many trials at once, on arrays: the same as ``streams.trials.decisions.decide``, look by look.

A trial a time takes a minute for what this does in a second. The tests hold the two against each other.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc, ndtri, stdtrit

from streams.proofs.trials.chance import Courses, Sums
from streams.trials.checks import SAMPLE_RATIO_P
from streams.trials.decisions import ALPHA, ALPHA_AT_THE_END, FEWEST_EVENTS, Outcome

#: Outcomes by number; RUNNING is 0.
OUTCOMES = (Outcome.RUNNING, Outcome.INVALID, Outcome.REVERT, Outcome.KEEP, Outcome.ADJUST)
RUNNING, INVALID, REVERT, KEEP, ADJUST = range(5)

Flags = NDArray[np.bool_]


class Interval(NamedTuple):
    """The ends of many intervals."""

    low: Sums
    high: Sums


def ended(looks: NDArray[np.int_]) -> Counter[str]:
    """How trials end that are decided at the first look that says so, as a person would; ``looks``: trials x days."""
    first = (looks != RUNNING).argmax(1)
    return Counter(str(OUTCOMES[one]) for one in looks[np.arange(len(looks)), first])


def decided(courses: Courses, planned: int, *, shares: bool) -> NDArray[np.int_]:
    """The outcome of each trial at each day's look, trials x days; on the last day the trials have ended. ``planned``:
    customers of both arms; ``shares``: the metric is one, and no money."""
    last = np.zeros(courses.n.shape[1:], bool)
    last[:, -1] = True
    n = courses.n.astype(float)
    mean, variance = _adjusted(courses, n, shares)
    running = _always_valid(n, mean, variance, planned)
    end = _newcombe(n, courses.y / n) if shares else _welch(n, mean, variance)
    harm = np.zeros(last.shape, bool)
    for count in courses.lost.values():
        share = count / n
        harm |= _always_valid(n, share, share * (1 - share), planned).low > 0
    few = courses.events.min(0) < FEWEST_EVENTS
    below = (running.high < 0) | (last & (end.high < 0))
    above = (running.low > 0) | (last & (end.low > 0))
    undecided = np.where(last, ADJUST, RUNNING)
    return np.select([_uneven(n), harm, few, below, above], [INVALID, REVERT, undecided, REVERT, KEEP], undecided)


def _uneven(n: Sums) -> Flags:
    due = n.sum(0) / 2
    below: Flags = chdtrc(1, ((n - due) ** 2 / due).sum(0)) < SAMPLE_RATIO_P
    return below


def _adjusted(courses: Courses, n: Sums, shares: bool) -> tuple[Sums, Sums]:
    """Means and variances, of money after CUPED."""
    y, yy, x, xx, xy = (np.asarray(one) for one in courses[1:6])
    if shares:
        return y / n, y / n * (1 - y / n)
    all_n, all_y, all_x = n.sum(0), y.sum(0), x.sum(0)
    theta = (xy.sum(0) - all_x * all_y / all_n) / (xx.sum(0) - all_x**2 / all_n)
    middle = all_x / all_n
    cleaned = y - theta * (x - n * middle)
    squares = yy - 2 * theta * (xy - middle * y) + theta**2 * (xx - 2 * middle * x + n * middle**2)
    mean = cleaned / n
    return mean, (squares - cleaned * mean) / (n - 1)


def _always_valid(n: Sums, mean: Sums, variance: Sums, planned: int) -> Interval:
    """As ``streams.trials.intervals.always_valid``."""
    total, of_mean = n.sum(0), (variance / n).sum(0)
    rho2 = (-2 * np.log(ALPHA) + np.log(-2 * np.log(ALPHA) + 1)) / planned
    more = total * rho2 + 1
    half = np.sqrt(of_mean * total) * np.sqrt(2 * more / (total**2 * rho2) * np.log(np.sqrt(more) / ALPHA))
    half = np.where(of_mean > 0, half, np.inf)
    return Interval(mean[0] - mean[1] - half, mean[0] - mean[1] + half)


def _newcombe(n: Sums, share: Sums) -> Interval:
    """Newcombe's method 10 from Wilson's intervals."""
    z = float(ndtri(1 - ALPHA_AT_THE_END / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    (low_a, low_b), (high_a, high_b) = middle - half, middle + half
    a, b = share
    return Interval(
        a - b - np.sqrt((a - low_a) ** 2 + (high_b - b) ** 2), a - b + np.sqrt((high_a - a) ** 2 + (b - low_b) ** 2)
    )


def _welch(n: Sums, mean: Sums, variance: Sums) -> Interval:
    parts = variance / n
    degrees = parts.sum(0) ** 2 / (parts**2 / (n - 1)).sum(0)
    half = stdtrit(degrees, 1 - ALPHA_AT_THE_END / 2) * np.sqrt(parts.sum(0))
    return Interval(mean[0] - mean[1] - half, mean[0] - mean[1] + half)
