"""What a replay says beside who is where: ids, names as they came, and being run again."""

from __future__ import annotations

from uuid import UUID

import pytest

from streams.engine.replay import Replay, replay_events
from tests.engine.bench import DAY, T, rules_of
from tests.engine.test_merge import merge, said
from tests.laws.runs import lines
from tests.laws.test_lines import outcome

IDS = (
    "a",
    "sixteen bytes ok",
    "seventeen bytes..",
    "nul\0 one\1",
    "é" * 8,
    "é" * 9,
    str(UUID(int=7 << 64 | 1)),
    str(UUID(int=7 << 64 | 1)).upper().replace("7", "A"),
    "x" * 272,
    "x" * 273,
    "ö" * 5_000,
)


@pytest.mark.parametrize("event_id", IDS)
def test_the_id_of_the_event_that_causes_a_change_is_said_whole(event_id: str) -> None:
    rules = rules_of(seen="{count: views, at_least: 1}")
    events = [said(user, event_id, T + n) for n, user in enumerate(("ana", "ben", "ana", "cy"))]
    changes = replay_events(lines(events), rules)
    assert [change["cause"] for change in changes] == [{"kind": "event", "id": event_id}] * 3


def test_a_name_is_shown_as_it_came_first_in_time() -> None:
    rules = rules_of(here="{profile: country, missing: false}")
    first, late = (said(user, user, at_ms, "profile", set={"country": text}) for user, at_ms, text in CAME)
    for found in ([first, late], [late, first]):
        changes = replay_events(lines(found), rules)
        assert [change["why"]["here"][0]["value"] for change in changes] == ["De", "De"]


CAME = (("ana", T, "De"), ("ben", T + 1, "dE"))


def test_a_replay_may_go_on_and_be_run_again() -> None:
    rules = rules_of(two="{count: views, at_least: 2}")
    replay = Replay(rules)
    replay.read(lines([said("ana", "a", T), said("old", "b", T)]))
    assert outcome(replay.run())[0] == []
    replay.read(lines([merge("ana", "old", T + 1), said("old", "c", T + 2)]))
    first, again = outcome(replay.run(T + DAY)), outcome(replay.run(T + DAY))
    assert first == again
    assert [key for key, _, _ in first[0]] == [b"ana"]
