"""The simulated weeks as a Shopify shop tells them: webhooks of orders, checkouts and customers; what Shopify does not
tell, views and mail, comes as CloudEvents from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from streams.dialects.words import Record
from streams.events.instants import stamp
from tests.dialects.weeks import Event, record

CURRENCY = "EUR"
_HERE = timezone(timedelta(hours=-4))


def as_shopify_can_say(events: list[Event]) -> list[Event]:
    """The native events with what Shopify knows of a customer."""
    return [
        {**event, "set": {"first_name": event["set"]["name"], "country": event["set"]["country"]}}
        if event["type"] == "profile"
        else event
        for event in events
    ]


def in_shopify(events: list[Event]) -> Iterator[Record]:
    """Each order comes on three topics, a refund by its own webhook and by the order's update."""
    orders: dict[str, Event] = {}
    for event in events:
        match event["type"]:
            case "purchase":
                orders[event["order"]] = order = _order(event)
                yield _webhook("orders/create", order, event)
                yield _webhook("orders/paid", {**order, "updated_at": _time(event["at"] + 1000)}, event)
                yield _webhook("orders/create", {**order, "id": 1, "test": True}, event)
            case "refund" if event["order"] in orders:
                refund = _refund(event, orders[event["order"]])
                yield _webhook("refunds/create", refund, event)
                order = {**orders[event["order"]], "refunds": [refund], "updated_at": _time(event["at"] + 2000)}
                yield _webhook("orders/updated", order, event)
            case "cart":
                yield _webhook("checkouts/create", _checkout(event), event)
                later = {**_checkout(event), "updated_at": _time(event["at"] + 60_000)}
                yield _webhook("checkouts/update", later, event)
            case "profile":
                yield _webhook("customers/update", _customer(event), event)
            case "view":
                yield record(event, {"ce_specversion": "1.0", "ce_type": "shop.view", **_envelope(event, "ce_")})
            case "email":
                yield record({"specversion": "1.0", "type": "shop.mail", **_envelope(event, ""), "data": event})


def _envelope(event: Event, prefix: str) -> dict[str, str]:
    return {f"{prefix}id": event["id"], f"{prefix}source": "/shop", f"{prefix}time": stamp(event["at"])}


def _webhook(topic: str, body: Event, event: Event) -> Record:
    named = {"X-Shopify-Topic": topic, "X-Shopify-Event-Id": f"{topic}-{event['id']}"}
    return record(body, {**named, "X-Shopify-Triggered-At": stamp(event["at"])})


def _time(at_ms: int) -> str:
    """A stamp as Shopify writes it: seconds, with the shop's offset."""
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(_HERE).isoformat()


def _order(event: Event) -> Event:
    codes = [{"code": event["coupon"], "amount": f"{event['discount']:.2f}"}] if "coupon" in event else []
    return {
        "id": int(event["order"]),
        "customer": {"id": int(event["user"]), "email": "a@b.example"},
        "created_at": _time(event["at"]),
        "updated_at": _time(event["at"]),
        "currency": CURRENCY,
        "presentment_currency": "USD",
        "financial_status": "paid",
        "total_price": event["total"],
        "total_price_set": {"presentment_money": {"amount": "1.00", "currency_code": "USD"}},
        "total_discounts": f"{event.get('discount', 0):.2f}",
        "discount_codes": codes,
        "test": False,
        "line_items": [_line(item, number) for number, item in enumerate(event["items"])],
    }


def _line(fact: Event, number: int) -> Event:
    return {
        "id": number + 1,
        "variant_id": 10_000 + int(fact["product"]),
        "product_id": int(fact["product"]),
        "price": f"{fact['price']:.2f}",
        "quantity": fact.get("quantity", 1),
    }


def _refund(event: Event, order: Event) -> Event:
    amount = event.get("total", order["total_price"])
    money: dict[str, Any] = {"amount": str(amount), "currency": CURRENCY}
    return {
        "id": 7_000_000 + order["id"],
        "order_id": order["id"],
        "created_at": _time(event["at"]),
        "user_id": 4711,
        "refund_line_items": [],
        "transactions": [
            {"kind": "refund", "status": "success", **money},
            {"kind": "refund", "status": "failure", **money},
        ],
    }


def _checkout(event: Event) -> Event:
    return {
        "token": f"t{event['id']}",
        "customer": {"id": int(event["user"])},
        "created_at": _time(event["at"]),
        "updated_at": _time(event["at"]),
        "currency": CURRENCY,
        "line_items": [_line(event, 0)],
    }


def _customer(event: Event) -> Event:
    return {"id": int(event["user"]), "updated_at": _time(event["at"]), **event["set"]} | {
        "country": None,
        "default_address": {"country_code": event["set"]["country"]},
    }
