"""Weights by age, and lifts."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.recommend.decay import Decay
from streams.recommend.lift import log_lift, surprise
from tests.recommend.said import DAY_MS, START_MS


@given(st.lists(st.integers(0, 4_000), min_size=1, max_size=20), st.integers(4_000, 8_000), st.randoms())
def test_a_sum_is_that_of_powers_of_the_age_in_any_order(days: list[int], now: int, chance: Random) -> None:
    expected = sum(0.5 ** ((now - day) / 28) for day in days)
    chance.shuffle(days)
    decay = Decay(28 * DAY_MS)
    total = sum(decay.weight(START_MS + day * DAY_MS) for day in days)
    assert total * decay.scale(START_MS + now * DAY_MS) == pytest.approx(expected)


def test_asking_before_the_first_event_changes_nothing() -> None:
    decay = Decay(DAY_MS)
    assert decay.scale(0) == 1
    assert decay.weight(START_MS) == 1


def test_weights_stay_finite() -> None:
    decay = Decay(DAY_MS)
    decay.weight(START_MS)
    assert 0 < decay.weight(946_684_800_000) < decay.weight(253_402_300_799_999) < float("inf")


def test_few_cases_say_little() -> None:
    lifts = log_lift(np.array([2.0, 20, 200]), np.array([1.0, 10, 100]), 3.0)
    assert 0 < lifts[0] < lifts[1] < lifts[2] < np.log(2)
    assert log_lift(np.array([0.0]), np.array([0.0]), 3.0)[0] == 0


def test_surprise_is_about_standard_deviations() -> None:
    found = surprise(np.array([110.0, 90, 100, 0, 3, 0]), np.array([100.0, 100, 100, 2, 0, 0]))
    assert found[0] == pytest.approx(1, abs=0.05)
    assert found[1] == pytest.approx(-1, abs=0.05)
    assert found[2] == 0
    assert found[3] == pytest.approx(-2)
    assert found[4] > 5
    assert found[5] == pytest.approx(0, abs=1e-5)
