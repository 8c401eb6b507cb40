"""Values and keys of records: common fields, broken and huge values, and that nothing else can happen."""

from __future__ import annotations

import base64
from time import perf_counter
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.decode import MAX_BYTES, Refusal, content_id, decode_event, refused_record
from streams.events.native import Erase, View
from tests.events.raw import LEAST, STRUCTS, decoded, event, reason, reason_of


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
NAMES = ("type", "id", "user", "at", "product", "price", "order", "items", "total", "set", "action", "message")


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
