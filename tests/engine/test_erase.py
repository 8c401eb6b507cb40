"""Erase: a tombstone, nothing left of the customer, and late events stay forgotten."""

from __future__ import annotations

import pytest

from streams.events.instants import stamp
from tests.engine.bench import DAY, MINUTE, Bench, T, brief, facts_of, rules_of, view
from tests.laws.runs import Raw

RULES = rules_of(seen="{count: views, at_least: 1}", nobody="{count: views, exactly: 0}")


def erase(at_ms: int = T + 1, event_id: str = "x", **more: object) -> Raw:
    return {"type": "erase", "id": event_id, "at": at_ms, **more}


def erased() -> Bench:
    bench = Bench(RULES)
    bench.fold(view("e", product="secret-product"))
    bench.take()
    bench.fold(erase())
    return bench


def test_an_erase_is_a_tombstone_and_the_row_goes() -> None:
    bench = erased()
    assert bench.take() == [("ana", None)]
    rows = dict(bench.checkpoint.rows)
    assert rows[b"ana"] is None
    assert bench.partition.customers() == 0
    assert bench.partition.next_boundary() is None


def test_nothing_names_the_customer_afterwards() -> None:
    bench = erased()
    bench.take()
    keys = {key for key, value in dict(bench.changelog).items() if value is not None}
    assert all(b"ana" not in key for key in keys)
    again = bench.again()
    assert again.partition.customers() == 0
    assert "ana" not in again.partition.publisher.users


@pytest.mark.parametrize("restarted", [False, True])
def test_late_events_of_the_time_before_stay_forgotten(restarted: bool) -> None:
    bench = erased()
    bench.take()
    bench = bench.again() if restarted else bench
    bench.fold(view("late", T), view("same", T + 1), view("e"))
    assert bench.take() == []
    assert [key for key, _ in bench.checkpoint.rows if not key.startswith(b"\0")] == []


@pytest.mark.parametrize("restarted", [False, True])
def test_the_next_event_begins_anew_and_seq_goes_on(restarted: bool) -> None:
    bench = erased()
    bench.take()
    bench = bench.again() if restarted else bench
    bench.fold({"type": "cart", "id": "n", "at": T + 2, "product": "p"})
    assert brief(bench.changes()) == [(2, ["nobody"], [])]
    bench.fold(view("late", T), view("v", T + 3))
    assert brief(bench.changes()) == [(3, ["seen"], ["nobody"])]
    assert len(facts_of(bench.partition)) == 3
    assert brief(bench.again().changes()) == []


def test_events_after_the_erase_count_also_when_they_came_before_it() -> None:
    bench = Bench(RULES)
    bench.fold(view("e"), {"type": "cart", "id": "c", "at": T + 5, "product": "p"})
    assert bench.segments() == {"ana": ["seen"]}
    bench.fold(erase(T + 2))
    published = bench.take()
    assert published[0] == ("ana", None)
    assert published[-1][1] is not None
    assert published[-1][1]["segments"] == ["nobody"]
    assert published[-1][1]["seq"] == 2
    assert len(facts_of(bench.partition)) == 2


def test_consent_and_profile_are_forgotten_too() -> None:
    rules = rules_of(seen="{count: views, at_least: 1}", gold="{profile: tier, is: gold}")
    bench = Bench(rules)
    bench.fold(
        {"type": "email", "id": "u", "at": T, "action": "complained", "message": "m"},
        {"type": "profile", "id": "p", "at": T, "set": {"tier": "gold"}},
        erase(),
        view("e", T + 2),
    )
    assert bench.segments() == {"ana": ["seen"]}


def test_an_erase_of_a_customer_nobody_knows() -> None:
    bench = Bench(RULES)
    bench.fold(erase())
    assert bench.take() == [("ana", None)]
    bench.fold(view("late"))
    assert bench.take() == []
    bench.fold(view("e", T + 2))
    assert brief(bench.changes()) == [(1, ["seen"], [])]


def test_a_repeated_erase_changes_nothing() -> None:
    bench = Bench(RULES)
    bench.fold(view("e"), erase(), view("f", T + 2))
    bench.take()
    bench.fold(erase())
    assert bench.take() == []


def test_a_lesser_erase_that_comes_later_takes_nothing_back() -> None:
    bench = Bench(RULES)
    bench.fold(erase(T + 5, "x"))
    bench.take()
    bench.fold(erase(T + 2, "y"), view("e", T + 4))
    assert [change for _, change in bench.take() if change] == []


def test_others_are_not_touched() -> None:
    bench = Bench(RULES)
    bench.fold(view("e"), view("e", user="ben"), erase())
    assert [user for user, change in bench.take() if change is None] == ["ana"]
    again = bench.again()
    assert again.take() == []
    assert again.partition.publisher.users == ["ben"]


def test_an_erase_ahead_of_the_clock_and_one_of_history() -> None:
    for at_ms in (T + MINUTE, T - DAY):
        bench = Bench(RULES, {"clock": "wall"}, T)
        bench.fold(view("e", T - 2 * DAY), now_ms=T)
        bench.take()
        bench.fold(erase(at_ms), now_ms=T)
        assert bench.take() == [("ana", None)]
        assert bench.partition.customers() == 0


def test_many_are_erased_and_come_back() -> None:
    bench = Bench(RULES)
    users = [f"user-{n}" for n in range(300)]
    bench.fold(*[view("e", user=user) for user in users])
    bench.fold(*[erase(user=user) for user in users])
    bench.take()
    bench.fold(*[view("f", T + 2, user=user) for user in users[::2]])
    changes = bench.changes()
    assert [(change["user"], change["seq"], change["at"]) for change in changes] == [
        (user, 2, stamp(T + 2)) for user in users[::2]
    ]
    assert bench.partition.customers() == 150
    assert bench.again().partition.customers() == 150


_UNKEPT = pytest.mark.xfail(strict=True, reason="a dropped repeat is not kept, so it cannot come back after an erasure")


@pytest.mark.parametrize("turned", [pytest.param(False, marks=_UNKEPT), True])
def test_a_repeat_of_a_later_date_stands_where_the_first_was_erased(turned: bool) -> None:
    """Two events of one id, an erase between them: whichever comes first, the one that is not erased counts."""
    bench = Bench(RULES)
    repeats = [view("e", T), view("e", T + 5)]
    for event in [*repeats, erase(T + 3)] if not turned else [erase(T + 3), *repeats]:
        bench.fold(event)
    assert bench.segments() == {"ana": ["seen"]}
