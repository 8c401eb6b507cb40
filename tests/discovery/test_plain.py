"""What plain recency, frequency and money explain of a difference."""

from __future__ import annotations

import numpy as np
import pytest

from streams.discovery.plain import FEW, by_cells, explained


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
