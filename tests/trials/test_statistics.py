"""The statistics against golden values, statsmodels, and raw customers."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from streams.trials.checks import holm, sample_ratio_p
from streams.trials.intervals import adjusted, always_valid, at_the_end
from streams.trials.planning import customers_an_arm, planned_an_arm, planned_effect, planned_for_money, smallest_effect
from streams.trials.samples import Ratio, Sample, of_counts

CONTROL, TREATMENT = of_counts(2000, 400), of_counts(2000, 460)


def sample(y: np.ndarray, x: np.ndarray | None = None) -> Sample:
    x = np.zeros(len(y)) if x is None else x
    return Sample(len(y), y.sum(), (y * y).sum(), x.sum(), (x * x).sum(), (x * y).sum())


def test_golden_values() -> None:
    found = always_valid(TREATMENT, CONTROL, 4000)
    assert found == pytest.approx((0.03, -0.009405, 0.069405, 0.279149), abs=5e-7)
    assert at_the_end(TREATMENT, CONTROL).p == pytest.approx(0.020931, abs=5e-7)
    assert sample_ratio_p([5000, 5400], [1, 1]) == pytest.approx(0.000088, abs=5e-7)


def test_shares_are_compared_as_newcombe_does() -> None:
    found = at_the_end(TREATMENT, CONTROL, 0.1)
    assert (found.low, found.high) == confint_proportions_2indep(460, 2000, 400, 2000, method="newcomb", alpha=0.1)


def test_means_are_compared_as_welch_does() -> None:
    chance = np.random.default_rng(1)
    a, b = chance.gamma(2, 3, 400), chance.gamma(2, 2.6, 300)
    found, want = at_the_end(sample(a), sample(b)), stats.ttest_ind(a, b, equal_var=False)
    interval = want.confidence_interval(0.95)
    assert (found.value, found.p) == pytest.approx((a.mean() - b.mean(), want.pvalue))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


def test_the_variance_of_a_ratio_is_that_of_the_delta_method() -> None:
    chance = np.random.default_rng(2)
    opens = chance.poisson(4, 3000)
    clicks = chance.binomial(opens, 0.2)
    one = Ratio(3000, clicks.sum(), (clicks**2).sum(), opens.sum(), (opens**2).sum(), (clicks * opens).sum())
    again = [chance.integers(0, 3000, 3000) for _ in range(2000)]
    spread = np.var([clicks[pick].sum() / opens[pick].sum() for pick in again])
    assert one.value == pytest.approx(clicks.sum() / opens.sum())
    assert one.variance == pytest.approx(spread, rel=0.1)


def test_what_was_known_before_no_longer_blurs() -> None:
    chance = np.random.default_rng(3)
    before = chance.gamma(2, 10, 4000)
    after = before * 0.8 + chance.normal(0, 3, 4000)
    arm = chance.random(4000) < 0.5
    after[arm] += 0.5
    a, b = sample(after[arm], before[arm]), sample(after[~arm], before[~arm])
    plain, less = at_the_end(a, b), at_the_end(*adjusted(a, b))
    theta = np.cov(after, before)[0, 1] / before.var(ddof=1)
    cleaned = after - theta * (before - before.mean())
    assert less.value == pytest.approx(cleaned[arm].mean() - cleaned[~arm].mean())
    assert adjusted(a, b)[0].variance == pytest.approx(cleaned[arm].var(ddof=1))
    assert less.high - less.low < (plain.high - plain.low) / 3
    assert adjusted(TREATMENT, CONTROL) == (TREATMENT, CONTROL)


def test_nothing_is_said_of_nobody() -> None:
    nobody = of_counts(0, 0)
    for found in (
        always_valid(nobody, nobody, 100),
        at_the_end(nobody, CONTROL),
        at_the_end(of_counts(9, 0), of_counts(9, 0)),
    ):
        assert not found.above
        assert not found.below
        assert found.p == 1
    assert sample_ratio_p([0, 0], [1, 1]) == 1


def test_several_trials_at_once() -> None:
    assert holm({"a": 0.01, "b": 0.03, "c": 0.04}) == {"a"}
    assert holm({"a": 0.01, "b": 0.02}) == {"a", "b"}
    assert holm({}) == set()


def test_how_many_customers_a_trial_needs() -> None:
    assert customers_an_arm(0.25, 0.1) == 4860
    assert customers_an_arm(0.025, 0.2) == 16759
    assert customers_an_arm(0.005, 0.3) == 39717
    assert smallest_effect(0.025, 16759) == pytest.approx(0.2, abs=1e-5)
    assert smallest_effect(0.9, 3) == inf
    assert smallest_effect(0.0, 100) == inf


def test_what_is_planned_is_more_than_one_look_would_need() -> None:
    assert planned_an_arm(0.025, 0.2) > customers_an_arm(0.025, 0.2)
    assert planned_an_arm(0.025, 0.2, trials=5) > planned_an_arm(0.025, 0.2)
    assert planned_effect(0.025, planned_an_arm(0.025, 0.2)) == pytest.approx(0.2, abs=1e-4)
    # a metric that all have or have not is one of money, too
    share = 0.1
    as_money = planned_for_money(share, (share * (1 - share)) ** 0.5, 0.2)
    assert as_money == pytest.approx(planned_an_arm(share, 0.2), rel=0.05)
