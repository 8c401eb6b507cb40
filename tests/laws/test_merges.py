"""Merges between partitions: whatever the order in which things come, it ends as in a replay."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from operator import itemgetter

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.api import Policy
from streams.engine.messages import Ask, decoded
from streams.engine.replay import final_segments
from streams.engine.survivors import Survivors
from streams.rules.model import RuleSet
from tests.laws.events import Raw, World, histories, tellable
from tests.laws.pools import DAY_MS, START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import Published, compared, lines, replayed
from tests.laws.town import IDENTITY, Town
from tests.reference.events import parse

UNTIL_MS = START_MS + 9 * DAY_MS
RULES = rule_sets(WHOLE)
TIMELESS = rule_sets(replace(WHOLE, course=False))
USERS = ("ana", "ben", "cy", "dora")
WORLD = World(users=USERS, most=16)
#: merges of anybody with anybody, also circles
CONTRADICTING = histories(
    World(users=("ana", "ben", "cy"), kinds=("view", "purchase", "refund", "email", "profile", "merge", "merge"))
)
#: who is whose old id: every id has one survivor at most, so that the order in which merges come does not matter
FORESTS = st.sampled_from(
    (
        (("ana", "ben"),),
        (("ana", "ben"), ("cy", "dora")),
        (("ana", "ben"), ("ben", "cy")),
        (("ana", "ben"), ("ben", "cy"), ("cy", "dora")),
        (("ana", "ben"), ("ana", "cy"), ("ana", "dora")),
        (("ana", "ben"), ("ben", "cy"), ("ana", "dora")),
    )
)


@st.composite
def merged_histories(draw: st.DrawFn) -> list[Raw]:
    """Events of a few ids and merges of them, in any order."""
    events = list(draw(histories(WORLD)))
    merges: list[Raw] = []
    for number, (user, source) in enumerate(draw(FORESTS)):
        at_ms = START_MS + draw(st.integers(0, WORLD.steps)) * WORLD.step_ms
        merges.append({"type": "merge", "id": f"merge-{number}", "user": user, "from": source, "at": at_ms})
    return draw(st.permutations(tellable(events + merges)))


def run(town: Town, data: st.DataObject) -> None:
    """Everything is read, in an order that is drawn, with checkpoints and crashes in between."""
    while unread := town.unread():
        topic, number = data.draw(st.sampled_from(unread), "reads")
        town.read(topic, number, data.draw(st.integers(1, 4), "records"))
        what = data.draw(st.sampled_from("ccc-x"), "then")
        if what == "c":
            town.checkpoint(number)
        elif what == "x":
            town.crash(number)
        if not town.unread():
            for home in range(town.partitions):
                town.checkpoint(home)


def assert_sound(published: list[Published]) -> None:
    """Numbers are 1, 2, 3 of each customer, and entries and exits alternate."""
    numbers: defaultdict[str, int] = defaultdict(int)
    inside: defaultdict[str, list[str]] = defaultdict(list)
    for user, change in published:
        if change is None:
            inside[user] = []
            continue
        numbers[user] += 1
        assert change["seq"] == numbers[user]
        before = set(inside[user])
        assert not before & set(change["entered"])
        assert set(change["exited"]) <= before
        inside[user] = change["segments"]
        assert set(inside[user]) == before - set(change["exited"]) | set(change["entered"])


#: with the events as the clock; by the wall clock with all events history, and with none
POLICIES = st.sampled_from(
    (Policy(clock="event"), Policy(clock="event"), Policy(late_after_ms=DAY_MS), Policy(late_after_ms=99 * DAY_MS))
)


@given(TIMELESS, merged_histories(), st.integers(1, 4), POLICIES, st.data())
def test_it_ends_as_in_a_replay(
    rules: RuleSet, events: list[Raw], partitions: int, policy: Policy, data: st.DataObject
) -> None:
    town = Town(rules, partitions, policy, UNTIL_MS)
    town.send(events)
    run(town, data)
    town.close_time(UNTIL_MS)
    expected = final_segments(lines(events), rules, until_ms=UNTIL_MS)
    assert town.ends() == {user: segments for user, segments in expected.items() if segments}
    assert_sound(town.published)
    assert town.compacted() == []


def one_an_instant(events: list[Raw]) -> list[Raw]:
    """The events in order of time, of each instant only the first, and no erasures, which a replay shows otherwise.

    Merges lie beside the grid on which boundaries lie: a boundary of a merge's very instant may pass before the facts
    come from the other partition."""
    found: dict[int, Raw] = {}
    for event in events:
        if event["type"] == "merge":
            event = event | {"at": event["at"] + 7}
        if event["type"] != "erase":
            found.setdefault(parse(event).at, event)
    return [found[at_ms] for at_ms in sorted(found)]


@given(RULES, merged_histories(), st.integers(1, 4))
def test_in_order_of_time_the_whole_course_is_that_of_a_replay(
    rules: RuleSet, events: list[Raw], partitions: int
) -> None:
    town, events = Town(rules, partitions), one_an_instant(events)
    for event in events:
        town.send([event])
        town.drain()
    town.close_time(UNTIL_MS)
    found = [compared(change) for _, change in town.published if change]
    expected = replayed(events, rules, until_ms=UNTIL_MS)
    by_user = itemgetter("user")
    assert sorted(found, key=by_user) == sorted(expected, key=by_user)


def as_decided(town: Town, events: list[Raw]) -> list[Raw]:
    """The events with the merges that partition 0 made of theirs, in its order: there each id is absorbed once."""
    survivors, decided = Survivors(), [event for event in events if event["type"] != "merge"]
    for number, line in enumerate(town.topics.get((IDENTITY, 0), [])):
        message = decoded(line.value) if line.value else None
        if not isinstance(message, Ask):
            continue
        said = message.merge
        absorbed, survivor, _ = survivors.join(said.source, said.user, said.at_ms)
        known = {"type": "profile", "set": {}, "id": f"said-{number}", "user": said.user, "at": said.at_ms}
        merge = {"type": "merge", "id": f"made-{number}", "user": survivor, "from": absorbed, "at": said.at_ms}
        decided += [known] if absorbed == survivor else [known, merge]
    return decided


@given(TIMELESS, CONTRADICTING, st.integers(1, 4), POLICIES, st.data())
def test_where_merges_contradict_each_other_partition_0_decides(
    rules: RuleSet, events: list[Raw], partitions: int, policy: Policy, data: st.DataObject
) -> None:
    town = Town(rules, partitions, policy, UNTIL_MS)
    town.send(events)
    run(town, data)
    town.close_time(UNTIL_MS)
    expected = final_segments(lines(as_decided(town, events)), rules, until_ms=UNTIL_MS)
    assert town.ends() == {user: segments for user, segments in expected.items() if segments}
    assert_sound(town.published)
    assert town.compacted() == []
