"""Explanations by the wall clock, where events come late and rules change: who is in is what was published."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.api import Policy
from streams.engine.course import Course, course_of
from streams.engine.partition import Partition
from streams.events.instants import instant_ms
from streams.explanations.explain import explanation
from streams.rules.compile import compile_rules
from streams.rules.load import load_texts
from streams.rules.model import RuleSet
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS, STEP_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import TOPIC, records

RETENTION_MS = 10 * DAY_MS
HORIZON_MS = 40 * DAY_MS
HOUR_MS = 3_600_000


class Clocked:
    """A partition by the wall clock; what it published is kept."""

    def __init__(self, rules: RuleSet) -> None:
        self.published: list[Raw] = []
        self.segments: dict[str, list[str]] = {}
        self._rules = rules
        self.partition = Partition(0, 1, self._program(rules), Policy(retention_ms=RETENTION_MS))
        self.partition.open(START_MS)

    def _program(self, rules: RuleSet) -> Any:
        return compile_rules(rules, RETENTION_MS)

    def fold(self, event: Raw, now_ms: int) -> None:
        """Take in an event that comes at an instant."""
        self.partition.fold(TOPIC, records([event]), now_ms)
        self.advance(now_ms)

    def switch(self, rules: RuleSet, now_ms: int) -> None:
        """Take up other rules."""
        self._rules = rules
        self.partition.switch(self._program(rules), now_ms)

    def advance(self, now_ms: int) -> list[Raw]:
        """Let fire what is due; the changes since the last call."""
        while self.partition.advance(now_ms):
            pass
        said = [
            (key.decode(), orjson.loads(value or b'{"segments":[]}')) for key, value in self.partition.take().changes
        ]
        self.segments.update((user, change["segments"]) for user, change in said)
        return [{"user": user, **change} for user, change in said]

    def explained(self, user: str, now_ms: int) -> dict[str, Any]:
        """The explanation of a customer by their segments."""
        found = course_of(self.partition, user, now_ms)
        assert isinstance(found, Course)
        return {one["segment"]: one for one in explanation(user, found, self._rules)["segments"]}


def rules_of(**rules: str) -> RuleSet:
    return load_texts({f"active/{name}.yaml": f"title: {name}\nwhen: {text}\n" for name, text in rules.items()})


def view(at_ms: int, name: str = "v") -> Raw:
    return {"type": "view", "id": f"{name}-{at_ms}", "user": "ana", "at": at_ms, "product": "p"}


SEEN = "{count: views, last: 1d, at_least: 1}"


def test_a_rule_that_keeps_begins_when_it_comes() -> None:
    """By a replay under it the customer would still be kept from their view on."""
    clocked = Clocked(rules_of(other="{count: carts, at_least: 1}"))
    clocked.fold(view(START_MS), START_MS)
    clocked.switch(rules_of(seen=f"{SEEN}\nkeep_for: 7d"), START_MS + 3 * DAY_MS)
    clocked.advance(START_MS + 3 * DAY_MS)
    seen = clocked.explained("ana", START_MS + 3 * DAY_MS)["seen"]
    assert (seen["in"], seen["since"], seen["until"]) == (False, None, None)
    assert seen["missing"] == ["1 more view within 1d"]


def test_a_rule_that_waits_begins_when_it_comes() -> None:
    clocked = Clocked(rules_of(other="{count: carts, at_least: 1}"))
    clocked.fold(view(START_MS), START_MS)
    switched_ms = START_MS + 5 * HOUR_MS
    clocked.switch(rules_of(seen=f"{SEEN}\nfor: 2h", ref="{segment: seen}"), switched_ms)
    clocked.advance(switched_ms)
    seen = clocked.explained("ana", switched_ms + HOUR_MS)["seen"]
    assert (seen["in"], instant_ms(seen["until"])) == (False, switched_ms + 2 * HOUR_MS)
    assert clocked.advance(switched_ms + 3 * HOUR_MS)[0]["entered"] == ["ref", "seen"]
    found = clocked.explained("ana", switched_ms + 3 * HOUR_MS)
    for name in ("seen", "ref"):
        assert (found[name]["in"], instant_ms(found[name]["until"])) == (True, START_MS + DAY_MS)
    assert instant_ms(found["seen"]["since"]) == switched_ms + 2 * HOUR_MS


def test_what_is_due_but_not_published_yet_counts() -> None:
    clocked = Clocked(rules_of(seen=SEEN))
    clocked.fold(view(START_MS), START_MS)
    seen = clocked.explained("ana", START_MS + DAY_MS)["seen"]
    assert (seen["in"], instant_ms(seen["since"])) == (False, START_MS + DAY_MS)
    clocked.switch(rules_of(seen="{count: views, at_least: 1}"), START_MS + DAY_MS)
    assert clocked.explained("ana", START_MS + DAY_MS)["seen"]["in"]


@settings(max_examples=settings().max_examples // 2)
@given(rule_sets(WHOLE, most=3), rule_sets(WHOLE, most=3), histories(World()), st.integers(0, 14))
def test_who_is_in_and_until_when_is_what_is_published(
    old: RuleSet, new: RuleSet, events: Sequence[Raw], turn: int
) -> None:
    clocked = Clocked(old)
    now_ms = START_MS
    for number, event in enumerate(events):
        now_ms = START_MS + (number + 1) * STEP_MS
        clocked.fold(event, now_ms)
        if number == turn:
            clocked.switch(new, now_ms)
    clocked.advance(now_ms)
    courses = {user: course_of(clocked.partition, user, now_ms) for user in ("ana", "ben")}
    for user, course in courses.items():
        assert sorted(course.members if course else ()) == clocked.segments.get(user, [])
    first: dict[tuple[str, str], int] = {}
    for change in clocked.advance(now_ms + HORIZON_MS):
        if courses[change["user"]] is None:  # their first event is a moment ahead of the clock
            continue
        for name in (*change["entered"], *change["exited"]):
            first.setdefault((change["user"], name), instant_ms(change["at"]))
    told = {(user, name): at_ms for user, one in courses.items() if one for name, at_ms in one.until.items()}
    assert told == first
