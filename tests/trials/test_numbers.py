"""From totals to a decision with its numbers."""

from __future__ import annotations

import json

import pytest

from streams.trials.decisions import Outcome, decide
from streams.trials.looks import Setup, arms_of, numbers_of, sample_of, told, trial_of
from streams.trials.samples import Sample, of_counts
from streams.trials.totals import TrialTotals

TREATMENT = TrialTotals(
    "lapsing", "treatment", 5000, 250, 60, 90_000_000, 4_000_000_000_000_000, unsubscribed=9, complained=1, bounced=25
)
CONTROL = TrialTotals(
    "lapsing", "control", 5010, 150, 50, 70_000_000, 3_000_000_000_000_000, unsubscribed=8, complained=2, bounced=26
)
TOTALS = [TREATMENT, CONTROL]


def test_the_numbers_under_a_decision() -> None:
    trial = trial_of(Setup("lapsing", "newsletter", "clicks", 12_000, ended=True), arms_of(TOTALS)["lapsing"])
    decision = decide(trial)
    assert decision.outcome is Outcome.KEEP
    first, second, *guardrails = numbers_of(trial, decision)
    assert first == "customers: 5,000 in treatment, 5,010 in control, 12,000 planned; sample ratio p = 0.920"
    assert second.startswith("clicks: 5.00% against 2.99%, a difference of +2.01% (+")
    assert second.endswith(" at the end, p = 0.000")
    assert guardrails[0].startswith("unsubscribes: 0.18% against 0.16%, +0.02% (-")
    assert len(guardrails) == 3
    assert json.loads(json.dumps(told(trial, decision)))["difference"]["value"] == pytest.approx(
        250 / 5000 - 150 / 5010
    )


def test_money_is_in_the_currency() -> None:
    one = TrialTotals("x", "control", 10, 0, 3, 4_500_000, 9_000_000_000_000, 2_000_000, 10**12, 5 * 10**12)
    assert sample_of("revenue", one) == Sample(10, 4.5, 9.0, 2.0, 1.0, 5.0)
    trial = trial_of(Setup("x", "b", "revenue", 0, ended=False), arms_of([one])["x"])
    assert trial.events == (0, 3)
    assert not trial.counts_events
    assert trial.planned == 2


def test_an_arm_without_customers() -> None:
    arms = arms_of([CONTROL])["lapsing"]
    assert arms["treatment"].customers == 0
    decision = decide(trial_of(Setup("lapsing", "b", "conversions", 9, ended=False), arms))
    assert decision.outcome is Outcome.INVALID


def test_what_may_not_be_shown_is_not() -> None:
    trial = trial_of(Setup("lapsing", "b", "clicks", 9, ended=True, share=0.9), arms_of(TOTALS)["lapsing"])
    decision = decide(trial)
    assert decision.outcome is Outcome.INVALID
    assert told(trial, decision)["difference"] is None
    assert len(numbers_of(trial, decision)) == 1


@pytest.mark.parametrize(("metric", "did"), [("clicks", 250), ("conversions", 60), ("unsubscribes", 9)])
def test_shares(metric: str, did: int) -> None:
    assert sample_of(metric, TREATMENT) == of_counts(5000, did)
