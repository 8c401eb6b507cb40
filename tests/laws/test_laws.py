"""The one law: the engine says what the slow reference says, however the events come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.replay import final_segments
from streams.rules.model import RuleSet
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import Published, Worker, chunks, compared, last_words, lines, records, replayed
from tests.reference import course, final
from tests.reference.events import parse

RETENTION_MS = 730 * DAY_MS
UNTIL_MS = START_MS + 9 * DAY_MS
RULES = rule_sets(WHOLE)
#: Without ``for`` and ``keep_for``, which look at the course as it was: late events make another.
TIMELESS = rule_sets(replace(WHOLE, course=False))
HISTORIES = histories(World())
#: With identities that turn out to be one: a replay takes them, a worker does not yet.
MERGED = histories(World(users=("ana", "ben", "cy"), kinds=(*World().kinds, "merge", "merge")))
#: An erasure is published as a tombstone, which a replay shows as leaving every segment.
NO_ERASURE = World(kinds=("view", "cart", "purchase", "refund", "email", "profile"))
SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def at_ms(event: Raw) -> int:
    """The instant of a raw event."""
    return parse(event).at


def in_order(events: list[Raw]) -> list[Raw]:
    """As they happened; those of one instant as they came."""
    return sorted(events, key=at_ms)


def stepwise(events: list[Raw]) -> list[int]:
    """How many events each instant has, in order of time."""
    return [len(list(same)) for _, same in groupby(in_order(events), key=at_ms)]


@given(RULES, MERGED, st.sampled_from((RETENTION_MS, 3 * DAY_MS)))
def test_replay_is_the_reference(rules: RuleSet, events: list[Raw], retention_ms: int) -> None:
    expected = course(events, rules, UNTIL_MS, retention_ms=retention_ms)
    assert replayed(events, rules, until_ms=UNTIL_MS, retention_ms=retention_ms) == expected


@given(RULES, MERGED)
def test_replay_ends_with_the_last_event(rules: RuleSet, events: list[Raw]) -> None:
    assert replayed(events, rules) == course(events, rules)


@given(RULES, MERGED, st.integers(START_MS - 1, UNTIL_MS))
def test_the_final_segments_are_those_of_the_reference(rules: RuleSet, events: list[Raw], until_ms: int) -> None:
    found = final_segments(lines(events), rules, until_ms=until_ms)
    assert {user: names for user, names in found.items() if names} == final(events, rules, until_ms)


@given(RULES, histories(NO_ERASURE))
def test_a_worker_publishes_the_course_whatever_the_chunks(rules: RuleSet, events: list[Raw]) -> None:
    """One chunk an instant, and all in one chunk: the same records."""
    worker, whole = Worker(rules, RETENTION_MS), Worker(rules, RETENTION_MS)
    found = records(in_order(events))
    for chunk in chunks(found, stepwise(events)):
        worker.fold(chunk)
        worker.checkpoint()
    whole.fold(found)
    whole.checkpoint()
    expected = course(events, rules)
    assert in_course(worker.published) == expected
    assert in_course(whole.published) == expected
    assert_gapless(worker.published)


@given(TIMELESS, HISTORIES, SIZES)
def test_any_order_and_any_chunks_end_alike(rules: RuleSet, events: list[Raw], sizes: list[int]) -> None:
    """Late events, cut instants: what is published may differ on the way, not at the end."""
    worker = Worker(rules, RETENTION_MS)
    for chunk in chunks(records(events), sizes):
        worker.fold(chunk)
    worker.checkpoint()
    assert last_words(worker.published) == final(events, rules)
    assert_gapless(worker.published)


@given(RULES, HISTORIES, SIZES)
def test_what_was_there_before_changes_nothing(rules: RuleSet, events: list[Raw], sizes: list[int]) -> None:
    worker = Worker(rules, RETENTION_MS)
    found = records(events + events)
    worker.fold(found[: len(events)])
    worker.checkpoint()
    before = list(worker.published)
    for chunk in chunks(found[len(events) :], sizes):
        worker.fold(chunk)
        worker.checkpoint()
    assert worker.published == before


@given(RULES, HISTORIES, SIZES, st.data())
def test_a_crash_leaves_no_trace(rules: RuleSet, events: list[Raw], sizes: list[int], data: st.DataObject) -> None:
    """Stopped before or after any checkpoint, restored, and on from the positions: the records of the uncut run."""
    uncut, worker = Worker(rules, RETENTION_MS), Worker(rules, RETENTION_MS)
    found = records(events)
    cut = list(chunks(found, sizes))
    for chunk in cut:
        uncut.fold(chunk)
        uncut.checkpoint()
    for chunk in cut:
        if data.draw(st.booleans(), "crash before the checkpoint"):
            worker.fold(chunk)
            assert worker.crash() == chunk[0].offset
        worker.fold(chunk)
        worker.checkpoint()
        if data.draw(st.booleans(), "crash after the checkpoint"):
            assert worker.crash() == chunk[-1].offset + 1
    assert worker.published == uncut.published


def in_course(published: list[Published]) -> list[Raw]:
    """Published records as replay prints them."""
    return sorted((compared(change) for _, change in published if change), key=lambda it: (it["at"], it["user"]))


def assert_gapless(published: list[Published]) -> None:
    """Each customer's ``seq`` grows by one a record; a tombstone has none, and the next record goes on."""
    seen: Counter[str] = Counter()
    for user, change in published:
        if change is not None:
            seen[user] += 1
            assert change["seq"] == seen[user], change
