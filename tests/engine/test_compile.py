"""Rules as arrays: whole bounds, the order of references, calendar days, and what is not compiled."""

from __future__ import annotations

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import instant_ms
from streams.rules.compile import bit_words, compile_rules
from streams.rules.midnights import local_midnights
from streams.rules.model import Bounds, Compare, Group, Measure, Rule, SegmentTest
from streams.rules.order import in_order_of_reference, references
from streams.rules.whole import whole_bounds
from tests.engine.bench import DAY, HOUR, Bench, rules_of, view

BOUND = st.one_of(st.none(), st.integers(-50_000, 50_000))


def inside(number: Fraction, bounds: Bounds) -> bool:
    """Whether a number lies within bounds, by their definition."""
    low, high = bounds.low, bounds.high
    above = low is None or (number > low if bounds.low_open else number >= low)
    return above and (high is None or (number < high if bounds.high_open else number <= high))


@given(BOUND, BOUND, st.booleans(), st.booleans(), st.sampled_from((1, 2, 10_000)), st.integers(-6, 6))
def test_whole_bounds_say_the_same_of_whole_numbers(
    low: int | None, high: int | None, low_open: bool, high_open: bool, scale: int, number: int
) -> None:
    given_bounds = Bounds(low, high, low_open, high_open)
    whole = whole_bounds(given_bounds, scale)
    assert (whole.low_open, whole.high_open) == (False, False)
    assert inside(Fraction(number), whole) == inside(Fraction(number * scale), given_bounds)


@pytest.mark.parametrize(
    ("bounds", "whole"),
    [
        (Bounds(low=50_000), Bounds(low=5)),
        (Bounds(low=50_000, low_open=True), Bounds(low=6)),
        (Bounds(low=50_001), Bounds(low=6)),
        (Bounds(high=50_000), Bounds(high=5)),
        (Bounds(high=50_000, high_open=True), Bounds(high=4)),
        (Bounds(high=49_999), Bounds(high=4)),
        (Bounds(low=0, high=0), Bounds(low=0, high=0)),
        (Bounds(), Bounds()),
    ],
)
def test_bounds_of_a_count(bounds: Bounds, whole: Bounds) -> None:
    assert whole_bounds(bounds, 10_000) == whole


def referring(name: str, *others: str) -> Rule:
    """A rule that refers to others."""
    parts = tuple(SegmentTest(other) for other in others)
    alone = Compare(Measure("count", "views"), Bounds(low=0))
    return Rule(name, "T", Group("all", parts) if parts else alone)


def test_rules_come_after_those_they_refer_to() -> None:
    rules = (referring("a", "d", "c"), referring("b", "a"), referring("c", "d"), referring("d"), referring("e"))
    order = [rule.name for rule in in_order_of_reference(rules)]
    assert sorted(order) == ["a", "b", "c", "d", "e"]
    assert all(order.index(name) < order.index(rule.name) for rule in rules for name in references(rule.when))


def test_a_long_chain_of_references() -> None:
    rules = tuple(referring(f"r{n:03d}", *([f"r{n + 1:03d}"] if n < 299 else [])) for n in range(300))
    assert [rule.name for rule in in_order_of_reference(rules)] == [f"r{n:03d}" for n in range(299, -1, -1)]


def test_a_diamond_of_references_holds_at_one_instant() -> None:
    bench = Bench(
        rules_of(
            top="{all: [{segment: left}, {segment: right}]}",
            left="{segment: zero}",
            right="{segment: zero}",
            zero="{count: views, at_least: 1}",
        )
    )
    bench.fold(view("e"))
    (change,) = bench.changes()
    assert change["entered"] == ["left", "right", "top", "zero"]


def test_one_measure_of_many_conditions_is_computed_once() -> None:
    program = compile_rules(
        rules_of(a="{count: views, at_least: 1}", b="{any: [{count: views, at_most: 5}, {count: carts, at_least: 1}]}"),
        730 * DAY,
    )
    assert (len(program.code.measures), len(program.code.conditions), program.names) == (2, 3, ("a", "b"))
    assert [bit_words(segments) for segments in (0, 1, 64, 65)] == [1, 1, 1, 2]


