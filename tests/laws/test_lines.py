"""A replay, which reads plain lines in bulk, says what follows from its events one by one."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.engine.publish import Change
from streams.engine.replay import Replay, changes_in_order, segments_of_all
from streams.events.decode import Refusal, decode_event
from streams.events.native import Event, Merge
from streams.intake import collected
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet
from tests.fuzz.wild_events import raw_values
from tests.intake.test_plain import spelled
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import lines

RETENTION_MS = 10 * DAY_MS
UNTIL_MS = st.none() | st.integers(START_MS, START_MS + 12 * DAY_MS)
MERGING = World(
    users=("ana", "ben", "cy"), kinds=("view", "cart", "purchase", "refund", "email", "profile", "merge", "erase")
)
Outcome = tuple[list[Change], list[tuple[str, list[str]]]]


def outcome(partition: Partition) -> Outcome:
    """All that a replay tells."""
    return changes_in_order(partition), segments_of_all(partition)


def replayed(
    rules: RuleSet, found: Sequence[bytes], until_ms: int | None, sizes: tuple[int, int]
) -> tuple[Outcome, list[tuple[int, str]]]:
    """What a replay tells and what it refuses, with so many lines and so many events at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collected, "_READ", sizes[0])
        patch.setattr(collected, "_STEP", sizes[1])
        replay = Replay(rules, retention_ms=RETENTION_MS)
        replay.read(found[:3])
        replay.read(found[3:])
        return outcome(replay.run(until_ms)), replay.refused


def one_by_one(rules: RuleSet, events: Sequence[Event], until_ms: int | None) -> Outcome:
    """What follows from events without merges, as objects."""
    last_ms = max((int(event.at) for event in events), default=0) if until_ms is None else until_ms
    policy = Policy(clock="event", retention_ms=RETENTION_MS)
    partition = Partition(0, 1, compile_rules(rules, RETENTION_MS), policy, tombstones=False)
    partition.open(0)
    partition.fold_events(
        sorted((event for event in events if int(event.at) <= last_ms), key=lambda event: int(event.at))
    )
    partition.advance_to(last_ms)
    return outcome(partition)


SIZES = st.tuples(st.integers(1, 6), st.integers(1, 6))
WILD = st.lists(st.one_of(spelled(), spelled(), raw_values(), st.sampled_from((b"", b" \r\n"))), max_size=12)


@given(rule_sets(WHOLE, most=3), histories(World()), WILD, SIZES, UNTIL_MS, st.randoms(use_true_random=False))
def test_lines_of_any_spelling_are_what_their_events_are(
    rules: RuleSet,
    events: list[Raw],
    wild: list[bytes],
    sizes: tuple[int, int],
    until_ms: int | None,
    dice: random.Random,
) -> None:
    found = [*lines(events), *wild]
    dice.shuffle(found)
    found = [line for line in found if not isinstance(decode_event(line), Merge)]
    decoded = [(number, decode_event(line)) for number, line in enumerate(found, 1) if line.strip()]
    refused = [(number, event.reason) for number, event in decoded if isinstance(event, Refusal)]
    good = [event for _, event in decoded if not isinstance(event, Refusal)]
    assert replayed(rules, found, until_ms, sizes) == (one_by_one(rules, good, until_ms), refused)


@given(rule_sets(WHOLE, most=3), histories(MERGING), SIZES, UNTIL_MS)
def test_plain_or_not_is_the_same_where_ids_are_merged(
    rules: RuleSet, events: list[Raw], sizes: tuple[int, int], until_ms: int | None
) -> None:
    odd = lines([event | {"odd": [{}]} for event in events])
    assert replayed(rules, lines(events), until_ms, sizes) == replayed(rules, odd, until_ms, (99, 99))
