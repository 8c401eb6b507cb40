"""What is counted of all customers together."""

from __future__ import annotations

from collections import defaultdict
from random import Random

import pytest

from streams.events.native import Event
from streams.recommend.counting import Counting
from streams.recommend.ranking import SEEN_SHARE, Ranking
from tests.recommend.said import DAY_MS, MINUTE_MS, START_MS, buy, counting_of, event, merge, tastes, view


def popular(counting: Counting, days: int = 0) -> dict[str, float]:
    """Products with their popularity so many days after the start."""
    ranking = Ranking(counting, START_MS + days * DAY_MS)
    shown = counting.catalogue.products.shown
    return {shown[one]: float(ranking.popular[one]) for one in ranking.order.tolist()}


def pairs(counting: Counting) -> dict[tuple[str, str], float]:
    """All pairs that were bought together."""
    shown, found = counting.catalogue.products.shown, {}
    scale = counting.pair_decay.scale(START_MS)
    for one in counting.bought_together.products():
        row = counting.bought_together.row(one)
        for other, weight in zip(row.ids.tolist(), row.counts.tolist(), strict=True):
            found[shown[one], shown[other]] = weight * scale
    return found


def test_popular_is_what_customers_take_up() -> None:
    events = [buy("ana", "a1", "b1"), buy("ana", "a1"), buy("bob", "a1"), view("bob", "c1"), view("bob", "c1")]
    assert popular(counting_of(events)) == pytest.approx({"a1": 2, "b1": 1, "c1": SEEN_SHARE})
    assert popular(counting_of(events), 60) == pytest.approx({"a1": 1, "b1": 0.5, "c1": SEEN_SHARE / 2})


def test_what_was_given_back_is_not_popular() -> None:
    events = [buy("ana", "a1", order="o1"), event("refund", "ana", START_MS + DAY_MS, order="o1")]
    assert popular(counting_of(events)) == {"a1": 0}
    assert popular(counting_of([*events, events[0], events[1]])) == {"a1": 0}
    assert popular(counting_of(reversed(events))) == {"a1": 0}
    part = event("refund", "ana", order="o1", total=0.5)
    assert popular(counting_of([events[0], part, part])) == {"a1": 1}


def test_what_an_erased_customer_took_up_is_not_popular() -> None:
    events = [buy("ana", "a1", "a2"), buy("bob", "a1"), buy("ana", "a2", at_ms=START_MS + 2)]
    erased = popular(counting_of([*events, event("erase", "ana", START_MS + 1)]))
    assert erased == pytest.approx({"a1": 1, "a2": 1})
    assert popular(counting_of([*events, event("erase", "ana", START_MS + 2)])) == pytest.approx({"a1": 1, "a2": 0})


def test_an_order_update_counts_once() -> None:
    first = buy("ana", "a1", "a2", order="o1")
    update = buy("ana", "a2", "a3", order="o1", at_ms=START_MS + 5 * DAY_MS)
    for events in ([first, update], [update, first], [first, update, first, update]):
        found = {product: value for product, value in popular(counting_of(events)).items() if value}
        assert found == pytest.approx({"a2": 1, "a3": 1})


def test_neither_order_nor_duplicates_matter() -> None:
    events = tastes(40, 5)
    chance = Random(5)
    expected = counting_of(events)
    for _ in range(3):  # those of each customer stay in order, as they do in a partition
        users = [str(one.user) for one in events]
        chance.shuffle(users)
        queues: defaultdict[str, list[Event]] = defaultdict(list)
        for one in events:
            queues[str(one.user)].append(one)
        arrived = [queues[user].pop(0) for user in users]
        found = counting_of(one for event in arrived for one in (event, event))
        assert popular(found) == pytest.approx(popular(expected))
        assert pairs(found) == pytest.approx(pairs(expected))


def test_views_of_a_session_go_together() -> None:
    counting = counting_of(
        [view("ana", "a1"), view("ana", "a2", START_MS + MINUTE_MS), view("ana", "a3", START_MS + DAY_MS)]
    )
    assert len(counting.seen_together.products()) == 2
    assert counting.seen_together.row(0).counts.tolist() == pytest.approx([1], rel=1e-3)


def test_an_events_customers_are_told() -> None:
    counting = Counting()
    assert counting.take(view("ana", "a1")) == ("ana",)
    assert counting.take(event("profile", "ana", set={"a": 1})) == ()
    assert counting.take(event("email", "ana", action="sent", message="m")) == ()
    assert counting.take(merge("bob", "ana")) == ("bob", "ana")
    assert counting.take(view("ana", "a1")) == ("bob",)
    assert counting.take(event("erase", "bob")) == ("bob",)
    assert counting.take(view("bob", "a1")) == ()


def test_categories_are_the_newest_that_were_said() -> None:
    catalogue = counting_of(
        [
            event("view", "ana", product="P1 ", category=["Shoes", "Sale"]),
            event("view", "ana", product="p1", category="shoes"),
            event("view", "ana", product="p1"),
            event("view", "ana", product="p2", category=[]),
        ]
    ).catalogue
    assert (catalogue.products.shown, catalogue.categories.shown) == (["P1 ", "p2"], ["Shoes"])
    assert [catalogue.category_of(one) for one in range(2)] == [0, -1]
