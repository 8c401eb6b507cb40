"""Customers of many partitions are, to discovery, the same as those of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.discovery.everyone import Everyone
from streams.discovery.history import History
from streams.discovery.judged import program_of
from streams.discovery.miner import Mined, mine
from streams.engine.partition import Partition
from streams.engine.replay import Replay
from streams.events.text import compared
from streams.proofs.discovery_judge import digest
from streams.proofs.discovery_shop import Shop
from streams.rows.home import home_partition
from streams.rules.model import RuleSet
from tests.laws.events import World, histories
from tests.laws.runs import lines

Raw = dict[str, Any]
DAY_MS = 86_400_000
WORLD = World(
    users=("ana", "ben", "cy", "dora", "eve"),
    steps=40,
    step_ms=5 * DAY_MS,
    most=24,
    kinds=("view", "cart", "purchase", "refund", "email", "profile", "erase"),
)
RULES: dict[str, dict[str, Any]] = {
    "looks": {"when": {"count": "views", "last": "90d", "at_least": 2}},
    "fan": {"for_each": "category", "when": {"count": "views", "where": {"category": "$each"}, "at_least": 1}},
}


def spread(events: list[bytes], partitions: int) -> list[Partition]:
    """The customers of events, each in their home partition."""
    found = []
    for number in range(partitions):
        replay = Replay(RuleSet((), ""))
        replay.read(one for one in events if home_partition(orjson.loads(one)["user"], partitions) == number)
        found.append(replay.run())
    return found


def told(everyone: Everyone, at_ms: int) -> dict[str, Any]:
    """All that a history has, with ids and compared texts in place of numbers."""
    past, users, shown = History(everyone).until(at_ms), everyone.users, everyone.names.shown
    return {
        "there": [user for user, there in zip(users, past.there, strict=True) if there],
        "first": dict(zip(users, past.first.tolist(), strict=True)),
        "facts": {
            source: [(users[row], *rest) for row, *rest in zip(*(one.tolist() for one in facts), strict=True)]
            for source, facts in past.facts.items()
        },
        "tags": {
            source: sorted(
                (users[row], at, compared(shown[tag]))
                for row, at, tag in zip(*(one.tolist() for one in tags), strict=True)
            )
            for source, tags in past.tags.items()
        },
        "profile": {
            name: {user: compared(shown[value]) for user, value in zip(users, values.tolist(), strict=True) if value}
            for name, values in past.profile.items()
            if values.any()
        },
    }


def members(everyone: Everyone, at_ms: int) -> dict[str, list[str]]:
    found = everyone.members_of(program_of(everyone, RULES), at_ms)
    users = np.array(everyone.users)
    return {name: users[which].tolist() for name, which in found.items() if which.any()}


@settings(max_examples=40)
@given(histories(WORLD), st.integers(2, 4), st.integers(0, 3))
def test_many_partitions_tell_what_one_tells(events: list[Raw], partitions: int, back: int) -> None:
    written = list(lines(events))
    one, many = Everyone(spread(written, 1)), Everyone(spread(written, partitions))
    assert many.users == one.users == sorted(one.users)
    at_ms = one.partitions[0].machine.clock_ms() - back * 30 * DAY_MS
    assert told(many, at_ms) == told(one, at_ms)
    assert members(many, at_ms) == members(one, at_ms)


def test_the_same_is_found_in_many_partitions_and_in_any_order(made: Shop, mined: Mined) -> None:
    back_to_front = Everyone(spread(made.lines[::-1], 3))
    assert mined.candidates
    assert digest(mine(back_to_front, made.asof_ms)) == digest(mined)
