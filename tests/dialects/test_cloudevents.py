"""Envelopes of CloudEvents, structured and binary, around each dialect, and how a dialect is seen."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest

from tests.dialects.helpers import MAY, MAY_MS, become, event, refusal, skip
from tests.dialects.test_klaviyo import PRODUCT, metric
from tests.dialects.test_segment import track
from tests.dialects.test_shopify import ORDER, webhook

VIEW = {"type": "view", "user": "ana", "at": MAY, "product": "p1"}
CALL = track("Product Viewed", {"product_id": "p1"})
ENVELOPE = {"specversion": "1.0", "id": "c1", "source": "/shop", "type": "shop.event"}
HEADERS = [(f"ce_{name}", value.encode()) for name, value in ENVELOPE.items()]
SPOKEN: dict[str, Any] = {
    "native": VIEW,
    "segment": CALL,
    "klaviyo": metric("Viewed Product", PRODUCT),
    "shopify": ORDER,
}


@pytest.mark.parametrize("spoken", SPOKEN)
@pytest.mark.parametrize("named", ["cloudevents", "auto", "its own"])
def test_what_is_in_an_envelope_is_as_if_there_were_none(spoken: str, named: str) -> None:
    dialect = spoken if named == "its own" else named
    body = SPOKEN[spoken]
    bare = event(spoken, body)
    encoded = base64.b64encode(orjson.dumps(body)).decode()
    bare["id"] = bare.get("id", "/shop#c1")
    assert event(dialect, body, headers=HEADERS) == bare
    assert event(dialect, {**ENVELOPE, "data": body}) == bare
    assert event(dialect, {**ENVELOPE, "data_base64": encoded}) == bare


def test_the_envelope_stands_in_for_what_is_missing() -> None:
    call = {**CALL, "messageId": None, "timestamp": None}
    one = event("segment", {**ENVELOPE, "time": MAY, "data": call}, at_ms=1)
    assert (one["id"], one["at"]) == ("/shop#c1", MAY_MS)


def test_the_type_may_tell_a_webhooks_topic() -> None:
    for kind in ("com.shopify.orders.create", "orders/create"):
        body = {**ENVELOPE, "type": kind, "data": {**ORDER, "updated_at": "2026-05-02T00:00:00Z"}}
        assert event("shopify", body)["at"] == MAY_MS
    assert (
        skip("auto", {**ENVELOPE, "type": "com.shopify.products.update", "data": {"id": 1}})
        == "shopify: products/update"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (CALL, "specversion: missing, and there is no header ce_specversion"),
        ({**ENVELOPE, "specversion": "0.3", "data": CALL}, "specversion: must be 1.0"),
        ({**ENVELOPE, "id": "", "data": CALL}, "id: missing"),
        ({**ENVELOPE, "source": None, "data": CALL}, "source: missing"),
        ({**ENVELOPE, "type": 5.5, "data": [1]}, "data: [1] is no object"),
        (ENVELOPE, "data: missing"),
        ({**ENVELOPE, "data_base64": "?"}, "data_base64: is no JSON in base64"),
        ({**ENVELOPE, "data_base64": "eA=="}, "data_base64: is no JSON in base64"),
    ],
)
def test_broken_envelopes(body: dict[str, Any], reason: str) -> None:
    assert refusal("cloudevents", body) == reason


def test_a_binary_envelope_must_be_whole() -> None:
    assert refusal("auto", CALL, headers=HEADERS[:2]) == "ce_source: missing"
    assert refusal("auto", CALL, headers=[("ce_specversion", b"2.0")]) == "ce_specversion: must be 1.0"


# -- which dialect


@pytest.mark.parametrize("spoken", SPOKEN)
def test_each_dialect_is_seen(spoken: str) -> None:
    assert become("auto", SPOKEN[spoken]) == become(spoken, SPOKEN[spoken])


def test_a_webhook_is_seen_by_its_header() -> None:
    assert skip("auto", {"id": 1}, **webhook("themes/publish")) == "shopify: themes/publish"


def test_what_could_be_two_or_none_is_refused() -> None:
    where = "name the topic's dialect in the settings"
    assert refusal("auto", {"hello": 1}) == f"dialect: the record looks like none that is known; {where}"
    assert (
        refusal("auto", CALL, **webhook("orders/create"))
        == f"dialect: the record looks like segment or shopify; {where}"
    )


# -- values that are no table


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "JSON is malformed: "),
        (b"[1]", "value: [1] is no object"),
        (b"\xff", "JSON is malformed: "),
        (b'"' + b"x" * (1 << 20) + b'"', "the value is over 1048576 bytes"),
    ],
)
def test_values_that_are_no_table(raw: bytes, reason: str) -> None:
    assert str(refusal("auto", raw)).startswith(reason)


def test_a_key_that_is_no_text() -> None:
    assert refusal("segment", CALL, key=b"\xff") == "key: is no UTF-8"


def test_a_native_event_is_left_as_it_is() -> None:
    assert event("native", {"type": "view", "at": MAY, "product": 1, "more": [1]}, key=b"ana") == {
        "type": "view",
        "at": MAY,
        "product": 1,
        "more": [1],
        "user": "ana",
    }
