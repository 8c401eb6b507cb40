"""Segment and RudderStack, call by call."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.dialects.segment import RECEIVED
from streams.dialects.translate import translate
from streams.dialects.words import Record, Shop
from tests.dialects.helpers import MAY, MAY_MS, become, event, events, refusal, skip

PRODUCT = {"product_id": "p1", "sku": "S-1", "category": "Games", "name": "Chess", "price": "18.99", "quantity": 2}


def track(name: str, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    call = {"type": "track", "event": name, "userId": "ana", "messageId": "m1", "timestamp": MAY}
    return {**call, "properties": properties or {}, **more}


def said(name: str, properties: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """The event without what all events have."""
    one = event("segment", track(name, properties, **more))
    assert (one.pop("id"), one.pop("user"), one.pop("at")) == ("m1", "ana", MAY_MS)
    return one


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Product Viewed", "view"),
        ("Viewed Product", "view"),
        ("product viewed", "view"),
        ("product_viewed", "view"),
        ("Product Added", "cart"),
        ("Added Product", "cart"),
        ("Wishlist Product Added to Cart", "cart"),
    ],
)
def test_products(name: str, kind: str) -> None:
    assert said(name, PRODUCT) == {"type": kind, "product": "p1", "category": "Games", "price": "18.99"}


@pytest.mark.parametrize("name", ["Order Completed", "Completed Order", "Order Updated", "Updated Order"])
def test_orders(name: str) -> None:
    order = {"order_id": 7, "total": 27.5, "revenue": 25, "discount": 2.5, "coupon": "HI", "products": [PRODUCT]}
    line = {"product": "p1", "category": "Games", "price": "18.99", "quantity": 2}
    expected = {"order": "7", "items": [line], "total": 27.5, "discount": 2.5, "coupon": "HI"}
    assert said(name, order) == {"type": "purchase", **expected}


def test_an_order_without_total_counts_its_revenue_and_one_without_both_its_products() -> None:
    assert said("Order Completed", {"order_id": "o", "revenue": 25})["total"] == 25
    assert "total" not in said("Order Completed", {"order_id": "o", "products": [PRODUCT]})


def test_products_of_v1_are_named_by_id() -> None:
    order = said("Completed Order", {"orderId": "o", "products": [{"id": "p9", "price": 1}]})
    assert order["items"] == [{"product": "p9", "price": 1}]


def test_refunds_and_cancellations() -> None:
    assert said("Order Refunded", {"order_id": "o", "total": 5}) == {"type": "refund", "order": "o", "total": 5}
    assert said("Refunded Order", {"order_id": "o"}) == {"type": "refund", "order": "o"}
    part = {"order_id": "o", "products": [PRODUCT, {"product_id": "p2", "price": 1}]}
    assert said("Order Refunded", part) == {"type": "refund", "order": "o", "total": "38.98"}
    lacking = {"order_id": "o", "products": [{"product_id": "p2"}]}
    reason = "properties.total: missing, and not every product has a price"
    assert refusal("segment", track("Order Refunded", lacking)) == reason
    assert said("Order Cancelled", {"order_id": "o", "total": 30}) == {"type": "refund", "order": "o"}


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("Email Sent", "sent"),
        ("Email Delivered", "delivered"),
        ("Email Opened", "opened"),
        ("Email Link Clicked", "clicked"),
        ("Email Bounced", "bounced"),
        ("Email Marked as Spam", "complained"),
        ("Unsubscribed", "unsubscribed"),
        ("Resubscribed", "resubscribed"),
    ],
)
def test_mail(name: str, action: str) -> None:
    mail = {"email_id": "e1", "campaign_id": "123", "campaign_name": "May"}
    assert said(name, mail) == {"type": "email", "action": action, "message": "e1", "campaign": "May"}


def test_what_a_machine_opened_and_what_bounced_softly() -> None:
    assert said("Email Opened", {"email_id": "e", "machine_open": True})["machine"] is True
    assert said("Email Link Clicked", {"email_id": "e", "is_bot": "true", "link_url": "/x"})["link"] == "/x"
    assert said("Email Bounced", {"email_id": "e", "bounce_type": "Soft bounce"})["soft"] is True
    assert said("Email Bounced", {"email_id": "e", "bounce_type": "hard"})["soft"] is False


def test_an_unsubscription_is_not_lost_for_want_of_a_message() -> None:
    assert said("Unsubscribed", {"list_id": "1"}) == {"type": "email", "action": "unsubscribed", "message": "m1"}
    assert refusal("segment", track("Email Opened", {})) == "properties.email_id: missing"


def test_identify_sets_traits_and_joins_the_history_before_login() -> None:
    call = {"type": "identify", "userId": "ana", "anonymousId": "a-1", "messageId": "m1", "timestamp": MAY}
    traits = {"plan": "gold", "logins": 5, "gone": None, "address": {"city": "Bonn", "geo": {"lat": 1}}, "tags": ["x"]}
    profile, merge = events("segment", {**call, "traits": traits})
    flat = {"plan": "gold", "logins": 5, "gone": None, "address.city": "Bonn", "address.geo.lat": 1}
    assert profile == {"type": "profile", "id": "m1", "user": "ana", "at": MAY_MS, "set": flat}
    assert merge == {"type": "merge", "id": "merge-a-1", "user": "ana", "at": MAY_MS, "from": "a-1"}


def test_identify_of_one_id_is_no_merge() -> None:
    call = {"type": "identify", "userId": "ana", "anonymousId": "ana", "timestamp": MAY}
    assert event("segment", call)["set"] == {}
    assert event("segment", {**call, "userId": None})["user"] == "ana"


def test_alias_merges() -> None:
    call = {"type": "alias", "userId": "ana", "previousId": "a-1", "messageId": "m1", "timestamp": MAY}
    assert event("segment", call) == {"type": "merge", "id": "m1", "user": "ana", "at": MAY_MS, "from": "a-1"}
    assert refusal("segment", {**call, "previousId": None}) == "previousId: missing"
    assert refusal("segment", {**call, "userId": None}) == "userId: missing"


@pytest.mark.parametrize(
    ("ids", "user"),
    [
        ({"userId": "ana"}, "ana"),
        ({"user_id": 42}, "42"),
        ({"userId": "ana", "anonymousId": "a-1"}, "ana"),
        ({"userId": None, "anonymousId": "a-1"}, "a-1"),
        ({"userId": "", "anonymous_id": "a-1"}, "a-1"),
        ({}, "key"),
    ],
)
def test_who(ids: dict[str, Any], user: str) -> None:
    call = {**track("Product Viewed", PRODUCT), "userId": None, **ids}
    assert event("segment", call, key=b"key")["user"] == user


@pytest.mark.parametrize(
    ("times", "at_ms"),
    [
        ({"timestamp": MAY}, MAY_MS),
        ({"timestamp": "2026-05-01T07:00:00+02:00"}, MAY_MS),
        # the device's clock is an hour ahead and sent after 2 s
        (
            {
                "timestamp": "2026-01-01T00:00:00Z",
                "originalTimestamp": "2026-05-01T06:00:00.000Z",
                "sentAt": "2026-05-01T06:00:02.000Z",
                "receivedAt": "2026-05-01T05:00:02.000Z",
            },
            MAY_MS,
        ),
        ({"originalTimestamp": MAY, "sentAt": "2026-06-01T00:00:00Z"}, MAY_MS),
        ({"receivedAt": MAY}, MAY_MS),
        ({}, 1_000_000_000_000),
    ],
)
def test_when(times: dict[str, Any], at_ms: int) -> None:
    call = {**track("Product Viewed", PRODUCT), "timestamp": None, **times}
    assert event("segment", call, at_ms=1_000_000_000_000)["at"] == at_ms


def test_a_call_without_an_id_has_that_of_its_content_whatever_its_way() -> None:
    call = {**track("Product Viewed", PRODUCT), "messageId": None}
    one = event("segment", {**call, "sentAt": MAY, "receivedAt": MAY})
    again = event("segment", {**call, "sentAt": MAY, "receivedAt": "2026-05-01T05:00:09Z"})
    other = event("segment", {**call, "timestamp": "2026-05-01T05:00:01Z"})
    assert one["id"] == again["id"] != other["id"]


def test_two_calls_without_id_and_time_are_told_apart_by_when_they_were_written() -> None:
    call = {**track("Product Viewed", PRODUCT), "messageId": None, "timestamp": None}
    ids = {event("segment", call, at_ms=MAY_MS + late)["id"] for late in (0, 0, 1)}
    assert len(ids) == 2


@pytest.mark.parametrize("name", ["Product Clicked", "Checkout Started", "Something of ours"])
def test_what_is_skipped(name: str) -> None:
    assert skip("segment", track(name, PRODUCT)) == f"segment: {name}"


@pytest.mark.parametrize("call", ["page", "screen", "group", "delete"])
def test_calls_that_are_skipped(call: str) -> None:
    assert skip("rudderstack", {"type": call, "userId": "ana"}) == f"rudderstack: {call}"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({}, "type: missing, or no text"),
        ({"type": 1}, "type: missing, or no text"),
        ({"type": "track"}, "event: missing"),
        (track("Product Viewed"), "properties.product_id: missing"),
        (track("Product Viewed", {"product_id": ["x"]}), "properties.product_id: ['x'] is no text and no number"),
        (track("Product Viewed", {**PRODUCT, "price": -3}), "properties.price: -3 is negative"),
        (track("Product Viewed", {**PRODUCT, "price": "cheap"}), "properties.price: 'cheap' is not a number"),
        (track("Product Viewed", {**PRODUCT, "price": True}), "properties.price: True is no amount"),
        (
            track("Product Viewed", {**PRODUCT, "currency": "dollars"}),
            "properties.currency: 'dollars' is not a currency's three letters",
        ),
        ({**track("Product Viewed"), "properties": [1]}, "properties: [1] is no object"),
        (track("Order Completed", {"products": []}), "properties.order_id: missing"),
        (
            track("Order Completed", {"order_id": 1, "products": [PRODUCT, {}]}),
            "properties.products[1].product_id: missing",
        ),
        (track("Order Completed", {"order_id": 1, "products": [7]}), "properties.products[0]: 7 is no object"),
        (
            track("Order Completed", {"order_id": 1, "products": [{**PRODUCT, "quantity": 1.5}]}),
            "properties.products[0].quantity: 1.5 is not a whole number above 0",
        ),
        (track("Product Viewed", PRODUCT, userId={}), "userId: {} is no text and no number"),
        (track("Product Viewed", PRODUCT, userId=None), "userId: missing, and there is no anonymousId"),
        (track("Product Viewed", PRODUCT, timestamp=None), "timestamp: missing"),
        (
            track("Product Viewed", PRODUCT, timestamp="1999-01-01T00:00:00Z"),
            "timestamp: '1999-01-01T00:00:00Z' is before the year 2000",
        ),
        (
            track("Product Viewed", PRODUCT, timestamp="yesterday"),
            "timestamp: 'yesterday' is neither an RFC 3339 stamp with an offset nor whole epoch milliseconds",
        ),
        ({"type": "identify", "userId": "a", "traits": 7, "timestamp": MAY}, "traits: 7 is no object"),
    ],
)
def test_what_is_refused(call: dict[str, Any], reason: str) -> None:
    assert refusal("segment", call) == reason


def test_money_of_the_shop_needs_no_rate() -> None:
    call = track("Product Viewed", {**PRODUCT, "currency": "usd"})
    assert become("segment", call).events[0]["currency"] == "USD"
    assert "currency" not in become("segment", call, shop=Shop("USD")).events[0]
    assert become("segment", call, shop=Shop("EUR")).events[0]["currency"] == "USD"


def test_a_product_without_category_gets_that_of_the_catalogue() -> None:
    shop = Shop(categories={"p1": ["Games", "Gifts"], "p2": "Books"})
    assert event("segment", track("Product Viewed", {"product_id": "p2"}), shop=shop)["category"] == "Books"
    order = event(
        "segment", track("Order Completed", {"order_id": 1, "products": [{"product_id": "p1"}, PRODUCT]}), shop=shop
    )
    assert [line["category"] for line in order["items"]] == [["Games", "Gifts"], "Games"]


def test_many_categories_are_cut_to_what_a_fact_can_have() -> None:
    many = [f"c{number}" for number in range(12)]
    assert said("Product Viewed", {**PRODUCT, "category": many})["category"] == many[:8]


def test_a_batch_is_its_calls() -> None:
    calls = [track("Product Viewed", PRODUCT, messageId=f"m{number}") for number in range(3)]
    batch = {"batch": [*calls, {**calls[0], "event": "Song Played"}, 7, {**calls[0], "properties": []}], "context": {}}
    told = translate("segment", [Record(orjson.dumps(batch), at_ms=MAY_MS)])
    assert [[one["id"] for one in part.events] for part in told[:3]] == [["m0"], ["m1"], ["m2"]]
    assert told[3].skipped == "segment: Song Played"
    assert [part.refused for part in told[4:]] == [
        "batch[4]: 7 is no object",
        "batch[5].properties.product_id: missing",
    ]
    assert refusal("segment", {"batch": 7}) == "batch: 7 is no list"


def test_a_batch_tells_when_it_was_sent_and_the_front_door_when_it_came() -> None:
    """The device's clock is an hour slow: its stamps are put right by what lies between sending and receiving."""
    call = track("Product Viewed", PRODUCT, timestamp="2026-05-01T03:59:58Z")
    body = {"batch": [call], "sentAt": "2026-05-01T04:00:00Z"}
    received = [(RECEIVED, b"2026-05-01T05:00:02Z")]
    assert event("segment", body, headers=received)["at"] == MAY_MS
    bare = track("Product Viewed", PRODUCT)
    bare.pop("timestamp", None)
    assert event("segment", bare, headers=received, at_ms=MAY_MS + 3_000)["at"] == MAY_MS + 3_000


def test_calls_that_are_alike_are_one_in_a_batch_and_alone() -> None:
    call = track("Product Viewed", PRODUCT)
    call.pop("messageId", None)
    alone = event("segment", call)
    assert event("segment", {"batch": [call]}) == alone
