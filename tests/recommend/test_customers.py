"""What a customer is shown, and why."""

from __future__ import annotations

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.native import Event
from streams.recommend.listing import AGAIN, BOUGHT_WITH, NEW_CATEGORY, POPULAR, SEEN_WITH, VIEWED
from streams.recommend.products import Feed, Product
from tests.recommend.said import DAY_MS, MINUTE_MS, START_MS, asked, buy, event, ids, tastes, view

CROWD = tastes(80, 4)
END_MS = START_MS + 40 * DAY_MS


def whys(events: list[Event], user: str, count: int = 10) -> dict[str, str]:
    """Product -> why, of a customer's list."""
    return {pick.product: pick.why for pick in asked(events).for_customer(user, count)}


def test_what_was_viewed_and_not_bought_comes_first() -> None:
    events = [
        *CROWD,
        view("new", "b12", END_MS),
        view("new", "q9", END_MS),
        view("new", "b10", END_MS),
        buy("new", "b10", at_ms=END_MS + 1),
    ]
    picks = asked(events).for_customer("new", 5)
    assert [(pick.product, pick.why) for pick in picks[:2]] == [("b12", VIEWED), ("q9", VIEWED)]
    assert "b10" not in ids(picks)


def test_an_older_view_says_less() -> None:
    events = [*CROWD, view("new", "b10", END_MS - 20 * DAY_MS), view("new", "b20", END_MS)]
    assert ids(asked(events).for_customer("new", 5))[0] == "b20"


def test_what_goes_with_a_purchase_is_shown_with_it() -> None:
    """The customer has bought a product of the taste 2; half of what is shown is of that taste, as is a quarter of
    all."""
    picks = asked([*CROWD, buy("new", "a20", "b21", at_ms=END_MS)]).for_customer("new", 6)
    together = [pick for pick in picks if pick.why == BOUGHT_WITH]
    assert len(together) >= 3
    assert all(pick.product[1] == "2" and pick.goes_with in ("a20", "b21") for pick in together)


def test_what_is_viewed_with_something_is_shown_with_it() -> None:
    crowd = []
    for number in range(60):
        pair = ("x1", "x2") if number % 2 else ("y1", "y2")
        crowd += [view(f"u{number}", one, START_MS + place * MINUTE_MS) for place, one in enumerate(pair)]
    picks = asked([*crowd, view("new", "x1", END_MS)]).for_customer("new", 3)
    assert [(pick.product, pick.why, pick.goes_with) for pick in picks[:2]] == [
        ("x1", VIEWED, ""),
        ("x2", SEEN_WITH, "x1"),
    ]


def test_a_purchase_that_was_given_back_may_be_shown_again() -> None:
    bought = buy("new", "a20", at_ms=END_MS, order="o")
    back = event("refund", "new", END_MS + DAY_MS, order="o")
    count = 50
    assert "a20" not in whys([*CROWD, bought], "new", count)
    assert "a20" in whys([*CROWD, bought, back], "new", count)


def test_explorers_are_shown_what_is_popular_in_new_categories() -> None:
    more = [buy(f"v{number}", "z1", at_ms=END_MS) for number in range(5)] + [buy("v1", "z2", at_ms=END_MS)]
    recommender = asked([*CROWD, *more, *(buy("new", f"a{taste}0", at_ms=END_MS) for taste in range(4))])
    picks = recommender.for_customer("new", 10)
    assert len({pick.product[0] for pick in picks} - {"a"}) >= 2
    only = recommender.for_customer("new", 6, kinds={NEW_CATEGORY})
    assert {pick.why for pick in only} <= {NEW_CATEGORY}
    assert "a" not in {pick.product[0] for pick in only}
    assert "z1" in ids(only)


def test_out_of_stock_is_not_shown() -> None:
    everything = [Product(f"{letter}{taste}{number}") for letter in "abc" for taste in range(4) for number in range(3)]
    feed = Feed((product, not product.id.startswith("a")) for product in everything)
    events = [*CROWD, view("new", "a10", END_MS), view("new", "q99", END_MS), buy("new", "b10", at_ms=END_MS)]
    for user in ("new", "u1", "nobody"):
        picks = asked(events, feed).for_customer(user, 20)
        assert len(picks) > 10
        assert {pick.product[0] for pick in picks} == {"b", "c"}


def test_again_also_what_they_have() -> None:
    weekly = [buy("new", "a10", at_ms=END_MS + week * 7 * DAY_MS) for week in range(10)]
    recommender = asked([*CROWD, *weekly])
    assert recommender.for_customer("new", 5, again=True)[0][:2] == ("a10", AGAIN)
    assert "a10" not in ids(recommender.for_customer("new", 5))


def test_nobody_knows_them_their_segments_then_what_is_popular() -> None:
    of_taste_1 = [f"u{number}" for number in range(1, 80, 4)]
    recommender = asked(CROWD, ones=of_taste_1)
    picks = recommender.for_customer("new", 8, ["ones", "nobody-in-it"])
    assert ids(picks[:4]) == ids(recommender.for_segment("ones", 8)[:4])
    assert {pick.product[1] for pick in picks[:4]} == {"1"}
    plain = recommender.for_customer("new", 6)
    assert {pick.why for pick in plain} == {POPULAR}
    assert [pick.product[0] for pick in plain[:3]] != [plain[0].product[0]] * 3
    assert {pick.product[0] for pick in plain[:3]} == {"a", "b", "c"}


def test_of_an_empty_shop_nothing() -> None:
    recommender = asked([])
    assert recommender.for_customer("ana", 10) == []
    assert recommender.for_segment("any", 10) == []


def test_ties_are_in_the_order_of_ids() -> None:
    events = [buy("ana", "x3"), buy("bob", "x1"), buy("cid", "x2")]
    for order in (events, events[::-1], [events[1], events[0], events[2]]):
        assert ids(asked(order).for_customer("new", 3)) == ["x1", "x2", "x3"]
        assert ids(asked(order).for_customer("bob", 2)) == ["x2", "x3"]


def test_what_is_older_than_retention_is_forgotten() -> None:
    events = [buy("ana", "x1"), buy("bob", "x1", at_ms=START_MS + 731 * DAY_MS)]
    assert ids(asked(events).for_customer("ana", 3)) == ["x1"]
    assert ids(asked(events).for_customer("bob", 3)) == []


@settings(max_examples=40)
@given(seed=st.integers(0, 1 << 30), count=st.integers(1, 15))
def test_never_what_they_have_and_the_same_in_any_order(seed: int, count: int) -> None:
    chance = Random(seed)
    events = tastes(12, 3, seed)
    events += [view(f"u{chance.randrange(14)}", f"a{chance.randrange(4)}0", END_MS + n * MINUTE_MS) for n in range(20)]
    recommender = asked(events)
    customers = [f"u{number}" for number in range(14)]
    lists = {user: recommender.for_customer(user, count) for user in customers}
    for user, picks in lists.items():
        has = {item.product for one in events if one.user == user for item in getattr(one, "items", ())}
        assert not has & set(ids(picks))
        assert len(set(ids(picks))) == len(picks) == min(count, len(_shown(events) - has))
    by_customer = sorted(events, key=lambda one: (str(one.user), int(one.at)))
    again = asked(by_customer)
    again.rank(max(int(one.at) for one in events))
    assert {user: again.for_customer(user, count) for user in customers} == lists


def _shown(events: list[Event]) -> set[str]:
    items = {str(item.product) for one in events for item in getattr(one, "items", ())}
    return items | {str(one.product) for one in events if hasattr(one, "product")}
