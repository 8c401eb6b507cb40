"""The quick arithmetic of the search against the engine, which judges one row after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.discovery.everyone import Everyone
from streams.discovery.history import History
from streams.discovery.judged import members_of, program_of
from streams.discovery.measures import Bound, Clause, Measure, condition, holds, measured
from streams.discovery.vocabulary import measures, round_number
from streams.engine.partition import Partition
from streams.engine.replay import Replay, final_segments
from streams.events.traffic import ONLY_SAID, Traffic
from streams.rules.model import RuleSet
from tests.laws.events import World, histories
from tests.laws.runs import lines

DAY_MS = 86_400_000
WORLD = World(steps=40, step_ms=5 * DAY_MS, most=24, kinds=("view", "cart", "purchase", "refund", "email", "profile"))
Raw = dict[str, Any]


#: So that much of what happens is a machine's.
STRICT = Traffic(views=1, views_ms=20 * DAY_MS, links_ms=30 * DAY_MS)


def replayed(events: list[Raw], traffic: Traffic = ONLY_SAID) -> Partition:
    replay = Replay(RuleSet((), ""), traffic=traffic)
    replay.read(lines(events))
    return replay.run()


def clauses_of(everyone: Everyone, at_ms: int) -> list[Clause]:
    """Conditions on all measures, with bounds that some customer is at."""
    past = History(everyone).until(at_ms)
    tags = sorted({int(tag) for one in past.tags.values() for tag in one.tag})
    found = []
    for what in measures(tags, past):
        values = np.nan_to_num(measured(past, what, len(past.there)))
        if what.kind == "profile":
            found += [Clause(what, Bound("is", float(value))) for value in np.unique(values[values > 0])]
            continue
        for value in {0.0, 1.0, *(float(np.round(one, 0 if "since" in what.kind else 4)) for one in values)}:
            if value > 0 or "since" not in what.kind:
                hows = ("at_least", "less_than", "more_than", "exactly")
                found += [Clause(what, Bound(how, value)) for how in hows if value >= 0]
    return found


@settings(max_examples=40)
@given(histories(WORLD), st.integers(0, 5), st.randoms(use_true_random=False), st.sampled_from((ONLY_SAID, STRICT)))
def test_every_condition_holds_for_whom_the_engine_says(
    events: list[Raw], back: int, chance: Any, traffic: Traffic
) -> None:
    partition = replayed(events, traffic)
    at_ms = partition.machine.clock_ms() - back * 20 * DAY_MS
    everyone = Everyone([partition])
    possible = clauses_of(everyone, at_ms)
    if not possible:
        return
    chosen = chance.sample(possible, min(40, len(possible)))
    rules = {f"r{n}": {"when": condition(test, everyone.names)} for n, test in enumerate(chosen)}
    members = everyone.members_of(program_of(everyone, rules), at_ms)
    past = History(everyone).until(at_ms)
    for number, (what, bound) in enumerate(chosen):
        mine = holds(measured(past, what, len(past.there)), bound) & past.there
        assert mine.tolist() == members[f"r{number}"].tolist(), rules[f"r{number}"]


@settings(max_examples=20)
@given(histories(WORLD), st.integers(0, 3))
def test_judging_rows_at_an_instant_is_a_replay_up_to_it(events: list[Raw], back: int) -> None:
    partition = replayed(events)
    at_ms = partition.machine.clock_ms() - back * 30 * DAY_MS
    rules: dict[str, dict[str, Any]] = {
        "looks": {"when": {"count": "views", "last": "90d", "at_least": 2}},
        "rests": {
            "when": {"all": [{"count": "purchases", "at_least": 1}, {"since": "last purchases", "at_least": "30d"}]}
        },
        "fan": {"for_each": "category", "when": {"count": "views", "where": {"category": "$each"}, "at_least": 1}},
    }
    program = program_of(partition, rules)
    members = members_of(partition, program, at_ms)
    users = np.array(partition.publisher.users)
    found = {(str(user), name) for name, which in members.items() for user in users[which]}
    truth = final_segments(lines(events), program.rule_set, until_ms=at_ms)
    assert found == {(user, name) for user, names in truth.items() for name in names}


def test_conditions_are_said_as_a_rule_file_has_them() -> None:
    class Shown:
        shown = ("", "Bags")

    names: Any = Shown()
    said = condition(Clause(Measure("count", "views", 30, 1), Bound("at_least", 5.0)), names)
    assert said == {"count": "views", "where": {"category": "Bags"}, "last": "30d", "at_least": 5}
    said = condition(Clause(Measure("share", "purchases"), Bound("at_least", 0.8)), names)
    assert said == {"share": "purchases", "where": {"discounted": True}, "at_least": 0.8}
    said = condition(Clause(Measure("since last", "purchases", 0, -1), Bound("less_than", 7.0)), names)
    assert said == {"since": "last purchases", "where": {"category": "$each"}, "less_than": "7d"}
    said = condition(Clause(Measure("trend", "views", 30), Bound("more_than", 2)), names)
    assert said == {"trend": "views", "last": "30d", "against": "90d", "more_than": 2}


@pytest.mark.parametrize(("value", "rounded"), [(0.2, 1), (7.4, 7), (23, 23), (144, 140), (1_951, 2_000)])
def test_bounds_are_round(value: float, rounded: int) -> None:
    assert round_number(value) == rounded
