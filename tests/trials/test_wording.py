"""Numbers and sentences of trials."""

from __future__ import annotations

from math import inf

import pytest

from streams.trials.intervals import Difference
from streams.trials.wording import amount, interval, likelihood


@pytest.mark.parametrize(
    ("number", "shares", "signed", "said"),
    [
        (0.03, True, True, "+3.00%"),
        (0.03, True, False, "3.00%"),
        (1234.5, False, True, "+1,234.50"),
        (-0.0006, False, True, "-0.0006"),
        (-0.00004, True, True, "-0.004%"),
        (-0.0006, False, False, "0.00"),
        (-1e-18, True, True, "+0.00%"),
        (-0.00006, True, True, "-0.01%"),
    ],
)
def test_amounts(number: float, shares: bool, signed: bool, said: str) -> None:
    assert amount(number, shares, signed=signed) == said


def test_intervals_and_likelihoods() -> None:
    assert interval(Difference(0.01, -0.02, 0.04, 0.5), True) == "+1.00% (-2.00% to +4.00%)"
    assert interval(Difference(0.01, -inf, inf, 1.0), True) == "+1.00%"
    assert (likelihood(0.0421), likelihood(0.00001)) == ("p = 0.042", "p < 0.001")
