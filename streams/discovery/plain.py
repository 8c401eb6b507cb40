"""What recency, frequency and money alone make one expect of each customer: what a finding must differ from.

A heavy buyer buys again; that is no news. So each outcome gets an expectation by how often, how lately and for how much
the customer bought, how often and lately they came, how they took mail, and for how long they are known: a logistic
regression on bins of these (each bin a number of its own, so that no shape is assumed; ridge penalty, Newton's
method, as in Hastie, Tibshirani, Friedman, The Elements of Statistical Learning, 4.4). For the purchase of a category,
how often it was viewed and bought belongs to it.

``cells`` are the plain table of recency × frequency × money that marketers know; the share of a lift that these explain
is told with each candidate.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streams.discovery.history import Past
from streams.discovery.measures import DAY_MS, Floats, Measure, measured
from streams.discovery.records import Bools, Ints

RIDGE = 1.0
_MOST_STEPS, _MOST_HALVES = 12, 10
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
#: Expectations are multiples of this: so sums of them are exact in any order, and the same data gives the same bytes.
GRAIN = 2.0**-20
#: Customers like all others that each cell of the plain table gets.
FEW = 5
_LEAST, _MOST = 0.0005, 0.9995

_PLAIN = (
    Measure("count", "purchases"),
    Measure("since last", "purchases"),
    Measure("sum", "purchases", field="total"),
    Measure("count", "views"),
    Measure("since last", "views"),
    Measure("count", "carts"),
    Measure("count", "emails"),
    Measure("count", "opens"),
    Measure("count", "clicks"),
)


def design(past: Past, customers: int, tag: int = 0) -> Floats:
    """The bins of each customer, (customers, bins) of 0 and 1; with ``tag`` also those of the category."""
    columns = [np.ones((customers, 1))]
    tenure = np.maximum(1.0, (past.at_ms - past.first) / DAY_MS)
    wanted = _PLAIN if not tag else tuple(Measure("count", source, 0, tag) for source in past.tags)
    for what in wanted:
        values = measured(past, what, customers)
        columns.append(binned(values, past.there))
        if what in (_PLAIN[0], _PLAIN[3]):
            columns.append(binned(values / tenure, past.there))
    if not tag:
        columns.append(binned(tenure, past.there))
    return np.hstack(columns)


def binned(values: Floats, which: Bools) -> Floats:
    """One column a bin, by the quantiles of those values that count; the lowest has none, undefined values one."""
    numbers = values[which & ~np.isnan(values)]
    if not len(numbers):
        return np.zeros((len(values), 0))
    whole = bool((numbers == np.floor(numbers)).all())
    positive = numbers[numbers > 0]
    edges = np.quantile(positive, _SHARES, method="higher") if len(positive) else np.zeros(0)
    edges = np.unique(np.concatenate([edges, [1.0, 2.0, 3.0, 4.0] if whole else [positive.min(initial=1.0)]]))
    place = np.searchsorted(edges, np.nan_to_num(values), "right")
    place[np.isnan(values)] = len(edges) + 1
    columns = place[:, None] == np.arange(1, len(edges) + 2)
    found: Floats = columns[:, columns[which].any(axis=0)].astype(np.float64)
    return found


def expected(bins: Floats, did: Bools, which: Bools, start: Floats | None = None) -> tuple[Floats, Floats]:
    """The share that is expected of each customer, and the weights behind it; learnt from ``which`` of them.

    ``start``: weights to begin from, which saves steps.
    """
    x, y = bins[which], did[which].astype(np.float64)
    if not len(y) or y.all() or not y.any():
        return np.full(len(bins), float(y.mean()) if len(y) else 0.0), np.zeros(bins.shape[1])
    penalty = np.full(bins.shape[1], RIDGE)
    penalty[0] = 1e-6
    mean = float(y.mean())
    weights = np.zeros(bins.shape[1]) if start is None else start.copy()
    if start is None:
        weights[0] = np.log(mean / (1 - mean))
    weights = _fitted(x, y, penalty, weights)
    share = np.clip(logistic(bins @ weights), _LEAST, _MOST)
    return np.round(share / GRAIN) * GRAIN, weights


def _fitted(x: Floats, y: Floats, penalty: Floats, weights: Floats) -> Floats:
    """Newton's method; a step that goes too far is halved until the penalised likelihood grows."""
    score = x @ weights
    loss = _loss(score, y, penalty, weights)
    for _ in range(_MOST_STEPS):
        share = logistic(score)
        spread = np.maximum(share * (1 - share), 1e-6)
        slope = x.T @ (y - share) - penalty * weights
        step = np.linalg.solve((x.T * spread) @ x + np.diag(penalty), slope)
        for _ in range(_MOST_HALVES):
            moved = weights + step
            score = x @ moved
            if (less := _loss(score, y, penalty, moved)) <= loss:
                break
            step /= 2
        else:
            break
        weights, loss = moved, less
        if np.abs(step).max() < 1e-4:
            break
    return weights


def _loss(score: Floats, y: Floats, penalty: Floats, weights: Floats) -> float:
    """The negative logarithm of the likelihood, with the penalty."""
    return float(np.logaddexp(0, score).sum() - y @ score + penalty @ weights**2 / 2)


def logistic(score: Floats) -> Floats:
    """The share of a score in log odds."""
    return 1 / (1 + np.exp(-np.clip(score, -30, 30)))


def cells(past: Past, customers: int) -> Ints:
    """The cell of recency × frequency × money of each customer, 0: never bought."""
    number = np.zeros(customers, np.int64)
    for what, parts in zip(_PLAIN[:3], (5, 5, 3), strict=True):
        values = measured(past, what, customers)
        bought = values[past.there & (values > 0)]
        edges = np.quantile(bought, np.arange(1, parts) / parts) if len(bought) else np.zeros(0)
        number = number * (parts + 1) + np.where(values > 0, np.searchsorted(edges, values) + 1, 0)
    return number


def by_cells(cell: Ints, did: Bools, which: Bools) -> Floats:
    """The share of each customer's cell that did it, of those that count; a cell of few says little, so that each gets
    FEW more who are like all."""
    _, place = np.unique(cell, return_inverse=True)
    count = np.bincount(place[which], minlength=place.max(initial=0) + 1)
    done = np.bincount(place[which & did], minlength=len(count))
    usual = float(did[which].mean()) if which.any() else 0.0
    found: Floats = ((done + FEW * usual) / (count + FEW))[place]
    return found


def explained(rates: Sequence[float]) -> float:
    """Of (rate of the members, of all others, expected by cells): which part of the difference the cells explain, 0 to
    1. Where they make one expect far more than there is, or the contrary, they explain nothing."""
    rate, base, cell = rates
    if rate == base:
        return float(cell == base)
    return round(max(0.0, 1 - abs(rate - cell) / abs(rate - base)), 4)
