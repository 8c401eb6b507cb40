"""Explanations against the course of a replay: who is in, since when, until when, and that conditions add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from streams.engine.course import course_of
from streams.engine.replay import Replay, replay_events
from streams.events.instants import instant_ms
from streams.explanations.explain import explanation
from streams.rules.model import Rule, RuleSet
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS, STEP_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import lines, replayed

RETENTION_MS = 10 * DAY_MS
HORIZON_MS = 40 * DAY_MS
INSTANTS = st.integers(START_MS, START_MS + 20 * STEP_MS)


@given(rule_sets(WHOLE, most=3), histories(World()), INSTANTS)
def test_an_explanation_is_the_course_of_replay(rules: RuleSet, events: list[Raw], now_ms: int) -> None:
    here = [event for event in events if instant_ms(event["at"]) <= now_ms]
    replay = Replay(rules, retention_ms=RETENTION_MS)
    replay.read(lines(here))
    partition = replay.run(now_ms)
    later = replayed(here, rules, until_ms=now_ms + HORIZON_MS, retention_ms=RETENTION_MS)
    for user in ("ana", "ben"):
        course = course_of(partition, user, now_ms)
        changes = [change for change in later if change["user"] == user]
        if course is None:
            assert in_at(changes, now_ms) == set()
            continue
        found = explanation(user, course, rules)
        assert {one["segment"] for one in found["segments"] if one["in"]} == in_at(changes, now_ms)
        for one in found["segments"]:
            check(one, changes, now_ms)
            whole = next(rule for rule in rules.rules if rule.name == one["segment"].partition("/")[0])
            if plain(whole) and not (found["suppressed"] and not whole.everyone):
                assert one["in"] == (one["missing"] == [])
                assert one["in"] == one["when"]["holds"] or counts_no_more(one)


@given(rule_sets(WHOLE, most=3), histories(World()), st.data())
def test_a_change_record_says_what_is_explained_at_its_instant(
    rules: RuleSet, events: list[Raw], data: st.DataObject
) -> None:
    changes = replay_events(lines(events), rules, retention_ms=RETENTION_MS)
    assume(changes)
    change = data.draw(st.sampled_from(changes))
    replay = Replay(rules, retention_ms=RETENTION_MS)
    replay.read(lines(events))
    at_ms = instant_ms(change["at"])
    course = course_of(replay.run(at_ms), change["user"], at_ms)
    if course is None:  # erased
        return
    found = {one["segment"]: one for one in explanation(change["user"], course, rules)["segments"]}
    assert set(change["entered"]) <= found.keys()
    for name in change["why"].keys() & found.keys():
        assert list(conditions(found[name]["when"])) == change["why"][name]


def conditions(words: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The conditions of a rule without whether they hold, as change records list them."""
    kind = next(iter(words))
    if kind not in ("all", "any", "none"):
        yield {name: value for name, value in words.items() if name != "holds"}
        return
    for part in words[kind]:
        yield from conditions(part)


def in_at(changes: list[Raw], now_ms: int) -> set[str]:
    """The segments after the changes up to an instant."""
    past = [change for change in changes if instant_ms(change["at"]) <= now_ms]
    return set(past[-1]["segments"]) if past else set()


def check(one: dict[str, Any], changes: list[Raw], now_ms: int) -> None:
    """Since when a member is in, and when that (or of others, that they are out) ends."""
    name = one["segment"]
    entered = [change["at"] for change in changes if name in change["entered"] and instant_ms(change["at"]) <= now_ms]
    turns = [
        change["at"]
        for change in changes
        if name in (*change["entered"], *change["exited"]) and instant_ms(change["at"]) > now_ms
    ]
    if one["in"]:
        assert one["since"] == entered[-1]
    assert one["until"] == (turns[0] if turns else None)


def counts_no_more(one: dict[str, Any]) -> bool:
    """Whether it is a family's value of nothing but refunded orders, or facts that are forgotten."""
    missing: list[str] = one["missing"]
    return missing == [f"nothing of {one['segment'].partition('/')[2]} counts now"]


def plain(rule: Rule) -> bool:
    """Whether it lasts as long as its condition holds."""
    return rule.for_ms is None and rule.keep_for_ms is None
