"""Every type and field: what is accepted and how it is settled, what is refused and why, and nothing else."""

from __future__ import annotations

import base64
from time import perf_counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.decode import MAX_BYTES, Refusal, content_id, decode_event, refused_record
from streams.events.native import Cart, Email, Erase, Event, Profile, Purchase, Refund, View

AT = 1_767_225_600_000
LEAST: dict[str, dict[str, Any]] = {
    "view": {"product": "p"},
    "cart": {"product": "p"},
    "purchase": {"order": "o"},
    "refund": {"order": "o"},
    "email": {"action": "sent", "message": "m"},
    "profile": {"set": {"tier": "gold"}},
    "erase": {},
}
STRUCTS = {"view": View, "cart": Cart, "purchase": Purchase, "refund": Refund, "email": Email, "profile": Profile}
KEPT = {"view": "product", "cart": "product", "purchase": "order", "refund": "order", "email": "message"}


def event(kind: str = "view", **fields: Any) -> dict[str, Any]:
    """A raw event with the fewest fields and those given; of ``...`` the field is left out."""
    whole = {"type": kind, "id": "e", "user": "ana", "at": AT, **LEAST[kind], **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def decoded(kind: str = "view", key: bytes | None = b"key", **fields: Any) -> Event:
    found = decode_event(orjson.dumps(event(kind, **fields)), key)
    assert not isinstance(found, Refusal), found.reason
    return found


def reason(kind: str = "view", key: bytes | None = b"key", **fields: Any) -> str:
    return reason_of(orjson.dumps(event(kind, **fields)), key)


def reason_of(raw: bytes | None, key: bytes | None = b"key") -> str:
    found = decode_event(raw, key)
    assert isinstance(found, Refusal), found
    return found.reason


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
    assert decoded(kind, session={"deep": [1, {"x": None}]}, link="https://shop.example") == decoded(kind)


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


def test_ten_thousand_properties_and_a_million_items_are_refused_in_bounded_time() -> None:
    properties = orjson.dumps(event("profile", set={str(n): n for n in range(10_000)}))
    items = orjson.dumps(event("purchase", items=[])).replace(b"[]", b"[" + b"{}," * 1_000_000 + b"{}]")
    lines = orjson.dumps(event("purchase", items=[{"product": 1}] * 60_000))
    start = perf_counter()
    assert reason_of(properties) == "set: more than 1000 properties"
    assert reason_of(items) == f"the value is over {MAX_BYTES} bytes"
    assert reason_of(lines) == "items: more than 1000"
    assert perf_counter() - start < 2


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"type": "vew"}, "vew"),
        ({"type": "View"}, "View"),
        ({"type": 1}, "type"),
        ({"type": None}, "type"),
        ({"type": ...}, "type"),
        ({"at": "2026-01-01T00:00:00"}, "at: '2026-01-01T00:00:00' is neither"),
        ({"at": "1767225600000"}, "at: '1767225600000' is neither"),
        ({"at": 1_767_225_600_000.0}, "at"),
        ({"at": True}, "at"),
        ({"at": "1999-12-31T23:59:59Z"}, "is before the year 2000"),
        ({"user": ""}, "user: is empty"),
        ({"user": ["ana"]}, "user"),
        ({"user": True}, "user"),
        ({"user": "\0names"}, "NUL"),
        ({"user": "x" * 10_001}, "user: too long"),
        ({"id": True}, "id"),
        ({"id": {}}, "id"),
        ({"currency": "USD"}, "currency: no rate is configured for 'USD'"),
        ({"currency": 1}, "currency"),
    ],
)
def test_the_common_fields_refused(fields: dict[str, Any], named: str) -> None:
    assert named in reason(**fields)


def test_the_user_is_the_key_where_the_event_names_none() -> None:
    assert decoded(user=..., key="zoë".encode()).user == "zoë"
    assert decoded(user=None).user == "key"
    assert decoded(user=42, key=None).user == "42"
    assert decoded(key=b"\xff").user == "ana"
    assert "no key" in reason(user=..., key=None)
    assert "no key" in reason(user=..., key=b"")
    assert "utf-8" in reason(user=..., key=b"\xff")


@pytest.mark.parametrize(("event_id", "text"), [("e-1", "e-1"), (7, "7"), (7.5, "7.5"), (0, "0")])
def test_an_id_is_text(event_id: object, text: str) -> None:
    assert decoded(id=event_id).id == text


