"""Time: boundaries at their exact millisecond, both clocks, late and early events, slices."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.events.instants import stamp
from streams.rows.arena import NEXT_DUE
from streams.rows.layout import NEVER
from tests.engine.bench import DAY, HOUR, MINUTE, SECOND, Bench, T, rules_of, view
from tests.laws.runs import Raw

SEEN = rules_of(seen="{count: views, last: 1h, at_least: 1}")
COURSE = rules_of(browsing="{count: views, last: 1h, at_least: 1}", known="{count: carts, exactly: 0}")
BEAT: Raw = {"type": "cart", "product": "p"}


def wall(rules: Any = SEEN, now_ms: int = T, **settings: Any) -> Bench:
    return Bench(rules, {"clock": "wall", **settings}, now_ms)


def told(changes: list[Raw]) -> list[tuple[str, list[str], list[str], str]]:
    """Instant, entered, exited and kind of cause of each change."""
    return [(change["at"], change["entered"], change["exited"], change["cause"]["kind"]) for change in changes]


# -- boundaries -------------------------------------------------------------------------------------------------------


def test_a_membership_ends_by_itself_at_the_exact_millisecond() -> None:
    bench = wall()
    bench.fold(view("e"), now_ms=T)
    assert told(bench.changes()) == [(stamp(T), ["seen"], [], "event")]
    assert bench.partition.next_boundary() == T + HOUR
    bench.advance(T + HOUR - 1)
    assert bench.take() == []
    bench.advance(T + HOUR)
    (change,) = bench.changes()
    assert told([change]) == [(stamp(T + HOUR), [], ["seen"], "time")]
    assert change["cause"] == {"kind": "time"}
    assert change["why"] == {"seen": [{"count": "views", "last": "1h", "at_least": 1, "value": 0}]}
    assert bench.partition.next_boundary() is None


def test_a_boundary_that_passed_long_ago_is_published_at_its_own_instant() -> None:
    bench = wall()
    bench.fold(view("e"), now_ms=T)
    bench.advance(T + 90 * DAY)
    assert told(bench.changes()) == [(stamp(T), ["seen"], [], "event"), (stamp(T + HOUR), [], ["seen"], "time")]


def test_boundaries_before_an_event_come_before_it() -> None:
    bench = Bench(SEEN)
    bench.fold(view("e"), view("f", T + 3 * HOUR))
    assert told(bench.changes()) == [
        (stamp(T), ["seen"], [], "event"),
        (stamp(T + HOUR), [], ["seen"], "time"),
        (stamp(T + 3 * HOUR), ["seen"], [], "event"),
    ]


def test_at_the_instant_of_the_boundary_an_event_keeps_the_customer_in() -> None:
    bench = Bench(SEEN)
    bench.fold(view("e"), view("f", T + HOUR))
    bench.advance()
    assert told(bench.changes()) == [(stamp(T), ["seen"], [], "event")]
    assert bench.partition.next_boundary() is None
    assert bench.partition.machine.rows.due[0] == T + 2 * HOUR


@pytest.mark.parametrize(
    ("when", "enters_ms", "leaves_ms"),
    [
        ("{count: views, last: 90d, at_least: 1}", 0, 90 * DAY),
        ("{count: views, last: 2d, before: 1d, at_least: 1}", DAY, 3 * DAY),
        ("{since: last views, at_least: 3d}", 3 * DAY, 730 * DAY),
        ("{since: last views, more_than: 3d}", 3 * DAY + 1, 730 * DAY),
        ("{since: last views, less_than: 3d}", 0, 3 * DAY),
        ("{since: last views, at_most: 3d}", 0, 3 * DAY + 1),
        ("{since: last views, between: [1h, 2h]}", HOUR, 2 * HOUR + 1),
        ("{count: views, last_days: 1, at_least: 1}", 0, DAY),
        ("{count: views, last_days: 3, at_least: 1}", 0, 3 * DAY),
    ],
)
def test_windows_open_and_close_to_the_millisecond(when: str, enters_ms: int, leaves_ms: int) -> None:
    bench = wall(rules_of(in_it=when))
    bench.fold(view("e"), now_ms=T)
    for edge_ms, name in ((enters_ms, "entered"), (leaves_ms, "exited")):
        bench.advance(T + edge_ms - 1)
        if edge_ms:
            assert bench.take() == []
        bench.advance(T + edge_ms)
        (change,) = bench.changes()
        assert (change["at"], change[name]) == (stamp(T + edge_ms), ["in-it"])


@pytest.mark.parametrize(
    ("measure", "bound"), [("count: views", "less_than: 0"), ("distinct: views.category", "between: [-5, -1]")]
)
def test_a_bound_that_no_count_can_reach_never_flips(measure: str, bound: str) -> None:
    """A boundary that lies in the past is fired for ever."""
    bench = Bench(rules_of(never=f"{{{measure}, last: 10d, {bound}}}", seen="{count: views, at_least: 1}"))
    bench.fold(view("e"))
    assert bench.partition.machine.rows.due[0] in (NEVER, T + 730 * DAY)


# -- the wall clock ---------------------------------------------------------------------------------------------------


def test_history_is_judged_once_at_the_clocks_instant() -> None:
    """Views of months ago greet nobody; what is true now is published at now."""
    now_ms = T + 400 * DAY
    bench = wall(COURSE, now_ms)
    bench.fold(*[view(f"e{n}", T + n * DAY) for n in range(5)], now_ms=now_ms)
    assert told(bench.changes()) == [(stamp(now_ms), ["known"], [], "event")]


@pytest.mark.parametrize("age_ms", [HOUR - 1, HOUR, DAY])
def test_an_event_is_history_when_it_is_late_after_old(age_ms: int) -> None:
    bench = wall(rules_of(seen="{count: views, at_least: 1}"))
    now_ms = T + DAY
    bench.fold(view("e", now_ms - age_ms), now_ms=now_ms)
    expected = now_ms if age_ms >= HOUR else now_ms - age_ms
    assert told(bench.changes()) == [(stamp(expected), ["seen"], [], "event")]


def test_a_late_event_is_true_from_the_latest_instant_evaluated_on() -> None:
    bench = wall(rules_of(twice="{count: views, at_least: 2}"))
    bench.fold(view("e", T), now_ms=T)
    bench.fold(view("f", T - 10 * MINUTE), now_ms=T + SECOND)
    assert told(bench.changes()) == [(stamp(T), ["twice"], [], "event")]


@pytest.mark.parametrize("event_id", ["ahead", "0190f5c4-7c5e-7b3a-9f3e-3b1f6a0c2d4e", "früh", "ahead-" * 40])
def test_an_event_ahead_of_the_clock_waits_for_its_instant(event_id: str) -> None:
    bench = wall()
    bench.fold(view(event_id, T + MINUTE), now_ms=T)
    assert bench.take() == []
    assert bench.partition.next_boundary() == T + MINUTE
    bench.advance(T + MINUTE - 1)
    assert bench.take() == []
    bench.advance(T + MINUTE)
    (change,) = bench.changes()
    assert told([change]) == [(stamp(T + MINUTE), ["seen"], [], "event")]
    assert change["cause"] == {"kind": "event", "id": event_id}


def test_the_cause_is_the_event_that_waited_whatever_came_with_the_end_of_its_wait() -> None:
    """The view lies before the order in the row, and comes into it in the chunk that lets the order count."""
    bench = wall(rules_of(buyer="{count: purchases, last: 1h, at_least: 1}"))
    bench.fold({"type": "purchase", "id": "ahead", "at": T + MINUTE, "order": "o", "items": []}, now_ms=T)
    now_ms = T + 2 * MINUTE
    bench.fold(view("e", now_ms), {"type": "cart", "id": "c", "at": now_ms, "product": "p"}, now_ms=now_ms)
    (change,) = bench.changes()
    assert (change["at"], change["cause"]) == (stamp(T + MINUTE), {"kind": "event", "id": "ahead"})


def test_an_event_that_waits_survives_a_restart() -> None:
    bench = wall()
    bench.fold(view("ahead", T + MINUTE), now_ms=T)
    assert bench.take() == []
    again = bench.again(now_ms=T + 1)
    assert again.partition.next_boundary() == T + MINUTE
    again.advance(T + MINUTE)
    assert told(again.changes()) == [(stamp(T + MINUTE), ["seen"], [], "event")]


def test_too_far_ahead_is_refused() -> None:
    bench = wall()
    bench.fold(view("fits", T + 5 * MINUTE), view("too far", T + 5 * MINUTE + 1), now_ms=T)
    bench.take()
    (refused,) = bench.checkpoint.refused
    said = orjson.loads(refused[1])
    assert (said["offset"], said["reason"]) == (1, "at: is too far ahead of the clock")
    bench.advance(T + 5 * MINUTE)
    assert told(bench.changes()) == [(stamp(T + 5 * MINUTE), ["seen"], [], "event")]


def test_a_clock_that_is_set_back_invents_no_change() -> None:
    """Another worker's clock may lag: an event may lie between its now and an instant that was judged before."""
    bench = wall(rules_of(seen="{count: views, last: 30d, at_least: 1}"))
    bench.fold(view("e", T + 2 * MINUTE), now_ms=T + 2 * MINUTE)
    assert told(bench.changes()) == [(stamp(T + 2 * MINUTE), ["seen"], [], "event")]
    bench.fold({**BEAT, "id": "c", "at": T + MINUTE}, now_ms=T)
    bench.advance(T + MINUTE)
    bench.advance(T + 3 * MINUTE)
    assert bench.take() == []


