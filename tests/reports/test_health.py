"""Health of segments against a slow reference that asks every customer at every instant."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.clients.changes import Arrived, decode_change
from streams.events.instants import stamp
from streams.reports.health import DAY_MS, DAYS, FLAPS, Memberships, unmailed

END = 1_800_000_000_000
SEGMENTS = ("a", "b", "c")


def record(user: str, seq: int, at_ms: int, before: frozenset[str], after: frozenset[str]) -> Arrived:
    said = {
        "user": user,
        "seq": seq,
        "at": stamp(at_ms),
        "entered": sorted(after - before),
        "exited": sorted(before - after),
        "segments": sorted(after),
        "cause": {"kind": "event"},
    }
    raw = json.dumps(said).encode()
    return Arrived(user, raw, decode_change(raw))


def course(user: str, steps: list[tuple[int, frozenset[str]]]) -> list[Arrived]:
    """The records of a customer who is in these segments since each instant."""
    found: list[Arrived] = []
    before: frozenset[str] = frozenset()
    for at_ms, after in sorted(steps, key=lambda step: step[0]):
        if after != before:
            found.append(record(user, len(found) + 1, at_ms, before, after))
            before = after
    return found


instants = st.integers(END - 20 * DAY_MS, END + DAY_MS) | st.integers(0, 20).map(lambda back: END - back * DAY_MS)
steps = st.lists(st.tuples(instants, st.frozensets(st.sampled_from(SEGMENTS))), max_size=25)
towns = st.dictionaries(st.sampled_from(("ana", "bo", "cy", "di")), steps, max_size=4)


def held(records: list[Arrived], at_ms: int) -> list[str]:
    """The segments of a customer at an instant."""
    known = [one.change for one in records if one.change and one.change.at <= stamp(at_ms)]
    return known[-1].segments if known else []


def moves(records: list[Arrived], segment: str) -> tuple[int, int]:
    """How often a customer entered and left it in the last seven days."""
    lately = [one.change for one in records if one.change and stamp(END - 7 * DAY_MS) < one.change.at <= stamp(END)]
    return sum(segment in one.entered for one in lately), sum(segment in one.exited for one in lately)


@given(towns, st.randoms(use_true_random=False))
def test_as_asking_every_customer_at_every_instant(
    town: dict[str, list[tuple[int, frozenset[str]]]], chance: random.Random
) -> None:
    courses = {user: course(user, one) for user, one in town.items()}
    found = Memberships(END)
    for one in mixed(courses, chance):
        found.take(one)
    health = found.health(SEGMENTS)
    assert sorted(health) == list(SEGMENTS)
    for segment, fares in health.items():
        sizes = [
            sum(segment in held(records, END - back * DAY_MS) for records in courses.values()) for back in range(DAYS)
        ]
        assert fares.sizes == tuple(reversed(sizes))
        assert fares.size == sizes[0]
        ways = [moves(records, segment) for records in courses.values()]
        assert (fares.entered, fares.left) == (sum(way[0] for way in ways), sum(way[1] for way in ways))
        assert fares.flapping == sum(min(way) > FLAPS for way in ways)
        assert fares.churn == (fares.left / sizes[7] if sizes[7] else None)
    now = [held(records, END) for records in courses.values()]
    for pair in found.overlaps():
        in_both = sum(pair.one in one and pair.other in one for one in now)
        in_either = sum(pair.one in one or pair.other in one for one in now)
        assert (pair.both, pair.jaccard) == (in_both, in_both / in_either)
    assert len(found.overlaps()) == sum(
        any(one in names and other in names for names in now) for one, other in (("a", "b"), ("a", "c"), ("b", "c"))
    )


def mixed(courses: dict[str, list[Arrived]], chance: random.Random) -> list[Arrived]:
    """Customers in any order among each other, now and then a record twice."""
    turns = [user for user, records in courses.items() for _ in records]
    chance.shuffle(turns)
    left = {user: iter(records) for user, records in courses.items()}
    return [one for user in turns for one in [next(left[user])] * chance.choice((1, 1, 2))]


def test_what_compaction_took_is_not_known() -> None:
    """Of a customer only the newest record is left, from ten days ago: what was before, nobody knows."""
    old = course("ana", [(END - 12 * DAY_MS, frozenset("a")), (END - 10 * DAY_MS, frozenset("ab"))])[1:]
    new = course("bo", [(END - 3 * DAY_MS, frozenset("a"))])
    found = Memberships(END)
    for one in (*old, *new):
        found.take(one)
    assert found.health()["a"].sizes == (None, None, None, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2)
    assert found.health()["a"].churn == 0


def test_who_was_erased_never_was_there() -> None:
    found = Memberships(END)
    for one in course("ana", [(END - 3 * DAY_MS, frozenset("a"))]):
        found.take(one)
    found.take(Arrived("ana", None, None))
    assert found.health() == {}
    assert found.overlaps() == []


@pytest.mark.parametrize(("times", "flapping"), [(FLAPS, 0), (FLAPS + 1, 1)])
def test_flapping(times: int, flapping: int) -> None:
    hours = [(END - 100 * 3_600_000 + hour * 3_600_000, frozenset("a" * (hour % 2 == 0))) for hour in range(2 * times)]
    found, stricter = Memberships(END), Memberships(END, times - 1)
    for one in course("ana", hours):
        found.take(one)
        stricter.take(one)
    assert found.health()["a"].flapping == flapping
    assert stricter.health()["a"].flapping == 1
    assert Counter(moves(course("ana", hours), "a")) == {times: 2}


def test_segments_that_nobody_mails() -> None:
    found = Memberships(END)
    for one in course("ana", [(END - DAY_MS, frozenset("ab"))]):
        found.take(one)
    assert unmailed(found.health(SEGMENTS), {"a": 3}) == ["b"]
