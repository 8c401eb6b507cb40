"""What scripts/trial_bench promises, with fixed seeds; and the arrays against the decisions one by one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from streams.proofs.trial_bench import simulated
from streams.proofs.trials.chance import CASES, DAYS, Case, Courses, drawn
from streams.proofs.trials.clean import alerted, caught
from streams.proofs.trials.hillstrom import FILE, arms_of, lines, trial
from streams.proofs.trials.many import OUTCOMES, decided
from streams.trials.decisions import ALPHA_AT_THE_END, Outcome, Trial, decide
from streams.trials.intervals import at_the_end
from streams.trials.samples import Sample, of_counts
from streams.trials.strata import ALERT_RATE

HILLSTROM = Path(__file__).parents[3] / "shared" / "data" / "hillstrom"
#: customers, visits, conversions, spend and its squares of the arms, as the data has them; the last in cents
MENS = (21_307, 3_894, 267, 3_031_169, 67_590_244_973)
WOMENS = (21_387, 3_238, 189, 2_303_811, 49_114_465_763)
NOBODY = (21_306, 2_262, 122, 1_390_833, 28_700_503_621)


def one_by_one(case: Case, courses: Courses, index: int, day: int) -> Trial:
    """The same trial as ``decide`` takes it."""
    sums = zip(*(np.asarray(one)[:, index, day].tolist() for one in courses[:6]), strict=True)
    treatment, control = (Sample(*one) for one in sums)
    lost = {name: one[:, index, day].tolist() for name, one in courses.lost.items()}
    sizes = (treatment.n, control.n)
    guardrails = {
        name: (of_counts(sizes[0], counts[0]), of_counts(sizes[1], counts[1])) for name, counts in lost.items()
    }
    did, other = courses.events[:, index, day].tolist()
    return Trial(
        case.metric,
        case.metric,
        treatment,
        control,
        2 * case.an_arm,
        ended=day == DAYS - 1,
        guardrails=guardrails,
        counts_events=bool(case.share),
        events=None if case.share else (did, other),
    )


@pytest.mark.parametrize("case", CASES, ids=[one.metric for one in CASES])
@pytest.mark.parametrize("times", [-1, 0, 1, 2])
def test_arrays_decide_as_one_by_one(case: Case, times: int) -> None:
    courses = drawn(case, times * case.better_by, 12, np.random.default_rng(times + 5))
    many = decided(courses, 2 * case.an_arm, shares=bool(case.share))
    for index in range(12):
        for day in range(DAYS):
            assert OUTCOMES[many[index, day]] is decide(one_by_one(case, courses, index, day)).outcome


def test_all_outcomes_occur() -> None:
    """Else the test above would compare little."""
    case = CASES[1]
    rates = (0.0, case.better_by, -case.better_by)
    seen = {
        OUTCOMES[one]
        for better in rates
        for one in decided(drawn(case, better, 300, np.random.default_rng(1)), 2 * case.an_arm, shares=True).flat
    }
    assert seen == set(Outcome)


@pytest.mark.parametrize("case", CASES, ids=[one.metric for one in CASES])
def test_promises_of_two_thousand_trials(case: Case) -> None:
    chance = np.random.default_rng(1)
    for better in (0.0, case.better_by):
        found = simulated(case, better, 2_000, chance)
        assert found.kept, found


def test_no_alert_in_clean_weeks_and_planted_reversals_found() -> None:
    chance = np.random.default_rng(1)
    assert sum(alerted(chance) for _ in range(60)) <= 60 * ALERT_RATE + 1
    assert all(caught(chance) for _ in range(20))


@pytest.mark.parametrize(
    ("treatment", "control", "metric", "outcome"),
    [
        (MENS, NOBODY, "visits", Outcome.KEEP),
        (MENS, NOBODY, "conversions", Outcome.KEEP),
        (MENS, NOBODY, "spend", Outcome.KEEP),
        (WOMENS, NOBODY, "visits", Outcome.KEEP),
        (WOMENS, NOBODY, "conversions", Outcome.KEEP),
        (WOMENS, NOBODY, "spend", Outcome.KEEP),
        (NOBODY, MENS, "spend", Outcome.REVERT),
        (MENS, WOMENS, "visits", Outcome.KEEP),
        (MENS, WOMENS, "conversions", Outcome.KEEP),
    ],
)
def test_a_real_trial(treatment: tuple[int, ...], control: tuple[int, ...], metric: str, outcome: Outcome) -> None:
    """K. Hillstrom's e-mail test of 2008, by its sums."""
    column = {"visits": 1, "conversions": 2}.get(metric)
    pair = [
        of_counts(arm[0], arm[column]) if column else Sample(arm[0], arm[3] / 100, arm[4] / 10_000)
        for arm in (treatment, control)
    ]
    events = None if column else (treatment[2], control[2])
    found = decide(
        Trial(
            "e-mail",
            metric,
            pair[0],
            pair[1],
            treatment[0] + control[0],
            True,
            counts_events=bool(column),
            events=events,
        )
    )
    assert found.outcome is outcome
    if not column:
        spreads = [one.variance**0.5 for one in pair]
        sizes = [(one.mean, spread, one.n) for one, spread in zip(pair, spreads, strict=True)]
        want = stats.ttest_ind_from_stats(*sizes[0], *sizes[1], equal_var=False)
        assert at_the_end(pair[0], pair[1], ALPHA_AT_THE_END).p == pytest.approx(want.pvalue)


@pytest.mark.skipif(not (HILLSTROM / FILE).exists(), reason="the data does not lie beside the checkout")
def test_the_real_trial_as_statsmodels_sees_its_customers() -> None:
    arms = arms_of(HILLSTROM)
    for name, want in (("Mens E-Mail", MENS), ("Womens E-Mail", WOMENS), ("No E-Mail", NOBODY)):
        arm = arms[name]
        cents = np.round(arm.spend * 100)
        found = (len(arm.visit), arm.visit.sum(), arm.conversion.sum(), cents.sum(), cents @ cents)
        assert found == pytest.approx(want)
    for one in lines(arms):
        assert one.off < 1e-9
        assert one.decision.outcome is one.truth, one
    assert trial("Mens E-Mail", "No E-Mail", "spend", arms).treatment.x > 0
