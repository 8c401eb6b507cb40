"""Every type and its fields: what is accepted and how it is settled, what is refused and where."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.events.native import Cart, Email, Erase, Profile, Purchase, Refund, View
from tests.events.raw import AT, KEPT, LEAST, STRUCTS, decoded, event, reason, reason_of


@pytest.mark.parametrize("kind", sorted(LEAST))
def test_the_fewest_fields_are_enough(kind: str) -> None:
    found = decoded(kind)
    assert (type(found), found.at, found.id, found.user) == (STRUCTS.get(kind, Erase), AT, "e", "ana")


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind in sorted(LEAST) for name in (*LEAST[kind], "at")])
def test_a_required_field_is_required(kind: str, name: str) -> None:
    missing: dict[str, Any] = {name: ...}
    null: dict[str, Any] = {name: None}
    assert name in reason(kind, **missing)
    assert reason(kind, **null)


@pytest.mark.parametrize(("kind", "name"), sorted(KEPT.items()))
def test_numbers_become_text_where_text_is_meant(kind: str, name: str) -> None:
    def given(value: object) -> dict[str, Any]:
        return {name: value}

    for value, text in ((42, "42"), (42.0, "42"), ("042", "042")):
        assert getattr(decoded(kind, **given(value)), name) == text
    for wrong in (True, ["42"], "x" * 10_001):
        assert name in reason(kind, **given(wrong))


@pytest.mark.parametrize("kind", sorted(LEAST))
def test_unknown_fields_are_ignored(kind: str) -> None:
    assert decoded(kind, session={"deep": [1, {"x": None}]}, page="https://shop.example") == decoded(kind)


@pytest.mark.parametrize(
    ("fields", "settled"),
    [
        ({"category": "Shoes "}, "Shoes "),
        ({"category": 7}, "7"),
        ({"category": None}, None),
        ({"category": ["a", 7, 7.5]}, ["a", "7", "7.5"]),
        ({"category": ["a", None]}, ["a"]),
        ({"category": []}, []),
        ({"category": list("abcdefgh")}, list("abcdefgh")),
    ],
)
def test_categories(fields: dict[str, Any], settled: object) -> None:
    found = decoded(**fields)
    assert isinstance(found, View)
    assert found.category == settled


@pytest.mark.parametrize("category", [list("abcdefghi"), True, [True], [["a"]], {"a": 1}, "x" * 10_001, ["x" * 10_001]])
def test_no_category(category: object) -> None:
    assert "category" in reason(category=category)


@pytest.mark.parametrize(
    ("price", "amount"), [(19.9, 199_000), ("19.90", 199_000), (0, 0), (None, None), ("1e2", 1_000_000)]
)
def test_prices(price: object, amount: int | None) -> None:
    found = decoded("cart", price=price)
    assert isinstance(found, Cart)
    assert found.price == amount


@pytest.mark.parametrize("price", [-1, "-0.5", "free", "", True, [1], {"amount": 1}, "1e400", "NaN", "Infinity", 1e300])
def test_no_price(price: object) -> None:
    assert "price" in reason(price=price)


def test_a_price_beyond_64_bits_is_refused() -> None:
    raw = orjson.dumps(event(price=1)).replace(b'"price":1', b'"price":%d' % 2**70)
    assert reason_of(raw) == f"price: {2**70} is too large"


@pytest.mark.parametrize(
    "number", [b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"9" * 5_000, b"01", b"+1", b".5"]
)
def test_numbers_that_json_has_not(number: bytes) -> None:
    assert reason_of(orjson.dumps(event(price=1)).replace(b'"price":1', b'"price":' + number))


@pytest.mark.parametrize(
    ("fields", "total"),
    [
        ({}, 0),
        ({"total": "49.90"}, 499_000),
        ({"total": None}, 0),
        ({"total": 0, "items": [{"product": "p", "price": 5}]}, 0),
        ({"items": [{"product": "p", "price": "19.90", "quantity": 2}, {"product": "q", "price": 0.1}]}, 399_000),
        ({"items": [{"product": "p"}, {"product": "q", "price": 5}]}, 50_000),
        ({"items": [{"product": "p", "price": 5, "quantity": "3"}], "discount": "2.50"}, 125_000),
        ({"items": [{"product": "p", "price": 5}], "discount": 9}, 0),
        ({"total": 10, "discount": 3}, 100_000),
        ({"items": [{"product": "p", "price": "0.00005"}, {"product": "q", "price": "0.00005"}]}, 0),
    ],
)
def test_the_total_of_an_order(fields: dict[str, Any], total: int) -> None:
    found = decoded("purchase", **fields)
    assert isinstance(found, Purchase)
    assert found.total == total


def test_an_order_is_settled_to_its_last_line() -> None:
    found = decoded("purchase", order=7, items=[{"product": 1, "category": ["a", 2]}], coupon="SALE", discount=None)
    assert isinstance(found, Purchase)
    (item,) = found.items
    assert (found.order, item.product, item.category, item.price, item.quantity) == ("7", "1", ["a", "2"], None, 1)
    assert (found.coupon, found.discount) == ("SALE", 0)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"items": [{"product": "p"}, {"product": "p", "quantity": 0}]}, r"items[1].quantity: 0 "),
        ({"items": [{"product": "p", "quantity": 1.5}]}, r"items[0].quantity: 1.5 "),
        ({"items": [{"product": "p", "quantity": "two"}]}, r"items[0].quantity: 'two' "),
        ({"items": [{"product": "p", "quantity": -1}]}, r"items[0].quantity: -1 "),
        ({"items": [{"product": "p", "price": -1}]}, r"items[0].price: -1 "),
        ({"items": [{"price": 1}]}, "product"),
        ({"items": ["p"]}, "items"),
        ({"items": {"product": "p"}}, "items"),
        ({"items": [{"product": "p"}] * 1_001}, "items: more than 1000"),
        ({"items": [{"product": "p", "price": 4e10, "quantity": 2}]}, "items: their sum is too large"),
        ({"total": -1}, "total: -1 is negative"),
        ({"total": "lots"}, "total: 'lots' is not a number"),
        ({"total": 5, "discount": -1}, "discount: -1 is negative"),
        ({"coupon": True}, "coupon"),
    ],
)
def test_no_order(fields: dict[str, Any], where: str) -> None:
    assert where in reason("purchase", **fields)


def test_refunds() -> None:
    whole, part = decoded("refund"), decoded("refund", order=7, total="5.00")
    assert isinstance(whole, Refund)
    assert isinstance(part, Refund)
    assert (whole.total, part.order, part.total) == (None, "7", 50_000)
    assert "total" in reason("refund", total=-5)


@pytest.mark.parametrize(
    "action", ["sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "resubscribed"]
)
def test_every_action_of_a_message(action: str) -> None:
    found = decoded("email", action=action, message=7, campaign=8, segment=9.0, machine=True, soft=False)
    assert isinstance(found, Email)
    assert (found.action, found.message, found.campaign, found.segment) == (action, "7", "8", "9")
    assert (found.machine, found.soft) == (True, False)


@pytest.mark.parametrize(
    "fields", [{"action": "Opened"}, {"action": ""}, {"action": 1}, {"machine": 1}, {"soft": "yes"}]
)
def test_no_message(fields: dict[str, Any]) -> None:
    assert next(iter(fields)) in reason("email", **fields)


def test_properties() -> None:
    values = {"a": "x", "b": 1, "c": 1.5, "d": True, "e": None, "": ""}
    found = decoded("profile", set=values)
    assert isinstance(found, Profile)
    assert found.set == values


@pytest.mark.parametrize(
    "values",
    [
        [],
        "gold",
        {"a": [1]},
        {"a": {"b": 1}},
        {"a" * 10_001: 1},
        {"a": "x" * 10_001},
        {str(n): n for n in range(1_001)},
    ],
)
def test_no_properties(values: object) -> None:
    assert "set" in reason("profile", set=values)