def test_now_is_not_the_clock_of_events() -> None:
    bench = Bench(SEEN)
    bench.fold(view("e"), now_ms=T + 900 * DAY)
    bench.advance(T + 900 * DAY)
    assert told(bench.changes()) == [(stamp(T), ["seen"], [], "event")]
    bench.fold({**BEAT, "user": "ben", "id": "b", "at": T + HOUR}, now_ms=0)
    assert bench.partition.next_boundary() == T + HOUR
    bench.advance(0)
    assert told(bench.changes()) == [(stamp(T + HOUR), [], ["seen"], "time")]


def test_with_events_as_the_clock_nothing_is_too_early_and_the_whole_course_is_told() -> None:
    bench = Bench(SEEN)
    bench.fold(view("e"), view("f", "9999-01-01T00:00:00Z"))  # type: ignore[arg-type]
    assert [change["at"] for change in bench.changes()] == [stamp(T), stamp(T + HOUR), "9999-01-01T00:00:00.000Z"]
    assert bench.checkpoint.refused == []


# -- slices -----------------------------------------------------------------------------------------------------------


def test_a_wave_of_boundaries_is_swept_in_slices() -> None:
    bench = wall()
    bench.fold(*[view("e", user=f"user-{n}") for n in range(95)], now_ms=T)
    assert len(bench.take()) == 95
    counts = []
    more = True
    while more:
        more = bench.partition.advance(T + DAY, most=10)
        counts.append(len(bench.take()))
    assert counts == [10] * 9 + [5]
    assert bench.partition.advance(T + DAY) is False
    assert bench.partition.next_boundary() is None


