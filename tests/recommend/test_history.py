"""What a customer has, against a slow look at all that was said."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.recommend.history import History
from streams.recommend.runs import SESSION_MOST, SESSION_MS, TOGETHER_MS, Run, Session, together
from tests.recommend.said import DAY_MS, START_MS, buy, counting_of, event, merge, settled, view


def said(seed: int, count: int) -> list[dict[str, Any]]:
    """Orders, updates of them and refunds of one customer, as JSON."""
    chance = Random(seed)
    found: list[dict[str, Any]] = []
    for number in range(count):
        common = {"id": f"e{number}", "user": "ana", "at": START_MS + chance.randrange(20) * DAY_MS}
        order = f"o{chance.randrange(4)}"
        if chance.random() < 0.7:
            products = [f"p{chance.randrange(6)}" for _ in range(chance.randint(0, 3))]
            items = [{"product": one, "price": 1} for one in products]
            found.append({**common, "type": "purchase", "order": order, "items": items})
        else:
            total = {} if chance.random() < 0.3 else {"total": chance.randint(0, 2)}
            found.append({**common, "type": "refund", "order": order, **total})
    return found


def has(events: list[dict[str, Any]]) -> dict[str, int]:
    """Product -> the instant of the first order that stands and has it, from the contract's text."""
    found: dict[str, int] = {}
    for order in {one["order"] for one in events}:
        contents = [one for one in events if one["type"] == "purchase" and one["order"] == order]
        refunds = [one for one in events if one["type"] == "refund" and one["order"] == order]
        if not contents:
            continue
        items = max(contents, key=lambda one: (one["at"], one["id"]))["items"]
        back = sum(len(items) if "total" not in one else one["total"] for one in refunds)
        whole = any("total" not in one for one in refunds) or (refunds and back >= len(items))
        for product in {one["product"] for one in items} if not whole else ():
            first_ms = min(one["at"] for one in contents)
            found[product] = min(found.get(product, first_ms), first_ms)
    return found


@given(seed=st.integers(0, 1 << 30), count=st.integers(0, 12), chance=st.randoms())
def test_what_a_customer_has(seed: int, count: int, chance: Any) -> None:
    events = said(seed, count)
    arrived = events + chance.sample(events, len(events) // 2)
    chance.shuffle(arrived)
    counting = counting_of(map(settled, arrived))
    history = counting.histories.get("ana", History())
    shown = counting.catalogue.products.shown
    assert {shown[one]: at_ms for one, at_ms in history.bought.items()} == has(events)


def test_a_session_ends_half_an_hour_after_its_last_view() -> None:
    session = Session()
    assert session.look(1, START_MS) == Run((1,), (), START_MS)
    assert session.look(2, START_MS + SESSION_MS) == Run((2,), (1,), START_MS + SESSION_MS)
    assert session.look(1, START_MS + SESSION_MS) is None
    assert session.look(3, START_MS + 2 * SESSION_MS) == Run((3,), (1, 2), START_MS + 2 * SESSION_MS)
    assert session.look(4, START_MS + 3 * SESSION_MS + 1) == Run((4,), (), START_MS + 3 * SESSION_MS + 1)


def test_a_late_view_takes_its_place_in_time() -> None:
    history = History()
    minute_ms = 60_000
    assert history.look(1, START_MS) == ([], [Run((1,), (), START_MS)])
    assert history.look(2, START_MS + 50 * minute_ms) == ([], [Run((2,), (), START_MS + 50 * minute_ms)])
    gone, there = history.look(3, START_MS + 25 * minute_ms)  # it makes one session of two
    assert gone == [Run((1,), (), START_MS), Run((2,), (), START_MS + 50 * minute_ms)]
    assert [run[:2] for run in there] == [((1,), ()), ((3,), (1,)), ((2,), (1, 3))]
    assert history.look(3, START_MS + 25 * minute_ms) == ([], [])
    assert list(history.viewed) == [1, 3, 2]


def test_a_session_remembers_its_newest_products() -> None:
    session = Session()
    for product in range(100):
        run = session.look(product, START_MS)
    assert run is not None
    assert run.others == tuple(range(99 - SESSION_MOST, 99))
    assert session.look(99, START_MS) is None


def test_purchases_within_28_days_go_together() -> None:
    recent: dict[int, int] = {}
    assert together(recent, [1, 2], START_MS)[:2] == ((1, 2), ())
    assert together(recent, [2, 3], START_MS + TOGETHER_MS)[:2] == ((3,), (1, 2))
    assert together(recent, [1, 4], START_MS + TOGETHER_MS + 1)[:2] == ((1, 4), (2, 3))


def test_erased_is_what_happened_up_to_then_also_what_comes_later() -> None:
    old, new = buy("ana", "a1"), buy("ana", "a2", at_ms=START_MS + 2)
    erase = event("erase", "ana", START_MS + 1)
    late = view("ana", "a3", START_MS + 1)
    for events in ([old, new, erase, late], [erase, late, old, new], [new, old, late, erase]):
        counting = counting_of(events)
        history = counting.histories["ana"]
        assert [counting.catalogue.products.shown[one] for one in history.bought] == ["a2"]
        assert not history.viewed
        assert [order.at_ms for order in history.orders.values()] == [START_MS + 2]


def test_merged_customers_have_what_both_have() -> None:
    order = buy("ana", "a1", order="o1")
    back = event("refund", "bob", START_MS + 3, order="o2")
    counting = counting_of(
        [
            *(
                order,
                buy("bob", "a2", order="o2"),
                view("bob", "a3"),
                merge("ana", "bob", START_MS + 1),
            ),
            *(buy("bob", "a4", at_ms=START_MS + 2), back),
        ]
    )
    assert list(counting.histories) == ["ana"]
    assert counting.home("bob") == "ana"
    shown, history = counting.catalogue.products.shown, counting.histories["ana"]
    assert sorted(shown[one] for one in history.bought) == ["a1", "a4"]
    assert [shown[one] for one in history.viewed] == ["a3"]


def test_merges_make_no_circle() -> None:
    counting = counting_of(
        [
            *(
                merge("a", "b"),
                merge("b", "a"),
                merge("a", "a"),
            ),
            *(merge("c", "b"), view("b", "x1")),
        ]
    )
    assert counting.home("a") == counting.home("b") == "c"
    assert list(counting.histories) == ["c"]
