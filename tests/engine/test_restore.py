"""A partition from its changelog: as before under the same rules, and judged anew, once, under others."""

from __future__ import annotations

import pytest

from streams.events.instants import stamp
from tests.engine.bench import DAY, HOUR, Bench, T, brief, facts_of, rules_of, view

SEEN = "{count: views, at_least: 1}"
SHOES = "{count: views, where: {category: shoes}, at_least: 1}"
BOOTS = "{count: views, where: {category: boots}, at_least: 1}"
RULES = rules_of(seen=SEEN, recent="{count: views, last: 1h, at_least: 1}")


def after(rules: object, *events: dict[str, object], **settings: object) -> Bench:
    """A bench whose first checkpoint is written."""
    bench = Bench(rules, dict(settings))  # type: ignore[arg-type]
    bench.fold(*events)
    bench.take()
    return bench


def test_an_empty_changelog_is_an_empty_partition() -> None:
    again = Bench(RULES).again()
    assert (again.take(), again.partition.customers(), again.partition.next_boundary()) == ([], 0, None)
    assert again.partition.dirty() == 0


def test_the_same_rules_say_nothing_new() -> None:
    bench = after(RULES, view("e"), view("f", T + 5, user="ben"))
    again = bench.again()
    assert again.take() == []
    assert again.partition.dirty() == 0
    assert again.partition.customers() == 2
    again.fold(view("g", T + 2 * HOUR))
    assert [(change["seq"], change["at"]) for change in again.changes()] == [
        (2, stamp(T + HOUR)),
        (3, stamp(T + 2 * HOUR)),
    ]


def test_the_last_of_many_checkpoints_counts() -> None:
    bench = Bench(RULES)
    for n in range(6):
        bench.fold(view(f"e{n}", T + n))
        bench.take()
    again = bench.again()
    assert len(facts_of(again.partition)) == 7
    assert again.partition.positions == {"views": 6}


@pytest.mark.parametrize("clock", ["event", "wall"])
def test_what_lapsed_while_nobody_ran_is_told_at_its_instant(clock: str) -> None:
    bench = Bench(RULES, {"clock": clock}, T)
    bench.fold(view("e"), now_ms=T)
    bench.take()
    again = bench.again(now_ms=T + DAY)
    again.fold({"type": "cart", "id": "c", "user": "ben", "product": "p", "at": T + DAY}, now_ms=T + DAY)
    again.advance(T + DAY)
    lapse = next(change for change in again.changes() if change["user"] == "ana")
    assert (lapse["at"], lapse["exited"], lapse["cause"]) == (stamp(T + HOUR), ["recent"], {"kind": "time"})


def test_the_clock_of_events_goes_on_from_where_it_was() -> None:
    """A crash between a checkpoint and the slices after it: the boundary is due by the newest event, as before."""
    bench = after(RULES, view("e"), view("f", T + DAY, user="ben"))
    assert bench.partition.next_boundary() == T + HOUR
    again = bench.again()
    assert again.partition.next_boundary() == T + HOUR
    again.advance()
    assert [(change["user"], change["exited"]) for change in again.changes()] == [("ana", ["recent"])]


def test_a_new_rule_applies_to_the_whole_history_and_nobody_is_announced_twice() -> None:
    bench = after(rules_of(seen=SEEN), view("e"), view("f", T + DAY))
    rules = rules_of(seen=SEEN, twice="{count: views, at_least: 2}")
    again = bench.again(rules)
    (change,) = again.changes()
    assert brief([change]) == [(2, ["twice"], [])]
    assert (change["segments"], change["cause"], change["rules"]) == (
        ["seen", "twice"],
        {"kind": "rules"},
        rules.digest,
    )
    assert change["why"] == {"twice": [{"count": "views", "at_least": 2, "value": 2}]}
    assert again.again(rules).take() == []


def test_with_the_wall_clock_new_rules_are_true_from_now_on() -> None:
    bench = Bench(rules_of(seen=SEEN), {"clock": "wall"}, T)
    bench.fold(view("e"), now_ms=T)
    bench.take()
    now_ms = T + 5 * DAY
    again = bench.again(
        rules_of(week="{count: views, last: 7d, at_least: 1}", day="{count: views, last: 1d, at_least: 1}"), now_ms
    )
    (change,) = again.changes()
    assert (change["at"], change["entered"], change["exited"]) == (stamp(now_ms), ["week"], ["seen"])
    assert again.partition.next_boundary() == T + 7 * DAY


