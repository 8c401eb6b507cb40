"""Sums that tell another story than their parts, and those that only seem to."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import StratifiedTable

from streams.trials.samples import Sample, of_counts
from streams.trials.strata import LEVEL, Alert, mix_p, simpson

#: Charig et al., 1986: kidney stones, small and large; open surgery against lithotomy
STONES = [(of_counts(87, 81), of_counts(270, 234)), (of_counts(263, 192), of_counts(80, 55))]
Strata = list[tuple[Sample, Sample]]


def test_the_sum_may_tell_another_story_than_its_parts() -> None:
    found = simpson(STONES)
    assert found is not None
    assert found.pooled == pytest.approx(273 / 350 - 289 / 350)
    assert found.stratified > 0
    assert found.alert() is Alert.REVERSED
    even = simpson([(of_counts(100, 20), of_counts(100, 15)), (of_counts(300, 30), of_counts(300, 24))])
    assert even is not None
    assert even.alert() is None


def test_parts_that_do_not_agree() -> None:
    found = simpson([(of_counts(1000, 300), of_counts(1000, 200)), (of_counts(1000, 200), of_counts(1000, 300))])
    assert found is not None
    assert found.pooled == 0
    assert found.alert() is Alert.UNEVEN
    assert found.alert(among=10**20) is None


def test_a_little_of_the_other_sign_is_no_story() -> None:
    found = simpson([(of_counts(1000, 31), of_counts(990, 30)), (of_counts(1000, 100), of_counts(1030, 103))])
    assert found is not None
    assert found.pooled * found.stratified < 0
    assert found.alert() is None


@given(
    st.lists(
        st.tuples(st.integers(20, 900), st.integers(20, 900), st.floats(0.1, 0.9), st.floats(0.1, 0.9)),
        min_size=2,
        max_size=6,
    )
)
def test_as_statsmodels(drawn: list[tuple[int, int, float, float]]) -> None:
    strata = [(of_counts(a, int(a * p)), of_counts(b, int(b * q))) for a, b, p, q in drawn]
    found = simpson(strata)
    tables = StratifiedTable([np.array([[a.y, a.n - a.y], [b.y, b.n - b.y]], float) for a, b in strata])
    assert found is not None
    assert found.stratified_p == pytest.approx(tables.test_null_odds().pvalue, abs=1e-9)
    enough = all(min(a.n, b.n) * min((a + b).mean, 1 - (a + b).mean) >= 5 for a, b in strata)
    if enough and tables.oddsratio_pooled != 1:  # there statsmodels divides by 0
        assert found.uneven_p == pytest.approx(tables.test_equal_odds(adjust=True).pvalue, abs=1e-9)
    weights = [a.n * b.n / (a.n + b.n) for a, b in strata]
    differences = [weight * (a.mean - b.mean) for weight, (a, b) in zip(weights, strata, strict=True)]
    assert found.stratified == pytest.approx(sum(differences) / sum(weights))


def test_how_often_one_mix_seems_to_be_two() -> None:
    chance = np.random.default_rng(4)
    shares, mix = np.array([0.05, 0.1, 0.4]), np.array([0.5, 0.3, 0.2])
    found = []
    for _ in range(2000):
        sizes = [chance.multinomial(n, mix) for n in (3000, 2000)]
        sides = [
            [of_counts(int(n), int(chance.binomial(n, p))) for n, p in zip(one, shares, strict=True)] for one in sizes
        ]
        found.append(mix_p(list(zip(*sides, strict=True))))
    for level in (0.01, 0.05, 0.2):
        assert np.mean(np.array(found) < level) == pytest.approx(level, abs=3.3 * sqrt(level * (1 - level) / 2000))
    assert LEVEL == 0.01


def test_nothing_is_said_of_nobody() -> None:
    nobody = of_counts(0, 0)
    assert simpson([(nobody, of_counts(5, 3))]) is None
    assert simpson([]) is None
    nothing = simpson([(of_counts(5, 0), of_counts(5, 0))])
    assert nothing is not None
    assert (nothing.stratified_p, nothing.uneven_p, nothing.mix_p, nothing.pooled_p) == (1, 1, 1, 1)
    assert nothing.alert() is None
