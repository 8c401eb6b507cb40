"""The numbers under a decision."""

from __future__ import annotations

import json

import pytest

from streams.trials.decisions import Outcome, Trial, decide
from streams.trials.numbers import numbers_of, told
from streams.trials.samples import of_counts

GUARDRAILS = {"unsubscribes": (of_counts(5000, 9), of_counts(5010, 8))}


def trial(share: float = 0.5, clicks: int = 250) -> Trial:
    treatment, control = of_counts(5000, clicks), of_counts(5010, 150)
    return Trial("lapsing", "clicks", treatment, control, 12_000, True, share, GUARDRAILS)


def test_in_words() -> None:
    decision = decide(trial())
    assert decision.outcome is Outcome.KEEP
    first, second, third = numbers_of(trial(), decision)
    assert first == "customers: 5,000 in treatment, 5,010 in control, 12,000 planned; sample ratio p = 0.920"
    assert second.startswith("clicks: 5.00% against 2.99%, a difference of +2.01% (+")
    assert second.endswith(" at the end, p < 0.001")
    assert third.startswith("unsubscribes: 0.18% against 0.16%, +0.02% (-")


def test_as_json() -> None:
    found = json.loads(json.dumps(told(trial(), decide(trial())), allow_nan=False))
    assert found["difference"]["value"] == pytest.approx(250 / 5000 - 150 / 5010)
    assert found["customers"] == {"treatment": 5000, "control": 5010, "planned": 12_000}
    nobody = Trial("x", "clicks", of_counts(0, 0), of_counts(0, 0), 2, False)
    assert json.loads(json.dumps(told(nobody, decide(nobody)), allow_nan=False))["difference"]["low"] is None


def test_what_may_not_be_shown_is_not() -> None:
    decision = decide(trial(share=0.9))
    assert decision.outcome is Outcome.INVALID
    assert told(trial(), decision)["difference"] is None
    assert len(numbers_of(trial(), decision)) == 1
