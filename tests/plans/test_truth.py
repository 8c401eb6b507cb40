"""What a survey finds, against what replays under the old and the new rules end with."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.replay import Replay, final_segments
from streams.engine.survey import Findings, Survey
from streams.plans.plan import Live, digests, plan_of, rule_of
from streams.rows.arena import TAIL
from streams.rules.compile import compile_rules
from streams.rules.load import load_texts
from streams.rules.model import RuleSet
from tests.engine.bench import rules_of, view
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS, STEP_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import lines

RETENTION_MS = 10 * DAY_MS
UNTIL_MS = START_MS + 17 * STEP_MS
#: ``for`` and ``keep_for`` begin when a new rule arrives, so a replay under it has another course
TIMELESS = replace(WHOLE, course=False)
WORLD = World(users=("ana", "ben", "cem", "dia"), most=20)


@given(rule_sets(TIMELESS), rule_sets(TIMELESS), histories(WORLD), st.integers(1, 3))
def test_a_plan_is_the_difference_of_two_replays(old: RuleSet, new: RuleSet, events: list[Raw], slice_: int) -> None:
    found = surveyed(replace(old, digest="0" * 12), new, events, slice_)
    plan = plan_of(found, new, Live("0" * 12, digests(old)), 0, 0, show=9)
    before = final_segments(lines(events), old, until_ms=UNTIL_MS, retention_ms=RETENTION_MS)
    after = final_segments(lines(events), new, until_ms=UNTIL_MS, retention_ms=RETENTION_MS)
    assert plan["customers"] == len(before)
    for one in plan["segments"]:
        was, will = (holders(segments, one["segment"]) for segments in (before, after))
        assert (one["before"], one["after"]) == (len(was), len(will))
        assert (one["entering"], one["leaving"]) == (len(will - was), len(was - will))
        assert set(one.get("entering_ids", ())) == will - was
        assert set(one.get("leaving_ids", ())) == was - will
    named = {one["segment"] for one in plan["segments"]}
    assert {name for names in (*before.values(), *after.values()) for name in names} <= named
    assert overlaps(after) == {tuple(one["segments"]): one["both"] for one in plan["overlaps"]}


@settings(max_examples=settings().max_examples // 3)  # each takes three replays
@given(rule_sets(TIMELESS), rule_sets(TIMELESS), histories(WORLD), histories(WORLD))
def test_findings_of_two_partitions_add_up(old: RuleSet, new: RuleSet, one: list[Raw], two: list[Raw]) -> None:
    """As if all were in one, with the customers of the second under other names."""
    two = [event | {"user": f"other-{event['user']}", "id": f"other-{event['id']}"} for event in two]
    apart = Findings.from_dict(surveyed(old, new, one).as_dict()).plus(surveyed(old, new, two))
    together = surveyed(old, new, one + two)
    for name, flow in together.segments.items():
        mine = apart.segments[name]
        assert (mine.before, mine.after, mine.entering, mine.leaving) == (
            flow.before,
            flow.after,
            flow.entering,
            flow.leaving,
        )
    assert apart.customers == together.customers
    assert apart.overlaps == together.overlaps


def surveyed(old: RuleSet, new: RuleSet, events: list[Raw], slice_: int = 2) -> Findings:
    """What the new rules would change for the customers of the events."""
    replay = Replay(old, retention_ms=RETENTION_MS)
    replay.read(lines(events))
    partition = replay.run(UNTIL_MS)
    survey = Survey(partition, compile_rules(new, RETENTION_MS), partition.machine.clock_ms(), show=9)
    while survey.step(slice_):
        pass
    return survey.findings


def holders(segments: dict[str, list[str]], name: str) -> set[str]:
    """Who is in a segment."""
    return {user for user, names in segments.items() if name in names}


def overlaps(segments: dict[str, list[str]]) -> dict[tuple[str, ...], int]:
    """How many customers are in both of two rules, any of the values of a family; pairs that share nobody are left
    out."""
    counts: dict[tuple[str, ...], int] = {}
    for names in segments.values():
        for pair in combinations(sorted({rule_of(name) for name in names}), 2):
            counts[pair] = counts.get(pair, 0) + 1
    return counts


def test_a_survey_of_an_arena_without_room_reads_what_is_there() -> None:
    """Families of a candidate may want more room than the partition has: a survey's rows go to where there is some."""
    rules = rules_of(plain="{count: views, at_least: 1}")
    new = load_texts(
        {"active/keen.yaml": "title: K\nfor_each: product\nwhen: {count: views, where: {product: $each}, at_least: 1}"}
    )
    events = [
        view(f"{user}-{n}", START_MS + n, product=f"p{n}", user=user) for user in ("ana", "ben") for n in range(40)
    ]
    replay = Replay(rules, retention_ms=RETENTION_MS)
    replay.read(lines(events))
    partition = replay.run(UNTIL_MS)
    machine = partition.machine
    machine.rows = machine.rows._replace(words=machine.rows.words[: int(machine.rows.stat[TAIL]) + 1].copy())
    survey = Survey(partition, compile_rules(new, RETENTION_MS), machine.clock_ms(), show=9)
    while survey.step(1):
        pass
    entering = {name: flow.entering for name, flow in survey.findings.segments.items() if name.startswith("keen/")}
    assert entering == {f"keen/p{n}": 2 for n in range(40)}
