"""Decisions: what is kept, taken back, adjusted, or not believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    assert found["weak-0"].sentence.endswith("but not by enough beside the other trials: extend it.")


def test_beside_others_an_early_win_may_have_to_wait() -> None:
    early = trial(178, 120, ended=False, name="early")
    assert decide(early).outcome == Outcome.KEEP
    found, *_ = decide_all([early, *(trial(150, 145, ended=False, name=f"flat-{n}") for n in range(4))])
    assert found.outcome == Outcome.RUNNING
    assert found.sentence.endswith("but not by enough beside the other trials: let it run on.")


def test_money_of_a_few_customers_says_nothing() -> None:
    rich, poor = Sample(500, 5000.0, 90_000.0), Sample(500, 4000.0, 70_000.0)
    found = decide(Trial("x", "revenue", rich, poor, 1000, ended=True, counts_events=False, events=(19, 400)))
    assert found.outcome == Outcome.ADJUST
    assert found.sentence.startswith("Not enough data: fewer than 20 customers with an order in an arm.")


def test_the_sentence_tells_that_what_was_before_is_taken_into_account() -> None:
    treatment = Sample(500, 5000.0, 90_000.0, 6000.0, 100_000.0, 85_000.0)
    control = Sample(500, 4000.0, 70_000.0, 5000.0, 80_000.0, 60_000.0)
    found = decide(Trial("x", "revenue", treatment, control, 1000, ended=True, counts_events=False))
    assert "10.00 a customer against 8.00, a difference of " in found.sentence
    assert " when what they brought before is taken into account." in found.sentence


@pytest.mark.parametrize("ended", [False, True])
@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 30), st.integers(0, 30))
def test_what_is_decided_is_what_the_numbers_say(ended: bool, did: int, other: int, lost: int, kept: int) -> None:
    guardrails = {"complaints": (of_counts(5000, lost), of_counts(5000, kept))}
    found = decide(trial(did, other, ended=ended, guardrails=guardrails))
    assert found.difference is not None
    assert found.difference.low <= found.difference.value <= found.difference.high
    if found.outcome is Outcome.KEEP:
        assert did > other
        assert not any(one.above for one in found.guardrails.values())
    if found.outcome is Outcome.REVERT:
        assert did < other or lost > kept
    assert (found.outcome is Outcome.RUNNING) <= (not ended)
    assert (found.outcome is Outcome.ADJUST) <= ended
