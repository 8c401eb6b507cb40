"""A partition whose customers are cold says what one in memory says, whatever comes, goes, and breaks."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.engine.cold_partition import ColdPartition
from streams.rules.model import RuleSet
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import chunks, records
from tests.laws.test_laws import assert_gapless, in_order
from tests.store.driver import Driver

USERS = ("ana", "ben", "cy", "dan", "eve", "flo")
#: Several histories in one, as most are short.
MANY = st.lists(histories(World(users=USERS)), min_size=4, max_size=6).map(lambda found: [*chain(*found)])
RULES = st.tuples(*[rule_sets(WHOLE)] * 3).map(
    lambda found: tuple(replace(one, digest=f"{number:012x}") for number, one in enumerate(found))
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("fold"), st.integers(1, 5)),
        st.tuples(st.just("time"), st.sampled_from((1, 1000, DAY_MS // 4, DAY_MS, 3 * DAY_MS))),
        st.tuples(st.just("switch"), st.integers(0, 2)),
        st.tuples(st.just("slice"), st.integers(1, 3)),
        st.tuples(st.just("take"), st.just(0)),
        st.tuples(st.just("save"), st.just(0)),
        st.tuples(st.just("written"), st.just(0)),
        st.tuples(st.just("ask"), st.integers(0, 5)),
        st.tuples(st.just("crash"), st.booleans()),
    ),
    min_size=15,
    max_size=40,
)


def counted(driver: Driver) -> dict[str, int]:
    """The sizes of segments that are not empty, by what was published."""
    return dict(Counter(name for names in driver.segments().values() for name in names))


def sizes(driver: Driver) -> dict[str, int]:
    """The same, as the partition says."""
    return {name: size for name, size in driver.partition.sizes().items() if size}


def sound(driver: Driver) -> None:
    """What the store says of itself is so."""
    partition = driver.partition
    assert isinstance(partition, ColdPartition)
    assert sizes(driver) == counted(driver)
    known = [key for key in driver.rows() if key[:1] != b"\0"]
    assert partition.customers() == len(known)


@given(RULES, MANY, STEPS, st.integers(1, 3))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_cold_and_warm_say_the_same(
    rules: tuple[RuleSet, ...], events: list[Raw], steps: list[tuple[str, int]], most: int
) -> None:
    """Nothing that is lost in these crashes is not in the changelog, and they come when all is judged: so the store
    has to be as exact as if there had been none."""
    cold, warm = Driver(rules[0], most=most, now_ms=START_MS), Driver(rules[0], None, now_ms=START_MS)
    left, switched = records(in_order(events)), False
    for step, value in [*steps, ("fold", len(left) + 1), ("time", 10 * DAY_MS), ("take", 0), ("written", 0)]:
        if step == "fold":
            chunk, left = left[:value], left[value:]
            cold.fold(chunk)
            warm.fold(chunk)
        elif step == "time":
            cold.pass_time(cold.now_ms + value, most)
            warm.pass_time(warm.now_ms + value)
        elif step == "switch":
            for one in (cold, warm):  # who was judged under rules that soon went depends on the order of rows
                one.advance()
                one.switch(rules[value])
            switched = True
        elif step == "slice":
            cold.partition.advance(cold.now_ms, value)
        elif step == "take":
            cold.take()
            warm.take()
        elif step == "save":
            cold.take()
            cold.written()
            warm.take()
        elif step == "written":
            cold.written()
        elif step == "ask":
            cold.partition.row_of(USERS[value])
        elif not cold.partition.stale():
            cold.take()
            warm.take()
            if value or switched:  # at which instant rows were judged under other rules is not in the changelog
                cold.written()
            cold.crash()
            switched = False
    for user in USERS:
        assert cold.by_user().get(user) == warm.by_user().get(user)
    assert_gapless(cold.published)
    sound(cold)


@given(RULES, MANY, STEPS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_crash_at_any_time_is_not_seen_in_the_end(
    rules: tuple[RuleSet, ...], events: list[Raw], steps: list[tuple[str, int]]
) -> None:
    """With events as the clock, as they are folded again after a crash."""
    cold = Driver(rules[0], most=1, clock="event")
    found = records(in_order(events))
    place = 0
    for step, value in [*steps, *[("fold", 3), ("take", 0)] * len(found), ("slice", 100), ("take", 0), ("written", 0)]:
        if step == "fold":
            cold.fold(found[place : place + value])
            place = min(place + value, len(found))
        elif step == "switch":
            cold.switch(rules[value])
        elif step == "slice":
            cold.partition.advance(0, value)
        elif step == "take":
            cold.take()
        elif step == "save":
            cold.take()
            cold.written()
        elif step == "written":
            cold.written()
        elif step == "crash":
            place = cold.crash()
    cold.advance()
    cold.take()
    cold.written()
    whole = Driver(cold.rules, None, clock="event")
    for chunk in chunks(found, [3]):
        whole.fold(chunk)
    whole.take()
    timeless = not any(rule.for_ms or rule.keep_for_ms for one in rules for rule in one.rules)
    if timeless:
        assert cold.segments() == whole.segments()
    assert_gapless(cold.published)
    sound(cold)