def test_a_fold_between_two_slices_costs_nobody_a_boundary() -> None:
    bench = wall()
    bench.fold(*[view("e", user=f"user-{n}") for n in range(30)], now_ms=T)
    bench.take()
    now_ms = T + HOUR
    assert bench.partition.advance(now_ms, most=10) is True
    bench.fold(view("f", now_ms - 30 * MINUTE, user="user-3"), now_ms=now_ms)
    bench.advance(now_ms)
    bench.take()
    assert bench.partition.next_boundary() == now_ms + 30 * MINUTE
    bench.advance(now_ms + 30 * MINUTE)
    assert [change["user"] for change in bench.changes()] == ["user-3"]


def test_more_changes_than_there_is_room_for_at_once() -> None:
    """One customer's course is longer than the kernel's list of changes, and so is a wave over many."""
    bench = Bench(SEEN)
    bench.fold(*[view(f"e{n}", T + 2 * n * HOUR) for n in range(3_000)])
    changes = bench.changes()
    assert [change["seq"] for change in changes] == list(range(1, 6_000))
    assert [change["at"] for change in changes] == [stamp(T + n * HOUR) for n in range(5_999)]
    bench = wall()
    bench.fold(*[view("e", user=f"user-{n}") for n in range(6_000)], now_ms=T)
    bench.advance(T + HOUR)
    assert len(bench.changes()) == 12_000
    assert bench.partition.machine.rows.stat[NEXT_DUE] == NEVER