# -- calendar days ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("UTC", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Sao_Paulo", "2018-02-17", 25),
        ("America/Havana", "2026-11-01", 25),
    ],
)
def test_the_length_of_a_local_day(timezone: str, day: str, hours: float) -> None:
    midnights = local_midnights(timezone).tolist()
    zone = ZoneInfo(timezone)
    named = [n for n, at in enumerate(midnights) if str(datetime.fromtimestamp(at / 1000, zone).date()) == day]
    assert len(named) == 1
    assert midnights[named[0] + 1] - midnights[named[0]] == hours * HOUR


@pytest.mark.parametrize("timezone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Auckland"])
def test_midnights_are_the_first_instants_of_their_days(timezone: str) -> None:
    midnights, zone = local_midnights(timezone).tolist(), ZoneInfo(timezone)
    assert all(23 * HOUR <= b - a <= 25 * HOUR for a, b in pairwise(midnights))
    for at in midnights[::500]:
        here, before = (datetime.fromtimestamp(at / 1000, zone), datetime.fromtimestamp(at / 1000 - 0.001, zone))
        assert here.date() != before.date()
    assert midnights[0] < datetime(2000, 1, 1, tzinfo=UTC).timestamp() * 1000 - 730 * DAY
    assert midnights[-1] > datetime(2109, 1, 1, tzinfo=UTC).timestamp() * 1000


@pytest.mark.parametrize(
    ("timezone", "seen", "leaves"),
    [
        ("UTC", "2026-05-10T00:00:00.000Z", "2026-05-12T00:00:00.000Z"),
        ("UTC", "2026-05-10T23:59:59.999Z", "2026-05-12T00:00:00.000Z"),
        ("Europe/Berlin", "2026-05-09T22:00:00.000Z", "2026-05-11T22:00:00.000Z"),
        ("Europe/Berlin", "2026-05-09T21:59:59.999Z", "2026-05-10T22:00:00.000Z"),
        # the clocks go forward on 29 March and back on 25 October
        ("Europe/Berlin", "2026-03-28T12:00:00.000Z", "2026-03-29T22:00:00.000Z"),
        ("Europe/Berlin", "2026-03-29T12:00:00.000Z", "2026-03-30T22:00:00.000Z"),
        ("Europe/Berlin", "2026-10-24T12:00:00.000Z", "2026-10-25T23:00:00.000Z"),
        ("Europe/Berlin", "2026-10-25T12:00:00.000Z", "2026-10-26T23:00:00.000Z"),
        ("America/New_York", "2026-11-01T05:30:00.000Z", "2026-11-03T05:00:00.000Z"),
        # midnight does not exist: the day begins at 1 o'clock
        ("America/Sao_Paulo", "2018-11-03T12:00:00.000Z", "2018-11-05T02:00:00.000Z"),
    ],
)
def test_two_calendar_days_end_at_a_local_midnight(timezone: str, seen: str, leaves: str) -> None:
    bench = Bench(rules_of(days="{count: views, last_days: 2, at_least: 1}"), {"clock": "wall", "timezone": timezone})
    bench.fold(view("e", instant_ms(seen)), now_ms=instant_ms(seen))
    bench.take()
    bench.advance(instant_ms(leaves) - 1)
    assert bench.take() == []
    bench.advance(instant_ms(leaves))
    assert [(change["at"], change["exited"]) for change in bench.changes()] == [(leaves, ["days"])]


def test_calendar_days_of_far_years_end_as_well() -> None:
    """The contract takes stamps up to the year 9999 (with events as the clock nothing is too early)."""
    bench = Bench(rules_of(days="{count: views, last_days: 2, at_least: 1}"))
    bench.fold(view("e", instant_ms("2111-06-01T12:00:00Z")))
    assert bench.partition.machine.rows.due[0] == instant_ms("2111-06-03T00:00:00Z")
