"""The trial of recommendations: what it counts, and that they beat popularity where customers have tastes."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.proofs.journey import convert
from streams.proofs.recommend_trial import ANY, NEW, OURS, Case, figures, trial
from tests.recommend.said import DAY_MS, START_MS, buy, settled, tastes

DATA = Path(__file__).parents[1] / "data" / "complete_journey"
SPLIT_MS = START_MS + 28 * DAY_MS


def test_cases_are_who_buys_something_afterwards() -> None:
    events = [
        *(buy("ana", "a1"), buy("bob", "a1"), buy("cid", "a2"), buy("dan", "a2")),
        buy("ana", "a1", at_ms=SPLIT_MS),  # nothing new
        buy("bob", "a2", at_ms=SPLIT_MS + 28 * DAY_MS - 1),
        buy("new", "a2", at_ms=SPLIT_MS + 1),  # nobody knows them before
        buy("cid", "a1", at_ms=SPLIT_MS + 28 * DAY_MS),  # too late
    ]
    cases = trial(sorted(events, key=lambda one: int(one.at)), [SPLIT_MS])
    assert [case.user for case in cases[NEW]] == ["bob"]
    assert [case.user for case in cases[ANY]] == ["ana", "bob"]
    assert all(all(case.hits.values()) for kind in cases.values() for case in kind)


def test_nothing_of_the_future_is_known() -> None:
    """A product that nobody has bought before the split is named by nobody."""
    events = [buy(f"u{number}", "a1") for number in range(9)]
    events += [buy(f"u{number}", "z9", at_ms=SPLIT_MS) for number in range(9)]
    cases = trial(events, [SPLIT_MS])
    assert len(cases[NEW]) == 9
    assert not any(any(case.hits.values()) for case in cases[NEW])


def test_figures_are_shares_with_intervals() -> None:
    cases = [
        Case(f"u{number % 50}", {OURS: number % 2 == 0, "other": number % 4 == 0, "worse": False})
        for number in range(100)
    ]
    found = figures(cases)
    assert (found.cases, found.best_other) == (100, "other")
    assert (found.rates[OURS].value, found.rates["other"].value, found.better.value) == (0.5, 0.25, 0.25)
    assert found.rates[OURS].low < 0.5 < found.rates[OURS].high
    assert 0 < found.better.low < 0.25 < found.better.high
    assert figures(cases) == found
    with pytest.raises(ValueError, match="no customer bought anything"):
        figures([])


def test_tastes_beat_popularity() -> None:
    """Nine products of 36 are of a customer's taste: popularity names ten of all."""
    events = tastes(150, 8)
    cases = trial(events, [START_MS + 21 * DAY_MS, START_MS + 28 * DAY_MS])
    for kind in (NEW, ANY):
        assert figures(cases[kind]).better.low > 0.03


def test_real_baskets_can_be_tried() -> None:
    events = [settled(one) for one in convert(DATA)]
    events.sort(key=lambda one: int(one.at))
    middle_ms = int(events[len(events) // 2].at)
    cases = trial(events, [middle_ms])
    assert 1 <= len(cases[NEW]) <= len(cases[ANY]) <= 7
