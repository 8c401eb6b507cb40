"""Some weeks of the simulated shop, in the native vocabulary and as three platforms would tell them.

The native events are brought into a form that all of them can say: numbers for ids as Shopify has, whole seconds, no
two events of a customer at one instant, and mail as Klaviyo tells it, which knows what was delivered and not what was
sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from streams.demo.shop import DAY_MS, Shop
from streams.dialects.words import Record
from streams.events.instants import instant_ms, stamp

Event = dict[str, Any]

START_MS = 1_772_323_200_000  # 2026-03-01T00:00:00Z
WEEKS = 4
CUSTOMERS = 60


def native_weeks() -> tuple[list[Event], dict[str, str]]:
    """The events in order, and product -> category."""
    told = list(Shop(CUSTOMERS, START_MS, seed=11).until(START_MS + WEEKS * 7 * DAY_MS))
    bounced = {one["message"] for one in told if one.get("action") == "bounced"}
    kept = [one for one in told if not (one.get("action") == "sent" and one["message"] in bounced)]
    numbers = Numbers()
    events = [numbers.event(one) for one in kept]
    return events, numbers.categories


class Numbers:
    """Names as numbers, and instants one by one."""

    def __init__(self) -> None:
        self.categories: dict[str, str] = {}
        self._numbers: dict[str, str] = {}
        self._last_ms: dict[str, int] = {}

    def event(self, event: Event) -> Event:
        """The event with numbers for its customer, products and orders."""
        user = self._number(event["user"])
        at_ms = max(instant_ms(event["at"]) // 1000 * 1000, self._last_ms.get(user, 0) + 1000)
        self._last_ms[user] = at_ms
        named = {**event, "user": user, "at": at_ms}
        if "order" in event:
            named["order"] = self._number(event["order"])
        if "product" in event:
            named = self._fact(named)
        if "items" in event:
            named["items"] = [self._fact(item) for item in event["items"]]
            gross = sum(round(item["price"] * 100) * item["quantity"] for item in event["items"])
            named["total"] = f"{(gross - round(event.get('discount', 0) * 100)) / 100:.2f}"
        if event.get("action") == "sent":
            named["action"] = "delivered"
        return named

    def _fact(self, fact: Event) -> Event:
        product = self._number(fact["product"])
        self.categories[product] = fact["category"]
        return {**fact, "product": product}

    def _number(self, name: str) -> str:
        return self._numbers.setdefault(name, str(1000 + len(self._numbers)))


def lines(events: list[Event]) -> list[bytes]:
    """Events as lines of JSON."""
    return [orjson.dumps(event) for event in events]


def record(body: object, headers: dict[str, str] | None = None) -> Record:
    """A record with the body's JSON and no key."""
    return Record(orjson.dumps(body), None, [(name, value.encode()) for name, value in (headers or {}).items()])


# -- Segment

SEGMENT_MAIL = {
    "delivered": "Email Delivered",
    "opened": "Email Opened",
    "clicked": "Email Link Clicked",
    "bounced": "Email Bounced",
    "complained": "Email Marked as Spam",
    "unsubscribed": "Unsubscribed",
    "resubscribed": "Resubscribed",
}


def in_segment(events: list[Event]) -> Iterator[Record]:
    """As a shop on Segment tells it: devices whose clocks are wrong, retries, and calls that say nothing new."""
    for number, event in enumerate(events):
        call = {"userId": event["user"], "messageId": event["id"], **_segment_call(event)}
        for attempt in range(1 + (number % 7 == 0)):
            yield record({**call, **_segment_times(event["at"], number % 5 * 3600_000, attempt)})
        if event["type"] == "view":
            yield record({**call, **_segment_times(event["at"], 0, 0), "event": "Product Clicked"})
            yield record({"type": "page", "userId": event["user"], "name": "Product"})
        if event["type"] == "purchase":
            yield record({**call, **_segment_times(event["at"], 0, 0), "event": "Checkout Started"})


def _segment_times(at_ms: int, skew_ms: int, attempt: int) -> Event:
    late_ms = 1500 + 60_000 * attempt
    return {
        "originalTimestamp": stamp(at_ms - skew_ms),
        "sentAt": stamp(at_ms - skew_ms + late_ms),
        "receivedAt": stamp(at_ms + late_ms),
    }


