"""Lift: how much more often something was seen than chance would have it, and whether that can be chance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def log_lift(observed: Floats, expected: Floats, prior: float) -> Floats:
    """The logarithm of observed ÷ expected, drawn to 0 by ``prior`` cases that were seen as often as expected.

    The posterior mean of a rate ratio under a gamma prior of mean 1 (DuMouchel 1999): few cases say little.
    """
    return np.log((observed + prior) / (expected + prior))


def surprise(observed: Floats, expected: Floats) -> Floats:
    """How many standard deviations from chance, signed: the root of the deviance of a Poisson count, which holds for
    small counts too. Nothing expected and nothing observed is 0."""
    expected = np.maximum(expected, 1e-12)
    ratio = np.maximum(observed, 1e-12) / expected
    deviance = 2 * (np.where(observed > 0, observed * np.log(ratio), 0.0) - (observed - expected))
    return np.sign(observed - expected) * np.sqrt(np.maximum(deviance, 0.0))
