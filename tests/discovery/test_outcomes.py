"""What counts as having done something later, and what one expects anyway."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson

from streams.discovery.everyone import Everyone
from streams.discovery.history import History
from streams.discovery.measures import DAY_MS, Bound, Clause, Measure
from streams.discovery.outcomes import Target, targets, told
from streams.discovery.plain import FEW, binned, by_cells, expected, explained
from streams.discovery.words import words
from streams.engine.replay import Replay
from streams.rules.model import RuleSet

START_MS = 1_764_547_200_000
Raw = dict[str, Any]


def event(kind: str, user: str, day: float, **more: Any) -> Raw:
    body = {"product": "p", "category": "Bags"} if kind == "view" else more
    if kind == "purchase":
        body = {"order": f"{user}-{day}", "items": [{"product": "p", "category": "Bags", "price": 5}]}
    return {"id": f"{kind}-{user}-{day}", "type": kind, "user": user, "at": START_MS + int(day * DAY_MS), **body}


def who(events: list[Raw], before: int, after: int) -> dict[str, tuple[set[str], set[str]]]:
    """For each outcome who counts and who did it, between two days."""
    replay = Replay(RuleSet((), ""))
    replay.read(orjson.dumps(one) for one in events)
    everyone = Everyone([replay.run()])
    history, users = History(everyone), np.array(everyone.users)
    bags = [history.names.text("bags")]
    found = targets(history.until(START_MS + before * DAY_MS), history.until(START_MS + after * DAY_MS), bags)
    return {one.name: (set(users[one.which].tolist()), set(users[one.did].tolist())) for one in found}


def test_outcomes_are_of_the_slice_alone_and_of_those_who_can() -> None:
    events = [
        event("purchase", "loyal", 95),
        event("purchase", "loyal", 101),
        event("purchase", "away", 10),
        event("purchase", "away", 120),
        event("view", "gone", 90),
        event("view", "looks", 99),
        event("view", "looks", 128),
        event("view", "late", 110),
        event("view", "refuses", 90),
        event("email", "refuses", 91, action="unsubscribed", message="m"),
        event("purchase", "after", 60),
        event("purchase", "after", 129),
    ]
    there = {"loyal", "away", "gone", "looks", "after"}
    assert who(events, 100, 128) == {
        "purchase": (there, {"loyal", "away"}),
        "click": (there, set()),
        "lapse": ({"loyal", "gone", "looks", "after"}, {"gone", "after"}),
        "return": ({"away"}, {"away"}),
        "category_purchase": (there, {"loyal", "away"}),
    }


def test_rates_are_told_of_fifty_or_not_at_all() -> None:
    which = np.ones(400, np.bool_)
    did = np.arange(400) % 4 == 0
    members = np.arange(400) < 60
    found = told(Target("purchase", 0, which, did), members)
    assert found is not None
    assert (found.rate, found.base, found.lift, found.members, found.positives) == (0.25, 0.25, 1.0, 60, 15)
    assert told(Target("purchase", 0, which, did), np.arange(400) < 49) is None


def test_the_expectation_learns_shares_by_bins() -> None:
    chance = np.random.default_rng(1)
    count = chance.poisson(2, 20_000).astype(np.float64)
    share = np.where(count >= 3, 0.6, 0.1)
    everybody = np.ones(20_000, np.bool_)
    bins = np.hstack([np.ones((20_000, 1)), binned(count, everybody)])
    found, weights = expected(bins, chance.random(20_000) < share, everybody)
    for number in (0, 1, 2, 3, 4):
        assert abs(found[count == number].mean() - share[count == number].mean()) < 0.03
    again, _ = expected(bins, chance.random(20_000) < share, everybody, weights)
    assert np.abs(again - found).max() < 0.1
    assert (found * 2**20 == np.round(found * 2**20)).all()


def test_cells_explain_what_is_their_own_rate() -> None:
    cell = np.repeat([0, 1], 100)
    did = np.concatenate([np.arange(100) < 10, np.arange(100) < 60])
    rates = by_cells(cell, did, np.ones(200, np.bool_))
    assert (rates[0], rates[-1]) == ((10 + FEW * 0.35) / (100 + FEW), (60 + FEW * 0.35) / (100 + FEW))
    assert explained([0.6, 0.1, 0.6]) == 1.0
    assert explained([0.6, 0.1, 0.1]) == 0.0
    assert explained([0.6, 0.1, 0.35]) == 0.5


def test_words_are_those_of_people() -> None:
    class Shown:
        shown = ("", "Accessories")

    names: Any = Shown()
    made = [
        Clause(Measure("count", "views", 30, 1), Bound("at_least", 6.0)),
        Clause(Measure("count", "purchases", 0, 1), Bound("exactly", 0)),
        Clause(Measure("share", "purchases"), Bound("at_least", 0.8)),
        Clause(Measure("trend", "purchases", 30), Bound("more_than", 2)),
        Clause(Measure("since last", "purchases", 0, -1), Bound("at_least", 14)),
    ]
    assert words(made, names) == (
        "at least 6 views of Accessories in 30 days, and no purchase of Accessories, and at least 80 % of the "
        "purchases were discounted, and purchases in 30 days more than 2 times as often as in the 90 days before, and "
        "last purchase of one same category at least 14 days ago"
    )
