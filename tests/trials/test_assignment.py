"""Arms: even, sticky, and moved as little as can be."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.trials.assignment import CONTROL, HOLDOUT, TREATMENT, Shares, arm_of, drawn, trial_of
from streams.trials.checks import sample_ratio_p

USERS = [f"u{n}" for n in range(20_000)]


def test_arms_have_their_shares() -> None:
    shares = Shares(treatment=0.3, holdout=0.1)
    found = Counter(arm_of("trial", user, shares) for user in USERS)
    assert sample_ratio_p([found[TREATMENT], found[CONTROL], found[HOLDOUT]], [0.3, 0.6, 0.1]) > 0.001


def test_two_trials_draw_apart() -> None:
    found = Counter((arm_of("a", user, Shares()), arm_of("b", user, Shares())) for user in USERS)
    assert sample_ratio_p(list(found.values()), [1, 1, 1, 1]) > 0.001


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_more_treatment_takes_nobody_out_of_it(user: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    if arm_of("trial", user, Shares(low)) == TREATMENT:
        assert arm_of("trial", user, Shares(high)) == TREATMENT


@given(st.text(min_size=1), st.lists(st.text(max_size=20), min_size=1, max_size=6, unique=True))
def test_a_trial_that_ends_moves_nobody_between_the_others(user: str, trials: list[str]) -> None:
    mine = trial_of(user, trials)
    for gone in trials:
        left = [trial for trial in trials if trial != gone]
        if gone != mine:
            assert trial_of(user, left) == mine


def test_trials_share_the_customers_evenly() -> None:
    found = Counter(trial_of(user, ["a", "b", "c"]) for user in USERS)
    assert sample_ratio_p([found["a"], found["b"], found["c"]], [1, 1, 1]) > 0.001
    assert trial_of("ana", []) is None


@given(st.text())
def test_a_draw_is_a_number_from_0_to_1(user: str) -> None:
    assert 0 <= drawn("salt", user) < 1
    assert drawn("salt", user) == drawn("salt", user)
