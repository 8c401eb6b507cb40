"""Decisions: what is kept, taken back, adjusted, or not believed."""

from __future__ import annotations

import pytest

from streams.trials.decisions import Decision, Outcome, Trial, decide, decide_all
from streams.trials.samples import Sample, of_counts


def trial(
    treatment: int, control: int, *, n: int = 5000, ended: bool = True, name: str = "lapsing", **more: object
) -> Trial:
    return Trial(name, "clicks", of_counts(n, treatment), of_counts(n, control), 2 * n, ended, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("treatment", "control", "ended", "outcome"),
    [
        (200, 130, True, Outcome.KEEP),
        (130, 200, True, Outcome.REVERT),
        (150, 145, True, Outcome.ADJUST),
        (150, 145, False, Outcome.RUNNING),
        (165, 130, False, Outcome.RUNNING),  # a look on the way needs more
        (400, 130, False, Outcome.KEEP),
        (130, 400, False, Outcome.REVERT),
        (19, 5, True, Outcome.ADJUST),
        (19, 5, False, Outcome.RUNNING),
    ],
)
def test_what_to_do(treatment: int, control: int, ended: bool, outcome: Outcome) -> None:
    found = decide(trial(treatment, control, ended=ended))
    assert found.outcome == outcome
    assert found.sentence.endswith(".")


def test_the_sentence_has_the_numbers() -> None:
    said = decide(trial(200, 130)).sentence
    assert said.startswith(
        "More clicks than the broad segment's mail brings: 4.00% against 2.60%, a difference of +1.40%"
    )


def test_uneven_arms_are_not_believed() -> None:
    found = decide(Trial("x", "clicks", of_counts(5400, 500), of_counts(5000, 100), 10_000, ended=True))
    assert found.outcome == Outcome.INVALID
    assert found.difference is None
    assert "5,400 and 5,000" in found.sentence


def test_a_guardrail_takes_back_what_would_be_kept() -> None:
    guardrails = {"unsubscribes": (of_counts(5000, 120), of_counts(5000, 20))}
    found = decide(trial(200, 130, guardrails=guardrails))
    assert found.outcome == Outcome.REVERT
    assert found.sentence == "More unsubscribes than in the broad segment: take it back."
    assert (
        decide(trial(200, 130, guardrails={"unsubscribes": (of_counts(5000, 20), of_counts(5000, 120))})).outcome
        == Outcome.KEEP
    )


def test_money_needs_no_count_of_events() -> None:
    rich, poor = Sample(500, 5000.0, 90_000.0), Sample(500, 4000.0, 70_000.0)
    found = decide(Trial("x", "revenue", rich, poor, 1000, ended=True, counts_events=False))
    assert found.outcome == Outcome.KEEP
    assert "10.00 a customer against 8.00" in found.sentence


def test_beside_others_a_small_win_is_not_enough() -> None:
    weak = [trial(168, 130, name=f"weak-{n}") for n in range(4)]
    assert decide(weak[0]).outcome == Outcome.KEEP
    found: dict[str, Decision] = {one.trial: one for one in decide_all([*weak, trial(300, 130, name="strong")])}
    assert found["strong"].outcome == Outcome.KEEP
    assert {found[one.name].outcome for one in weak} == {Outcome.ADJUST}
    assert "beside the other trials" in found["weak-0"].sentence