def _segment_call(event: Event) -> Event:
    match event["type"]:
        case "profile":
            return {"type": "identify", "traits": event["set"]}
        case "view" | "cart":
            name = "Product Viewed" if event["type"] == "view" else "Product Added"
            return _track(name, _segment_product(event))
        case "purchase":
            products = [_segment_product(item) | {"quantity": item["quantity"]} for item in event["items"]]
            more: Event = {name: event[name] for name in ("discount", "coupon") if name in event}
            return _track(
                "Order Completed",
                {"order_id": event["order"], "total": float(event["total"]), "products": products, **more},
            )
        case "refund":
            total = {"total": event["total"]} if "total" in event else {}
            return _track("Order Refunded", {"order_id": event["order"], **total})
    mail = {"email_id": event["message"], "campaign_name": event.get("campaign")}
    machine = {"machine_open": True} if event.get("machine") else {}
    soft = {"bounce_type": "Soft"} if event.get("soft") else {}
    return _track(SEGMENT_MAIL[event["action"]], {**mail, **machine, **soft})


def _track(name: str, properties: Event) -> Event:
    return {"type": "track", "event": name, "properties": properties}


def _segment_product(fact: Event) -> Event:
    return {
        "product_id": fact["product"],
        "sku": f"SKU-{fact['product']}",
        "category": fact["category"],
        "price": fact["price"],
    }


# -- Klaviyo

KLAVIYO_MAIL = {
    "delivered": "Received Email",
    "opened": "Opened Email",
    "clicked": "Clicked Email",
    "bounced": "Bounced Email",
    "complained": "Marked Email as Spam",
    "unsubscribed": "Unsubscribed",
    "resubscribed": "Subscribed to Email Marketing",
}


def in_klaviyo(events: list[Event]) -> Iterator[Record]:
    """As Klaviyo's API takes it; every product of an order is told once more."""
    for number, event in enumerate(events):
        for _ in range(1 + (number % 5 == 0)):
            yield record({"data": _klaviyo_data(event)})
        for item in event.get("items", ()):
            again = {**event, "type": "view", "id": f"{event['id']}-{item['product']}", **item}
            yield record({"data": _klaviyo_event("Ordered Product", _klaviyo_product(item, "Price"), again)})


def _klaviyo_data(event: Event) -> Event:
    match event["type"]:
        case "profile":
            attributes = {"external_id": event["user"], "updated": stamp(event["at"]), "properties": event["set"]}
            return {"type": "profile", "attributes": attributes}
        case "view":
            return _klaviyo_event("Viewed Product", _klaviyo_product(event, "Price"), event)
        case "cart":
            product = _klaviyo_product(event, "Price")
            added = {f"AddedItem{name}": value for name, value in product.items()}
            return _klaviyo_event("Added to Cart", added, event)
        case "purchase":
            items = [_klaviyo_product(item, "ItemPrice") | {"Quantity": item["quantity"]} for item in event["items"]]
            discount = {"DiscountValue": event["discount"]} if "discount" in event else {}
            code = {"DiscountCode": event["coupon"]} if "coupon" in event else {}
            order = {"OrderId": event["order"], "Items": items, **discount, **code}
            return _klaviyo_event("Placed Order", order, event, value=float(event["total"]))
        case "refund":
            total = {"value": event["total"]} if "total" in event else {}
            return _klaviyo_event("Refunded Order", {"OrderId": event["order"]}, event, **total)
    mail = {"$message": event["message"], "Campaign Name": event.get("campaign")}
    machine = {"machine_open": True} if event.get("machine") else {}
    soft = {"Bounce Type": "Soft"} if event.get("soft") else {}
    return _klaviyo_event(KLAVIYO_MAIL[event["action"]], {**mail, **machine, **soft}, event)


def _klaviyo_event(metric: str, properties: Event, event: Event, **more: object) -> Event:
    attributes = {
        "properties": properties,
        "time": stamp(event["at"]),
        "unique_id": event["id"],
        "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
        "profile": {"data": {"type": "profile", "attributes": {"external_id": event["user"], "email": "a@b.example"}}},
        **more,
    }
    return {"type": "event", "attributes": attributes}


def _klaviyo_product(fact: Event, price: str) -> Event:
    return {
        "ProductID": fact["product"],
        "SKU": f"SKU-{fact['product']}",
        "Categories": [fact["category"]],
        price: fact["price"],
    }
