"""What is expected of each pair of a customer and a category, given what that customer did in all.

A logistic regression in which each customer has a number of their own (a conditional comparison, as in matched
case-control studies; Breslow, Day 1980): so nothing that tells customers apart makes a difference, only what tells the
categories of one customer apart. At the solution the pairs of each bin, and those of each customer, sum to how many of
them did it.
"""

from __future__ import annotations

import numpy as np

from streams.discovery.measures import Floats
from streams.discovery.plain import GRAIN, RIDGE, logistic
from streams.discovery.records import Bools, Ints

_MOST_STEPS, _MOST_SHIFTS = 15, 40
_FLAT = 1e-3


def expected_within(bins: Floats, did: Bools, which: Bools, owner: Ints) -> Floats:
    """The share that is expected of each pair; learnt from ``which`` of them, of customers who did it in some of these
    and not in others. ``owner``: the customer of each pair, ascending."""
    customers = int(owner.max(initial=-1)) + 1
    pairs, done = (np.bincount(owner[rows], minlength=customers) for rows in (which, which & did))
    some = (done > 0) & (done < pairs)
    rows = which & some[owner]
    weights = np.zeros(bins.shape[1])
    shift = np.zeros(customers)
    if rows.any():
        weights, shift = _fitted(bins[rows], did[rows], owner[rows], weights, shift)
    share = np.where(some[owner], logistic(bins @ weights + shift[owner]), (done > 0)[owner].astype(np.float64))
    found: Floats = np.round(share / GRAIN) * GRAIN
    return found


def _fitted(x: Floats, did: Bools, owner: Ints, weights: Floats, shift: Floats) -> tuple[Floats, Floats]:
    """Newton's method in the weights, each step with the customers' own numbers as they should be (profile
    likelihood)."""
    begins = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    lengths = np.diff(np.append(begins, len(owner)))
    done = np.add.reduceat(did.astype(np.float64), begins)
    moved = shift[owner[begins]]
    penalty = np.full(x.shape[1], RIDGE)
    for _ in range(_MOST_STEPS):
        moved = _shifts(x @ weights, done, begins, lengths, moved)
        share = logistic(x @ weights + np.repeat(moved, lengths))
        spread = np.maximum(share * (1 - share), _FLAT**2)
        mean = np.add.reduceat(x * spread[:, None], begins) / np.add.reduceat(spread, begins)[:, None]
        apart = x - np.repeat(mean, lengths, axis=0)
        slope = x.T @ (did - share) - penalty * weights
        step = np.linalg.solve((apart.T * spread) @ apart + np.diag(penalty), slope)
        weights = weights + np.clip(step, -2, 2)
        if np.abs(step).max() < _FLAT:
            break
    shift[owner[begins]] = _shifts(x @ weights, done, begins, lengths, moved)
    return weights, shift


def _shifts(score: Floats, done: Floats, begins: Ints, lengths: Ints, start: Floats) -> Floats:
    """The number of each customer with which the shares of their pairs sum to how many did it."""
    moved = start.copy()
    for _ in range(_MOST_SHIFTS):
        share = logistic(score + np.repeat(moved, lengths))
        slope = np.maximum(np.add.reduceat(share * (1 - share), begins), _FLAT)
        step = np.clip((done - np.add.reduceat(share, begins)) / slope, -2, 2)
        moved += step
        if np.abs(step).max() < _FLAT**2:
            break
    return moved