def test_leaving_a_removed_rule_is_told_once() -> None:
    bench = after(rules_of(seen=SEEN, gone=SEEN, lost=SEEN), view("e"), view("f", user="ben"))
    rules = rules_of(seen=SEEN)
    again = bench.again(rules)
    assert brief(again.changes()) == [(2, [], ["gone", "lost"])] * 2
    assert again.again(rules).take() == []


def test_a_removed_and_a_new_rule_make_one_change() -> None:
    bench = after(rules_of(aa=SEEN, mm=SEEN, old=SEEN), view("e"))
    again = bench.again(rules_of(mm=SEEN, new=SEEN))
    (change,) = again.changes()
    assert brief([change]) == [(2, ["new"], ["aa", "old"])]
    assert (change["segments"], change["cause"]) == (["mm", "new"], {"kind": "rules"})


def test_a_removed_rule_that_comes_back_is_entered_anew() -> None:
    bench = after(rules_of(seen=SEEN, gone=SEEN), view("e"))
    again = bench.again(rules_of(seen=SEEN))
    again.take()
    back = again.again(rules_of(seen=SEEN, gone=SEEN))
    assert brief(back.changes()) == [(3, ["gone"], [])]


def test_a_crash_before_the_checkpoint_of_new_rules_says_it_again_the_same() -> None:
    bench = after(rules_of(seen=SEEN), view("e"))
    rules = rules_of(other=SEEN)
    lost, kept = bench.again(rules), bench.again(rules)
    assert lost.changes() == kept.changes()


def test_a_text_that_only_the_new_rules_name_is_a_name_of_its_own() -> None:
    """The dictionary comes from the changelog; numbers given to texts of rules before that must not stand."""
    bench = after(rules_of(shoes=SHOES), view("e", category="shoes"))
    again = bench.again(rules_of(boots=BOOTS))
    assert brief(again.changes()) == [(2, [], ["shoes"])]
    back = again.again(rules_of(shoes=SHOES))
    assert brief(back.changes()) == [(3, ["shoes"], [])]
    assert facts_of(back.partition) == facts_of(bench.partition)


def test_a_property_that_only_the_new_rules_name_is_a_name_of_its_own() -> None:
    bench = after(rules_of(gold="{profile: tier, is: gold}"), {"type": "profile", "id": "1", "set": {"tier": "gold"}})
    rich = "{all: [{profile: wealth, is: gold}, {profile: wealth, missing: false}]}"
    again = bench.again(rules_of(rich=rich))
    assert brief(again.changes()) == [(2, [], ["gold"])]


def test_another_timezone_or_limit_is_judged_anew() -> None:
    rules = rules_of(today="{count: views, last_days: 1, at_least: 1}")
    bench = after(rules, view("e", T - HOUR), {"type": "cart", "id": "c", "product": "p", "at": T + HOUR})
    assert brief(bench.again(timezone="America/New_York").changes()) == [(3, ["today"], [])]


def test_seventy_rules_fewer() -> None:
    many = rules_of(**{f"n{n:02d}": SEEN for n in range(70)})
    bench = after(many, view("e"))
    few = bench.again(rules_of(n05=SEEN, n69=SEEN))
    (change,) = few.changes()
    assert (change["entered"], len(change["exited"]), change["segments"]) == ([], 68, ["n05", "n69"])
    few.fold({"type": "email", "id": "u", "at": T + 1, "action": "unsubscribed", "message": "m"})
    assert brief(few.changes()) == [(3, [], ["n05", "n69"])]


def test_consent_survives_a_restart() -> None:
    mail = {"type": "email", "id": "u", "action": "complained", "message": "m"}
    again = after(rules_of(seen=SEEN), view("e"), {**mail, "at": T + 1}).again()
    again.fold(view("f", T + 2))
    assert again.take() == []


def test_the_clock_of_events_stands_where_a_mere_repeat_moved_it() -> None:
    """A repeat is in no row, but what is due by its instant is due after a restart as well."""
    bench = after(RULES, view("e"), view("e", T + DAY))
    again = bench.again()
    again.fold(view("f", T + 1, user="ben"))
    again.advance()
    assert [change["exited"] for change in again.changes() if change["user"] == "ben"] == [[], ["recent"]]
