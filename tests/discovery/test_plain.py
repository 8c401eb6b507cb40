"""What plain recency, frequency and money explain of a difference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.discovery.plain import FEW, RIDGE, by_cells, expected, explained, logistic


@pytest.mark.parametrize(
    ("rate", "base", "cell", "part"),
    [
        (0.4, 0.2, 0.2, 0.0),
        (0.4, 0.2, 0.3, 0.5),
        (0.4, 0.2, 0.4, 1.0),
        (0.4, 0.2, 0.5, 0.5),
        (0.4, 0.35, 0.6, 0.0),  # as heavy buyers they should do far more: that is the news
        (0.3, 0.3, 0.3, 1.0),
        (0.3, 0.3, 0.5, 0.0),
    ],
)
def test_the_part_that_is_explained(rate: float, base: float, cell: float, part: float) -> None:
    assert explained([rate, base, cell]) == pytest.approx(part, abs=1e-4)


def test_a_cell_of_few_says_little() -> None:
    cell = np.array([0] * 2 + [1] * 998)
    did = np.array([True] * 2 + [True] * 98 + [False] * 900)
    found = by_cells(cell, did, np.ones(1_000, np.bool_))
    assert found[0] == pytest.approx((2 + FEW * 0.1) / (2 + FEW))
    assert found[2] == pytest.approx(98 / 998, abs=1e-3)


@given(st.integers(0, 1_000), st.floats(0.02, 0.98), st.floats(0, 8))
def test_what_is_expected_is_the_best_that_the_bins_can_say(seed: int, rate: float, size: float) -> None:
    """At the optimum the slope is 0, also with columns that say nearly the same, or large numbers."""
    chance = np.random.default_rng(seed)
    columns = chance.normal(-size, 2.0, (400, 2))
    steps = (columns[:, :1] >= np.quantile(columns[:, 0], np.arange(1, 10) / 10)).astype(np.float64)
    bins = np.hstack([np.ones((400, 1)), columns, columns[:, :1] + 0.01 * columns[:, 1:], steps])
    did = chance.random(400) < np.where(columns[:, 0] > -size, rate, rate / 8)
    share, weights = expected(bins, did, np.ones(400, np.bool_))
    if not did.any():
        assert share.tolist() == [0.0] * 400
        return
    slope = bins.T @ (did - logistic(bins @ weights)) - np.append(1e-6, np.full(bins.shape[1] - 1, RIDGE)) * weights
    assert np.abs(slope).max() < 0.01
