"""Klaviyo, metric by metric and in each shape of record."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.helpers import MAY, MAY_MS, event, events, refusal, skip

PRODUCT = {"ProductID": 11, "SKU": "S", "ProductName": "Chess", "Categories": ["Games", "Gifts"], "Price": 9.99}
LINE = {"ProductID": "11", "Categories": ["Games"], "ItemPrice": 9.99, "Quantity": 2, "RowTotal": 19.98}


def metric(name: str, properties: object = None, **attributes: Any) -> dict[str, Any]:
    profile = {"data": {"type": "profile", "attributes": {"external_id": "ana", "email": "Ana@Shop.example"}}}
    said = {
        "metric": {"data": {"type": "metric", "attributes": {"name": name}}},
        "profile": profile,
        "properties": properties or {},
        "time": MAY,
        "unique_id": "u1",
    }
    return {"data": {"type": "event", "attributes": {**said, **attributes}}}


def said(name: str, properties: dict[str, Any] | None = None, **attributes: Any) -> dict[str, Any]:
    """The event without what all events have."""
    one = event("klaviyo", metric(name, properties, **attributes))
    assert (one.pop("id"), one.pop("user"), one.pop("at")) == (f"{name}:u1", "ana", MAY_MS)
    return one


def test_a_look_at_a_product() -> None:
    expected = {"type": "view", "product": "11", "category": ["Games", "Gifts"], "price": 9.99}
    assert said("Viewed Product", PRODUCT) == expected


def test_a_product_in_the_cart() -> None:
    added = {f"AddedItem{name}": value for name, value in PRODUCT.items()}
    cart = {**added, "$value": 50, "Items": [LINE], "ItemNames": ["Chess"]}
    assert said("Added to Cart", cart) == {
        "type": "cart",
        "product": "11",
        "category": ["Games", "Gifts"],
        "price": 9.99,
    }


@pytest.mark.parametrize("name", ["Started Checkout", "Checkout Started"])
def test_a_checkout_is_a_cart_for_each_line(name: str) -> None:
    carts = events("klaviyo", metric(name, {"Items": [LINE, {**LINE, "ProductID": "12"}]}))
    assert [(one["type"], one["id"], one["product"]) for one in carts] == [
        ("cart", f"{name}:u1:0", "11"),
        ("cart", f"{name}:u1:1", "12"),
    ]
    assert set(carts[0]) == {"type", "id", "user", "at", "product", "category", "price"}


def test_an_order() -> None:
    order = {"OrderId": 7, "Items": [LINE], "DiscountCode": "HI", "DiscountValue": 5, "$value": 1}
    item = {"product": "11", "category": ["Games"], "price": 9.99, "quantity": 2}
    assert said("Placed Order", order, value=14.98, value_currency="USD") == {
        "type": "purchase",
        "order": "7",
        "items": [item],
        "total": 14.98,
        "discount": 5,
        "coupon": "HI",
        "currency": "USD",
    }


def test_an_order_as_klaviyos_integration_with_shopify_tells_it() -> None:
    order = {"Items": ["Chess", "Go"], "Discount Codes": ["HI"], "Total Discounts": "5.00", "$event_id": "77"}
    assert said("Placed Order", {**order, "$value": 20, "$currency_code": "usd"}) == {
        "type": "purchase",
        "order": "77",
        "items": [{"product": "Chess"}, {"product": "Go"}],
        "total": 20,
        "discount": "5.00",
        "coupon": "HI",
        "currency": "USD",
    }


def test_an_order_is_known_by_its_unique_id_where_it_has_no_other() -> None:
    assert said("Placed Order", {}, value=3)["order"] == "u1"


def test_refunds_and_cancellations() -> None:
    assert said("Refunded Order", {"OrderId": "7"}, value=5) == {"type": "refund", "order": "7", "total": 5}
    assert said("Cancelled Order", {"OrderId": "7"}, value=5) == {"type": "refund", "order": "7"}


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("Received Email", "delivered"),
        ("Opened Email", "opened"),
        ("Clicked Email", "clicked"),
        ("Bounced Email", "bounced"),
        ("Marked Email as Spam", "complained"),
        ("Unsubscribed", "unsubscribed"),
        ("Unsubscribed from Email Marketing", "unsubscribed"),
        ("Unsubscribed from List", "unsubscribed"),
        ("Subscribed to Email Marketing", "resubscribed"),
    ],
)
def test_mail(name: str, action: str) -> None:
    mail = {"$message": "UupFUS", "$_cohort$message_send_cohort": "1642928713:UupFUS", "Campaign Name": "May"}
    expected = {"type": "email", "action": action, "message": "1642928713:UupFUS", "campaign": "May"}
    assert said(name, mail) == expected


def test_what_a_machine_did_and_what_bounced_softly() -> None:
    assert said("Opened Email", {"$message": "m", "machine_open": True})["machine"] is True
    assert said("Clicked Email", {"$message": "m", "Bot Click": True, "URL": "/x"})["machine"] is True
    assert said("Bounced Email", {"$message": "m", "Bounce Type": "Soft"})["soft"] is True


def test_an_unsubscription_is_not_lost_for_want_of_a_message() -> None:
    assert said("Unsubscribed")["message"] == "Unsubscribed:u1"
    assert refusal("klaviyo", metric("Opened Email")) == "properties.$message: missing"


def test_a_profile() -> None:
    attributes = {
        "email": "ana@shop.example",
        "external_id": "ana",
        "anonymous_id": "a-1",
        "first_name": "Ana",
        "location": {"city": "Bonn", "timezone": "Europe/Berlin"},
        "properties": {"club": "gold", "pets": ["cat"]},
        "meta": {"patch_properties": {"unset": "old"}},
        "updated": MAY,
    }
    profile, merge = events("klaviyo", {"data": {"type": "profile", "id": "01H", "attributes": attributes}})
    assert (profile["type"], profile["user"], profile["at"]) == ("profile", "ana", MAY_MS)
    assert profile["set"] == {
        "email": "ana@shop.example",
        "first_name": "Ana",
        "location.city": "Bonn",
        "location.timezone": "Europe/Berlin",
        "club": "gold",
    }
    assert merge == {"type": "merge", "id": "merge-a-1", "user": "ana", "at": MAY_MS, "from": "a-1"}


def test_what_an_event_says_of_its_profile_is_a_profile_of_its_own() -> None:
    profile = {"data": {"type": "profile", "attributes": {"email": "a@b.example", "properties": {"club": "gold"}}}}
    view, properties = events("klaviyo", metric("Viewed Product", PRODUCT, profile=profile))
    assert view["user"] == properties["user"] == "a@b.example"
    assert properties["set"] == {"club": "gold"}
    assert properties["id"] == "Viewed Product:u1:profile"


@pytest.mark.parametrize(
    ("profile", "user"),
    [
        ({"external_id": "ana", "email": "x@y.example"}, "ana"),
        ({"email": " Ana@Shop.Example "}, "ana@shop.example"),
        ({"phone_number": "+49123"}, "+49123"),
        ({"anonymous_id": "a-1"}, "a-1"),
        ({}, "key"),
    ],
)
def test_who(profile: dict[str, Any], user: str) -> None:
    for shape in (profile, {"data": {"type": "profile", "attributes": profile}}):
        assert event("klaviyo", metric("Viewed Product", PRODUCT, profile=shape), key=b"key")["user"] == user


def test_an_event_as_the_api_gives_it_back() -> None:
    body = {
        "type": "event",
        "id": "32CLkDXR68M",
        "attributes": {
            "datetime": "2026-05-01T05:00:00+00:00",
            "event_properties": {"$event_id": "UupFUS:1", "$message": "UupFUS"},
            "metric": {"name": "Opened Email"},
        },
        "relationships": {"profile": {"data": {"type": "profile", "id": "01H"}}},
    }
    one = event("klaviyo", body)
    assert (one["user"], one["at"], one["id"]) == ("01H", MAY_MS, "Opened Email:UupFUS:1")


def test_an_old_track_call() -> None:
    body = {
        "token": "public",
        "event": "Viewed Product",
        "customer_properties": {"$email": "Ana@Shop.example", "$first_name": "Ana"},
        "properties": {**PRODUCT, "$event_id": "e1"},
        "time": MAY_MS // 1000,
    }
    view, profile = events("klaviyo", body)
    assert (view["user"], view["at"], view["id"]) == ("ana@shop.example", MAY_MS, "Viewed Product:e1")
    assert profile["set"] == {"first_name": "Ana"}


@pytest.mark.parametrize("time", [MAY, "2026-05-01T05:00:00", "2026-05-01T07:00:00+02:00", MAY_MS // 1000, None])
def test_when(time: object) -> None:
    assert event("klaviyo", metric("Viewed Product", PRODUCT, time=time), at_ms=MAY_MS)["at"] == MAY_MS


def test_one_unique_id_of_two_metrics_is_two_events() -> None:
    order = {"OrderId": "7"}
    assert (
        event("klaviyo", metric("Placed Order", order))["id"] != event("klaviyo", metric("Refunded Order", order))["id"]
    )


def test_an_event_without_an_id_has_that_of_its_content() -> None:
    ids = {
        event("klaviyo", metric("Viewed Product", PRODUCT, unique_id=None, time=time))["id"]
        for time in (MAY, MAY, 1_777_611_601)
    }
    assert len(ids) == 2


@pytest.mark.parametrize("name", ["Ordered Product", "Fulfilled Order", "Active on Site", "Something of ours"])
def test_what_is_skipped(name: str) -> None:
    assert skip("klaviyo", metric(name, PRODUCT)) == f"klaviyo: {name}"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({}, "metric.name: missing, or no text"),
        (metric("Viewed Product", ["x"]), "properties: ['x'] is no object"),
        (metric("Viewed Product"), "properties.ProductID: missing"),
        (metric("Viewed Product", {**PRODUCT, "Price": "12 USD"}), "properties.Price: '12 USD' is not a number"),
        (
            metric("Placed Order", {"Items": [{**LINE, "Quantity": 0}]}),
            "properties.Items[0].Quantity: 0 is not a whole number above 0",
        ),
        (metric("Placed Order", {"Items": 5}), "properties.Items: 5 is no object"),
        (metric("Placed Order", {}, value=-1), "properties.value: -1 is negative"),
        (metric("Cancelled Order", {}, unique_id=None), "properties.OrderId: missing"),
        (metric("Started Checkout", {}), "properties.Items: missing"),
        (metric("Viewed Product", PRODUCT, time=None), "time: missing"),
        (metric("Viewed Product", PRODUCT, time=5), "time: 5 is before the year 2000"),
        (metric("Viewed Product", PRODUCT, profile={}), "profile.external_id: missing, and there is no email"),
        (metric("Viewed Product", PRODUCT, profile=7), "profile: 7 is no object"),
        (metric("Viewed Product", PRODUCT, profile={"email": {}}), "profile.email: {} is no text and no number"),
    ],
)
def test_what_is_refused(body: dict[str, Any], reason: str) -> None:
    assert refusal("klaviyo", body) == reason
