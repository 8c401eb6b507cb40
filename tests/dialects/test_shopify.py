"""Shopify, topic by topic."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.dialects.translate import Translator
from streams.dialects.words import Record, Shop, Translated
from tests.dialects.helpers import MAY, MAY_MS, event, events, refusal, skip

LINE = {"id": 5, "product_id": 11, "variant_id": 99, "sku": "S", "title": "Chess", "price": "20.00", "quantity": 2}
ITEM = {"product": "11", "price": "20.00", "quantity": 2}
ORDER: dict[str, Any] = {
    "id": 77,
    "customer": {"id": 42, "email": "ana@shop.example"},
    "created_at": "2026-05-01T01:00:00-04:00",
    "updated_at": "2026-05-01T01:00:00-04:00",
    "currency": "EUR",
    "financial_status": "paid",
    "total_price": "43.00",
    "total_discounts": "0.00",
    "line_items": [LINE],
}
PURCHASE = {
    "type": "purchase",
    "user": "42",
    "order": "77",
    "items": [ITEM],
    "total": "43.00",
    "discount": "0.00",
    "currency": "EUR",
}
REFUND: dict[str, Any] = {
    "id": 9,
    "order_id": 77,
    "created_at": MAY,
    "user_id": 1,
    "refund_line_items": [],
    "transactions": [{"kind": "refund", "status": "success", "amount": "13.00", "currency": "EUR"}],
}
CUSTOMER: dict[str, Any] = {"id": 42, "email": "ana@shop.example", "first_name": "Ana", "updated_at": MAY}
HOUR_MS = 3_600_000


def webhook(topic: str, *more: tuple[str, bytes]) -> dict[str, Any]:
    return {"headers": [("X-Shopify-Topic", topic.encode()), ("X-Shopify-Triggered-At", MAY.encode()), *more]}


# -- orders


@pytest.mark.parametrize(
    "topic", ["orders/create", "orders/paid", "orders/updated", "orders/fulfilled", "ORDERS_CREATE"]
)
def test_an_order_is_one_purchase_on_whatever_topic(topic: str) -> None:
    assert event("shopify", ORDER, **webhook(topic)) == {**PURCHASE, "id": f"order-77-{MAY_MS}", "at": MAY_MS}


def test_an_update_is_a_newer_content_and_does_not_move_the_order() -> None:
    order = {**ORDER, "updated_at": "2026-05-01T02:00:00-04:00"}
    first, newer = events("shopify", order, **webhook("orders/updated"))
    assert first == {**PURCHASE, "id": "order-77", "at": MAY_MS}
    assert newer == {**PURCHASE, "id": f"order-77-{MAY_MS + HOUR_MS}", "at": MAY_MS + HOUR_MS}
    # where both stand at the order's date, the created one's content counts: the greater id
    assert f"order-77-{MAY_MS}" > first["id"]


def test_a_creation_told_late_is_still_of_its_date() -> None:
    order = {**ORDER, "updated_at": "2026-05-01T01:00:01-04:00"}
    assert event("shopify", order, **webhook("orders/create"))["at"] == MAY_MS


def test_an_imported_order_is_of_the_day_on_which_it_was_placed() -> None:
    order = {**ORDER, "processed_at": "2020-01-01T00:00:00Z"}
    assert events("shopify", order, **webhook("orders/updated"))[0]["at"] == 1_577_836_800_000


def test_coupons_and_automatic_discounts() -> None:
    coded = {**ORDER, "discount_codes": [{"code": "HI", "amount": "4.00"}], "total_discounts": "4.00"}
    assert event("shopify", coded, **webhook("orders/create"))["coupon"] == "HI"
    applied = {**ORDER, "discount_applications": [{"type": "discount_code", "code": "HO"}]}
    assert event("shopify", applied, **webhook("orders/create"))["coupon"] == "HO"
    automatic = {**ORDER, "discount_applications": [{"type": "automatic", "title": "Sale"}], "total_discounts": "4.00"}
    one = event("shopify", automatic, **webhook("orders/create"))
    assert (one["discount"], "coupon" in one) == ("4.00", False)


def test_amounts_are_in_the_shops_currency_whatever_the_buyer_saw() -> None:
    seen = {"presentment_money": {"amount": "50.00", "currency_code": "USD"}}
    order = {**ORDER, "presentment_currency": "USD", "total_price_set": seen}
    one = event("shopify", order, **webhook("orders/create"))
    assert (one["total"], one["currency"]) == ("43.00", "EUR")
    assert "currency" not in event("shopify", order, **webhook("orders/create"), shop=Shop("EUR"))


def test_category_of_lines() -> None:
    for told, category in (("Toys", "Toys"), (["Toys", "Gifts"], ["Toys", "Gifts"])):
        order = {**ORDER, "line_items": [{**LINE, "product_type": told}]}
        assert event("shopify", order, **webhook("orders/create"))["items"][0]["category"] == category
    known = Shop(categories={"11": "Games"})
    assert event("shopify", ORDER, **webhook("orders/create"), shop=known)["items"] == [{**ITEM, "category": "Games"}]


def test_lines_without_a_product_and_lines_that_were_taken_out() -> None:
    lines = [{**LINE, "product_id": None, "sku": ""}, {**LINE, "quantity": 0}]
    order = {**ORDER, "line_items": lines}
    assert event("shopify", order, **webhook("orders/create"))["items"] == [{**ITEM, "product": "Chess"}]


def test_a_guest_is_their_address() -> None:
    order = {**ORDER, "customer": None, "email": "Ana@Shop.example"}
    assert event("shopify", order, **webhook("orders/create"))["user"] == "ana@shop.example"


@pytest.mark.parametrize(
    ("change", "name"),
    [({"test": True}, "test order"), ({"customer": None}, "order without a customer")],
)
def test_orders_that_are_skipped(change: dict[str, Any], name: str) -> None:
    assert skip("shopify", {**ORDER, **change}, **webhook("orders/create")) == f"shopify: {name}"


def test_a_cancelled_order_is_given_back_whole_and_once() -> None:
    order = {**ORDER, "cancelled_at": "2026-05-01T06:00:00Z", "refunds": [REFUND]}
    for topic in ("orders/cancelled", "orders/updated"):
        _, refund = events("shopify", order, **webhook(topic))
        assert refund == {
            "type": "refund",
            "id": "order-77-cancelled",
            "user": "42",
            "at": MAY_MS + HOUR_MS,
            "order": "77",
        }


# -- refunds


def test_a_refund_is_one_event_by_its_own_webhook_and_by_the_orders() -> None:
    expected = {"type": "refund", "id": "refund-9", "user": "42", "at": MAY_MS, "order": "77", "total": "13.00"}
    _, told = events("shopify", {**ORDER, "refunds": [REFUND]}, **webhook("orders/updated"))
    own = event("shopify", {**REFUND, "customer": {"id": 42}}, **webhook("refunds/create"))
    assert told == own == {**expected, "currency": "EUR"}


def test_a_refund_that_names_no_customer_is_left_to_the_orders_update() -> None:
    assert skip("shopify", REFUND, **webhook("refunds/create"), key=b"77") == "shopify: refund without a customer"


def test_what_was_given_back() -> None:
    def total(**change: Any) -> object:
        refund = {**REFUND, "customer": {"id": 42}, **change}
        return event("shopify", refund, **webhook("refunds/create"))["total"]

    paid = REFUND["transactions"][0]
    assert total(transactions=[paid, paid]) == "26.00"
    assert total(transactions=[paid, {**paid, "status": "failure"}, {**paid, "kind": "sale"}]) == "13.00"
    both = {"shop_money": {"amount": "12.00", "currency_code": "EUR"}}
    assert total(transactions=[{**paid, "currency": "USD", "amount_set": both}]) == "12.00"
    assert total(transactions=None, refund_line_items=[{"subtotal": 20.0, "total_tax": 1.5}]) == "21.5"


def test_a_refund_after_its_order_is_of_the_orders_customer() -> None:
    translator = Translator("shopify")
    told: list[Translated] = []
    for topic, body in (("orders/create", ORDER), ("refunds/create", REFUND)):
        told += translator.parts(Record(orjson.dumps(body), None, webhook(topic)["headers"]))
    expected = {"type": "refund", "id": "refund-9", "user": "42", "at": MAY_MS, "order": "77", "total": "13.00"}
    assert told[1].events[0].items() >= expected.items()


def test_of_orders_long_ago_the_customers_are_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.dialects.translate.MOST_ORDERS", 2)
    translator = Translator("shopify")
    for number in (77, 78, 79):
        translator.parts(Record(orjson.dumps({**ORDER, "id": number}), None, webhook("orders/create")["headers"]))
    [told] = translator.parts(Record(orjson.dumps(REFUND), None, webhook("refunds/create")["headers"]))
    assert told.skipped == "shopify: refund without a customer"


def test_a_refund_of_nothing_is_none() -> None:
    refund = {**REFUND, "customer": {"id": 42}, "transactions": []}
    assert skip("shopify", refund, **webhook("refunds/create")) == "shopify: refund of nothing"
    assert len(events("shopify", {**ORDER, "refunds": [refund]}, **webhook("orders/updated"))) == 1


# -- checkouts


def test_a_checkout_is_a_cart_for_each_line_once() -> None:
    checkout = {"token": "t", "customer": {"id": 42}, "created_at": MAY, "currency": "EUR", "line_items": [LINE]}
    cart = {"type": "cart", "id": "checkout-t-99", "user": "42", "at": MAY_MS, "product": "11", "price": "20.00"}
    assert event("shopify", checkout, **webhook("checkouts/create")) == {**cart, "currency": "EUR"}
    later = {**checkout, "updated_at": "2026-05-01T06:00:00Z", "line_items": [LINE, {**LINE, "variant_id": 98}]}
    assert events("shopify", later, **webhook("checkouts/create"))[0]["at"] == MAY_MS
    again, new = events("shopify", later, **webhook("checkouts/update"))
    assert again["id"] == cart["id"]
    assert (new["id"], new["at"]) == ("checkout-t-98", MAY_MS + HOUR_MS)
    assert (
        skip("shopify", {**checkout, "customer": None}, **webhook("checkouts/create"))
        == "shopify: checkout without a customer"
    )


# -- customers


def test_a_customer_and_their_consent() -> None:
    consent = {"state": "unsubscribed", "consent_updated_at": "2026-05-01T06:00:00Z"}
    home = {"country_code": "DE", "province_code": "NW", "city": "Bonn", "zip": "53111"}
    customer = {**CUSTOMER, "default_address": home, "email_marketing_consent": consent}
    profile, gone = events("shopify", customer, **webhook("customers/update"))
    assert profile == {
        "type": "profile",
        "id": f"customer-42-{MAY_MS}",
        "user": "42",
        "at": MAY_MS,
        "set": {
            "email": "ana@shop.example",
            "first_name": "Ana",
            "country": "DE",
            "province": "NW",
            "city": "Bonn",
            "zip": "53111",
        },
    }
    assert (gone["type"], gone["action"], gone["at"]) == ("email", "unsubscribed", MAY_MS + HOUR_MS)
    alone = {"customer_id": 42, "email_marketing_consent": consent}
    assert event("shopify", alone, **webhook("customers_email_marketing_consent/update")) == gone


@pytest.mark.parametrize(
    ("state", "action"), [("subscribed", "resubscribed"), ("not_subscribed", None), ("pending", None)]
)
def test_consent(state: str, action: str | None) -> None:
    customer = {**CUSTOMER, "email_marketing_consent": {"state": state}}
    told = events("shopify", customer, **webhook("customers/create"))[1:]
    assert [one["action"] for one in told] == ([action] if action else [])


def test_customers_become_one() -> None:
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/42",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/43",
        "status": "completed",
    }
    merge = {"type": "merge", "id": "merge-43", "user": "42", "at": MAY_MS, "from": "43"}
    assert event("shopify", body, **webhook("customers/merge")) == merge
    failed = skip("shopify", {**body, "status": "failed"}, **webhook("customers/merge"))
    assert failed == "shopify: customers/merge: not completed"


def test_to_forget_a_customer() -> None:
    body = {"shop_id": 1, "shop_domain": "x.example", "customer": {"id": 42}, "orders_to_redact": []}
    request = ("X-Shopify-Event-Id", b"e-1")
    erase = {"type": "erase", "id": "redact-e-1", "user": "42", "at": MAY_MS}
    assert event("shopify", body, **webhook("customers/redact", request)) == erase
    assert event("shopify", body, at_ms=MAY_MS) == {**erase, "id": f"redact-{MAY_MS}"}
    assert refusal("shopify", body) == "X-Shopify-Triggered-At: missing"


# -- topics


@pytest.mark.parametrize("topic", ["carts/update", "products/update", "shop/redact", "themes/publish"])
def test_topics_that_are_skipped(topic: str) -> None:
    assert skip("shopify", {"id": 1}, **webhook(topic)) == f"shopify: {topic}"


def test_the_newer_headers_have_no_x() -> None:
    assert event("shopify", ORDER, headers=[("shopify-topic", b"orders/paid")])["order"] == "77"


def test_a_record_without_topic_is_known_by_what_it_holds() -> None:
    assert event("shopify", ORDER)["type"] == "purchase"
    assert event("shopify", {"order": ORDER})["type"] == "purchase"
    assert len(events("shopify", {"orders": [ORDER, {**ORDER, "id": 78}]})) == 2
    reason = "X-Shopify-Topic: missing, and the record looks like none that is known"
    assert refusal("shopify", {"hello": 1}) == reason


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        ("orders/create", {**ORDER, "id": None}, "id: missing"),
        ("orders/create", {**ORDER, "created_at": None}, "created_at: missing"),
        ("orders/create", {**ORDER, "customer": {"id": []}}, "customer.id: [] is no text and no number"),
        ("orders/create", {**ORDER, "total_price": "free"}, "total_price: 'free' is not a number"),
        ("orders/create", {**ORDER, "line_items": 7}, "line_items: 7 is no list"),
        ("orders/create", {**ORDER, "line_items": [{}]}, "line_items[0].product_id: missing"),
        ("orders/create", {**ORDER, "refunds": [{}]}, "refunds[0].id: missing"),
        (
            "refunds/create",
            {**REFUND, "customer": {"id": 1}, "order_id": None},
            "order_id: missing",
        ),
        ("refunds/create", {**REFUND, "customer": {"id": 1}, "transactions": [{}]}, "transactions[0].amount: missing"),
        ("customers/update", {}, "id: missing"),
        ("customers/redact", {}, "customer: missing"),
    ],
)
def test_what_is_refused(topic: str, body: dict[str, Any], reason: str) -> None:
    assert refusal("shopify", body, **webhook(topic)) == reason
