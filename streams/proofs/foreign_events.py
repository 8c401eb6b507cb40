"""Native events as other platforms would send them, for measuring."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from streams.dialects.words import Record
from streams.events.instants import instant_ms, stamp

Event = dict[str, Any]
_CONTEXT = {
    "library": {"name": "analytics.js", "version": "2.11.1"},
    "page": {"path": "/product", "referrer": "", "search": "", "title": "Shop", "url": "https://shop.example/product"},
    "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0",
    "ip": "203.0.113.7",
    "locale": "en-US",
}
_SEGMENT = {"view": "Product Viewed", "cart": "Product Added", "purchase": "Order Completed"}
_KLAVIYO = {"view": "Viewed Product", "cart": "Added to Cart", "purchase": "Placed Order"}


def foreign_records(dialect: str, events: Iterable[Event]) -> Iterator[Record]:
    """The views, carts and orders among events in a dialect; of Shopify, which tells no views, orders alone."""
    say = _SAID[dialect]
    for event in events:
        if event["type"] == "purchase" or (event["type"] in ("view", "cart") and dialect != "shopify"):
            yield say(event)


def _segment(event: Event) -> Record:
    at_ms = instant_ms(event["at"])
    products = [{**_segment_product(item), "quantity": item["quantity"]} for item in event.get("items", ())]
    order = {"order_id": event.get("order"), "total": event.get("total"), "products": products}
    call = {
        "type": "track",
        "event": _SEGMENT[event["type"]],
        "messageId": event["id"],
        "anonymousId": f"a-{event['user']}",
        "userId": event["user"],
        "originalTimestamp": stamp(at_ms),
        "sentAt": stamp(at_ms + 700),
        "receivedAt": stamp(at_ms + 700),
        "context": _CONTEXT,
        "properties": order if "order" in event else _segment_product(event),
    }
    return Record(orjson.dumps(call), event["id"].encode())


def _segment_product(fact: Event) -> Event:
    product = fact["product"]
    return {
        "product_id": product,
        "sku": f"SKU-{product}",
        "category": fact["category"],
        "name": f"Product {product}",
        "brand": "Shop",
        "price": fact["price"],
        "url": f"https://shop.example/{product}",
        "image_url": f"https://shop.example/{product}.jpg",
    }


def _klaviyo(event: Event) -> Record:
    at_ms = instant_ms(event["at"])
    items = [{**_klaviyo_product(item, "ItemPrice"), "Quantity": item["quantity"]} for item in event.get("items", ())]
    if event["type"] == "cart":
        properties = {f"AddedItem{name}": value for name, value in _klaviyo_product(event, "Price").items()}
    else:
        properties = {"OrderId": event["order"], "Items": items} if items else _klaviyo_product(event, "Price")
    attributes = {
        "properties": properties,
        "time": stamp(at_ms),
        "unique_id": event["id"],
        "metric": {"data": {"type": "metric", "attributes": {"name": _KLAVIYO[event["type"]]}}},
        "profile": {"data": {"type": "profile", "attributes": {"external_id": event["user"]}}},
    }
    return Record(orjson.dumps({"data": {"type": "event", "attributes": attributes}}), event["id"].encode())


def _klaviyo_product(fact: Event, price: str) -> Event:
    product = fact["product"]
    return {
        "ProductName": f"Product {product}",
        "ProductID": product,
        "SKU": f"SKU-{product}",
        "Categories": [fact["category"]],
        "ImageURL": f"https://shop.example/{product}.jpg",
        "URL": f"https://shop.example/{product}",
        price: fact["price"],
    }


def _shopify(event: Event) -> Record:
    at = stamp(instant_ms(event["at"]))
    total = event.get("total") or sum(item["price"] * item["quantity"] for item in event["items"])
    order = {
        "id": event["order"],
        "admin_graphql_api_id": f"gid://shopify/Order/{event['order']}",
        "created_at": at,
        "processed_at": at,
        "updated_at": at,
        "currency": "EUR",
        "financial_status": "paid",
        "test": False,
        "total_price": f"{float(total):.2f}",
        "total_price_set": _money(float(total)),
        "total_discounts": f"{float(event.get('discount') or 0):.2f}",
        "discount_codes": [{"code": event["coupon"], "type": "fixed_amount"}] if "coupon" in event else [],
        "customer": {"id": event["user"], "email": "a@shop.example", "default_address": _ADDRESS},
        "billing_address": _ADDRESS,
        "shipping_address": _ADDRESS,
        "client_details": {"browser_ip": "203.0.113.7", "user_agent": _CONTEXT["userAgent"]},
        "line_items": [_shopify_line(number, item) for number, item in enumerate(event["items"])],
        "refunds": [],
        "tax_lines": [{"price": "1.90", "rate": 0.19, "title": "VAT", "price_set": _money(1.9)}],
    }
    return Record(orjson.dumps(order), event["id"].encode(), [("X-Shopify-Topic", b"orders/create")])


def _shopify_line(number: int, item: Event) -> Event:
    return {
        "id": number,
        "product_id": item["product"],
        "variant_id": f"{item['product']}-v",
        "sku": f"SKU-{item['product']}",
        "title": f"Product {item['product']}",
        "product_type": item["category"],
        "price": f"{item['price']:.2f}",
        "price_set": _money(item["price"]),
        "quantity": item["quantity"],
        "vendor": "Shop",
        "fulfillment_status": None,
        "requires_shipping": True,
        "taxable": True,
        "tax_lines": [{"price": "1.90", "rate": 0.19, "title": "VAT", "price_set": _money(1.9)}],
        "discount_allocations": [],
    }


def _money(amount: float) -> Event:
    one = {"amount": f"{amount:.2f}", "currency_code": "EUR"}
    return {"shop_money": one, "presentment_money": one}


_ADDRESS = {"first_name": "A", "last_name": "B", "address1": "Street 1", "city": "Town", "zip": "1", "country": "DE"}
_SAID: dict[str, Callable[[Event], Record]] = {"segment": _segment, "klaviyo": _klaviyo, "shopify": _shopify}