@pytest.mark.parametrize("event_id", [..., None, ""])
def test_an_event_without_id_is_named_by_its_canonical_content(event_id: object) -> None:
    whole = event(id=event_id, product="p", price=1)
    turned = dict(reversed(whole.items()))
    spaced = orjson.dumps(turned, option=orjson.OPT_INDENT_2)
    ids = {decoded(id=event_id, price=1).id, decode_event(spaced).id, content_id(spaced)}  # type: ignore[union-attr]
    assert len(ids) == 1
    assert content_id(orjson.dumps(event(id=event_id, price=2))) not in ids


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"",
        b" ",
        b"null",
        b"[]",
        b"42",
        b"{",
        b"{}",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"not json",
        b'{"type":"erase","at":1767225600000,"user":"\\ud800"}',
        b'{"type":"erase","at":1767225600000,"user":"\\udfff\\ud800"}',
        b'{"type":"erase","at":1767225600000,"user":"\xed\xa0\x80"}',
        b'{"type":"erase","at":1767225600000,"user":"a"} x',
        b'{"type":"erase","at":1767225600000,"user":"a"}{}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
)
def test_what_is_no_event_is_refused(raw: bytes | None) -> None:
    assert reason_of(raw)


@pytest.mark.parametrize("depth", [100, 254, 300, 900, 1_100, 100_000])
@pytest.mark.parametrize("event_id", ["e", ...])
def test_depth_costs_at_most_the_event(depth: int, event_id: object) -> None:
    """An event with no id is read a second time for its digest, which has a limit of its own."""
    raw = orjson.dumps(event(id=event_id, extra=1)).replace(b'"extra":1', b'"extra":' + b"[" * depth + b"]" * depth)
    found = decode_event(raw)
    assert isinstance(found, View) or found == Refusal("nested too deeply")


def test_a_value_of_one_mebibyte_is_the_largest() -> None:
    raw = orjson.dumps(event(extra=""))
    fitting = raw.replace(b'"extra":""', b'"extra":"' + b"x" * (MAX_BYTES - len(raw)) + b'"')
    assert len(fitting) == MAX_BYTES
    assert isinstance(decode_event(fitting), View)
    assert reason_of(fitting + b" ") == reason_of(b"x" * (2 << 20)) == "the value is over 1048576 bytes"


def test_a_refusal_shows_little_of_a_long_value() -> None:
    assert len(reason(at="9" * 100_000)) < 200
    assert len(reason(price="9" * 100_000)) < 200
    assert len(reason("email", action="9" * 100_000)) < 250
    assert len(reason(currency="9" * 100_000)) < 200


def test_a_refused_record_holds_the_bytes_as_they_were() -> None:
    said = orjson.loads(refused_record("why", "views", 3, 99, b"ana", b'{"type":"\xc3\xb6"}'))
    assert said == {
        "reason": "why", "topic": "views", "partition": 3, "offset": 99, "key": "ana", "raw": '{"type":"ö"}',
    }  # fmt: skip
    said = orjson.loads(refused_record("why", "views", 0, 0, b"\xff", b"\xfe\x00"))
    assert base64.b64decode(said["key_base64"]) == b"\xff"
    assert base64.b64decode(said["raw_base64"]) == b"\xfe\x00"
    said = orjson.loads(refused_record("why", "views", 0, 0, None, None))
    assert (said["key"], said["raw"]) == (None, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = "type id user at currency product category price order items total discount set action message".split()


@given(st.one_of(st.none(), st.binary(max_size=60)), st.one_of(st.none(), st.binary(max_size=8)))
def test_any_bytes_give_an_event_or_a_refusal(raw: bytes | None, key: bytes | None) -> None:
    found = decode_event(raw, key)
    assert isinstance(found, (*STRUCTS.values(), Erase, Refusal))
    orjson.loads(refused_record("why", "views", 0, 0, key, raw))


@given(st.sampled_from(sorted(LEAST)), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=3), st.binary(max_size=4))
def test_any_fields_give_a_whole_event_or_a_refusal(kind: str, fields: dict[str, Any], key: bytes) -> None:
    found = decode_event(orjson.dumps({**event(kind), **fields}), key)
    if isinstance(found, Refusal):
        assert found.reason
    else:
        assert isinstance(found.at, int)
        assert isinstance(found.id, str)
        assert isinstance(found.user, str)
        assert found.user
