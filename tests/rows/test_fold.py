"""Folding: a row is what it is whatever the order of arrival, and holds what the contract says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rows.arena import KNOWN, SIZE
from tests.engine.bench import DAY, HOUR, Bench, T, facts_of, in_chunks, row_of, rules_of, view
from tests.laws.runs import Raw
from tests.rows.drawn import PATIENT, any_id, events

RULES = rules_of(seen="{count: views, last: 30d, at_least: 1}")


def folded(found: list[Raw], sizes: tuple[int, ...] = (100,), **policy: Any) -> Bench:
    bench = Bench(RULES, policy)
    for chunk in in_chunks(found, sizes):
        bench.fold(*chunk)
    return bench


def known_ms(bench: Bench) -> int:
    return int(bench.partition.machine.rows.head[row_of(bench.partition, "ana"), KNOWN])


@given(events(), st.data())
@PATIENT
def test_any_order_of_arrival_gives_the_same_facts(found: list[Raw], data: st.DataObject) -> None:
    turned = data.draw(st.permutations(found))
    sizes = tuple(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    straight, other = folded(found), folded(turned, sizes)
    assert facts_of(other.partition) == facts_of(straight.partition)
    assert known_ms(straight) == known_ms(other) == min(event["at"] for event in found)


@given(events(ids=100_000))
@PATIENT
def test_each_of_different_events_is_kept(found: list[Raw]) -> None:
    ids = {event["id"] for event in found}
    counts, *records = facts_of(folded(found).partition)
    heads = {word[1:3] for word in records if int(str(word[0])) & 31 not in (3, 4, 9)}
    assert len(heads) == len(ids)
    assert sum(int(str(n)) for n in counts) == len(records)


@given(events())
@PATIENT
def test_a_repeat_changes_nothing(found: list[Raw]) -> None:
    bench = folded(found)
    bench.take()
    facts = facts_of(bench.partition)
    again = {event["id"]: event for event in found}
    bench.fold(*found, *again.values())
    assert facts_of(bench.partition) == facts
    assert bench.take() == []
    assert all(key.startswith(b"\0") for key, _ in bench.checkpoint.rows)


def amounts(bench: Bench, which: tuple[int, ...]) -> list[object]:
    """Word 4 of the records of those kinds, in order."""
    return [record[4] for record in facts_of(bench.partition)[1:] if int(str(record[0])) & 31 in which]


@pytest.mark.parametrize("turned", [False, True])
def test_under_one_id_the_earlier_event_stands(turned: bool) -> None:
    found = [view("e", T, price=1), view("e", T + 1, price=2)]
    assert amounts(folded(found[::-1] if turned else found), (0,)) == [10_000]


@pytest.mark.parametrize("turned", [False, True])
def test_at_one_instant_the_lesser_content_stands(turned: bool) -> None:
    found = [view("e", price=1), view("e", price=2)]
    assert amounts(folded(found[::-1] if turned else found), (0,)) == [10_000]


def test_which_content_stands_does_not_hang_on_how_a_name_was_first_spelled() -> None:
    """A row keeps names in their compared form, so by it the lesser of the two is found, however either was spelled
    first."""
    clash = [view("e", product="B"), view("e", product="a")]
    other = {"type": "cart", "id": "c", "product": "b"}
    first, last = folded([other, *clash]), folded([*clash, other])
    products = [[str(record[3]).lower() for record in facts_of(bench.partition)[1:]] for bench in (first, last)]
    assert products[0] == products[1]
    assert "'a'" in products[0][0]


def test_an_event_of_another_kind_takes_the_place_of_a_later_one_of_its_id() -> None:
    bench = folded([view("e", T + HOUR), {"type": "purchase", "id": "e", "order": "o", "items": [{"product": "p"}]}])
    assert facts_of(bench.partition)[0] == (0, 0, 2, 0, 0, 0, 0, 0)


def test_lines_of_an_order_stay_behind_it_in_their_order() -> None:
    items = [{"product": name, "price": n, "quantity": n + 1} for n, name in enumerate("cab")]
    bench = folded(
        [
            {"type": "purchase", "id": "2", "at": T, "order": "o2", "items": items[:1]},
            {"type": "purchase", "id": "1", "at": T, "order": "o1", "items": items, "discount": 1},
        ]
    )
    records = facts_of(bench.partition)[1:]
    assert [int(str(record[0])) & 31 for record in records] == [2, 4, 3, 3, 3, 2, 3]
    assert [record[3][0] for record in records if int(str(record[0])) & 31 == 3] == [["c"], ["a"], ["b"], ["c"]]  # type: ignore[index]


def test_a_profile_with_nothing_set_makes_the_customer_known_and_forgets_nothing() -> None:
    bench = Bench(rules_of(nobody="{count: views, exactly: 0}", seen="{count: views, at_least: 1}"))
    bench.fold({"type": "profile", "id": "1", "set": {}})
    assert bench.segments() == {"ana": ["nobody"]}
    bench.fold(view("2", T + 1))
    assert bench.segments() == {"ana": ["seen"]}
    bench.fold({"type": "profile", "id": "3", "at": T + 2, "set": {}})
    assert bench.segments() == {}
    assert len(facts_of(bench.partition)) > 1


def test_over_the_limit_the_oldest_views_and_carts_go_first() -> None:
    found: list[Raw] = [
        {"type": "purchase", "id": "o", "at": T, "order": "o", "items": [{"product": "p"}]},
        {"type": "email", "id": "u", "at": T, "action": "unsubscribed", "message": "m"},
        *[view(f"v{n}", T + n * HOUR) for n in range(1, 6)],
        *[{"type": "cart", "id": f"c{n}", "at": T + n * HOUR + 1, "product": "p"} for n in range(1, 6)],
    ]
    bench = folded(found, max_facts=8)
    assert facts_of(bench.partition)[0] == (2, 2, 2, 0, 1, 0, 1, 0)
    assert bench.partition.figures(T).dropped == 6
    ages = [int(str(record[0])) >> 12 for record in facts_of(bench.partition)[1:5]]
    assert ages == [T + 4 * HOUR, T + 5 * HOUR, T + 4 * HOUR + 1, T + 5 * HOUR + 1]


@pytest.mark.parametrize("last", ["unsubscribed", "resubscribed"])
def test_of_consent_only_what_says_nothing_any_more_is_dropped(last: str) -> None:
    actions = ["unsubscribed", "resubscribed"] * 5 + [last]
    found = [{"type": "email", "id": f"e{n}", "at": T + n, "action": action} for n, action in enumerate(actions)]
    rules = rules_of(keen="{count: purchases, exactly: 0}")
    bench = Bench(rules, {"max_facts": 3})
    bench.fold(*[event | {"message": "m"} for event in found])
    assert facts_of(bench.partition)[0] == (0, 0, 0, 0, 0, 0, 3, 0)
    assert bench.segments() == {"ana": ["keen"] if last == "resubscribed" else []}
    complaint = {"type": "email", "id": "c", "at": T + 20, "action": "complained", "message": "m"}
    bench.fold(complaint, *[event | {"message": "m", "id": f"{event['id']}again", "at": T + 30} for event in found])
    assert facts_of(bench.partition)[0] == (0, 0, 0, 0, 0, 0, 3, 0)
    assert bench.segments() == ({"ana": []} if last == "resubscribed" else {})


def test_a_customer_whose_only_order_is_over_the_limit_is_still_known_after_a_restart() -> None:
    bench = Bench(rules_of(nobody="{count: views, exactly: 0}"), {"max_facts": 2})
    bench.fold({"type": "purchase", "id": "1", "order": "o", "items": [{"product": "p"}] * 4})
    assert bench.segments() == {"ana": ["nobody"]}
    assert bench.again().partition.customers() == 1


def test_views_beyond_retention_make_room_for_new_ones() -> None:
    found = [view(f"v{n}", T + n * DAY) for n in range(2_000)]
    bench = folded(found, (50,))
    kept = int(bench.partition.machine.rows.head[0, SIZE])
    assert 730 <= kept < 1_500
    assert facts_of(bench.partition)[0] == (kept, 0, 0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("ids", [("evt-1", "evt-2"), ("evt-2026-05-01-000123", "evt-2026-05-01-000124")])
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_events_at_one_instant_the_greater_id_counts(ids: tuple[str, str], turned: bool) -> None:
    tiers = ("silver", "gold")
    found = [{"type": "profile", "id": one, "set": {"tier": tier}} for one, tier in zip(ids, tiers, strict=True)]
    bench = Bench(rules_of(gold="{profile: tier, is: gold}"))
    bench.fold(*(found[::-1] if turned else found))
    assert bench.segments() == {"ana": ["gold"]}


@given(st.lists(any_id().filter(bool), min_size=2, max_size=8, unique=True), st.data())
@PATIENT
def test_events_of_one_instant_lie_in_the_order_of_their_ids(ids: list[str], data: st.DataObject) -> None:
    sizes = tuple(data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    bench = folded([view(one, product=f"p{n}") for n, one in enumerate(ids)], sizes)
    products = [record[3][0][0] for record in facts_of(bench.partition)[1:] if int(str(record[0])) & 31 == 0]  # type: ignore[index]
    assert products == [f"p{ids.index(one)}" for one in sorted(ids)]


@given(events(ids=100_000))
@PATIENT
def test_the_texts_of_long_ids_are_those_of_the_facts_that_are_left(found: list[Raw]) -> None:
    counts, *records = facts_of(folded(found, max_facts=4).partition)
    kinds = [int(str(record[0])) & 31 for record in records]
    long_ones = {record[2] for record, kind in zip(records, kinds, strict=True) if int(str(record[0])) >> 5 & 32}
    rests = [record[1] for record, kind in zip(records, kinds, strict=True) if kind == 9]
    assert set(rests) == long_ones
    assert len(rests) == 2 * len(long_ones) == counts[7]


LONG = "event-of-the-shop-number-{}-of-them-all"


def test_texts_of_long_ids_take_no_facts_place() -> None:
    found = [view(LONG.format(n), T + n) for n in range(9)]
    assert facts_of(folded(found, max_facts=5).partition)[0] == (5, 0, 0, 0, 0, 0, 0, 10)


def test_a_long_id_stays_as_long_as_one_of_its_records() -> None:
    found: list[Raw] = [
        {"type": "email", "id": LONG.format(1), "at": T, "action": "unsubscribed", "message": "m"},
        {"type": "profile", "id": LONG.format(2), "at": T + 1, "set": {"a": 1, "b": 2}},
    ]
    assert facts_of(folded(found).partition)[0] == (0, 0, 0, 0, 1, 2, 1, 4)
    assert facts_of(folded(found, max_facts=2).partition)[0] == (0, 0, 0, 0, 0, 1, 1, 4)
    assert facts_of(folded(found, max_facts=1).partition)[0] == (0, 0, 0, 0, 0, 0, 1, 2)


def test_of_an_erased_event_no_text_stays() -> None:
    bench = folded([view(LONG.format(n), T + n) for n in range(3)])
    bench.fold({"type": "erase", "id": LONG.format(9), "at": T + 1})
    assert facts_of(bench.partition)[0] == (1, 0, 0, 0, 0, 0, 0, 2)


def test_a_long_id_moves_with_its_event() -> None:
    bench = folded([view(LONG.format(1), T + HOUR), view(LONG.format(1), T), view(LONG.format(2), T)])
    counts, *records = facts_of(bench.partition)
    assert counts == (2, 0, 0, 0, 0, 0, 0, 4)
    assert {int(str(record[0])) >> 12 for record in records} == {T}


def test_a_removed_property_and_an_empty_one_under_one_id_in_either_order() -> None:
    found = [{"type": "profile", "id": "e", "set": {"tier": value}} for value in (None, "")]
    assert facts_of(folded(found).partition) == facts_of(folded(found[::-1]).partition)
