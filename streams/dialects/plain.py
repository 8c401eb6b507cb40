"""The short way into a record: only those of its fields are read that a table asks for.

Most of what platforms send says nothing that there is a fact for: browsers, addresses, tax lines. A typed decoder
passes over it without making an object of it. What is not plain takes the long way, which reads everything and can say
what is wrong: calls other than track, events with no id of their own (theirs is a digest of all they say), and whatever
has a field of another shape than the type has. Laws hold the two ways against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict

import msgspec

from streams.dialects import klaviyo, segment, shopify, shopify_orders
from streams.dialects.fields import Field
from streams.dialects.words import Event

Headers = Mapping[str, str]
#: the plain body of a value with these headers; None where the long way must be taken
Plain = Callable[[bytes, Headers], "Event | None"]


def plain_reader(dialect: str) -> Plain | None:
    """The short way of a dialect; None where it has none."""
    return _READERS.get(dialect)


def _keys(name: str, keys: Iterable[str], **more: object) -> Any:
    """A type of JSON objects of which only these keys are read, each of any type but those in ``more``."""
    return TypedDict(name, {**dict.fromkeys(keys, Any), **more}, total=False)  # type: ignore[operator]


def _lists_of(one: Any) -> Any:
    return list[one]


def _names(*tables: Sequence[Field]) -> list[str]:
    return [name for table in tables for field in table for name in field.names]


def _segment() -> Plain:
    line = _keys("Line", _names(segment.ORDER_LINE))
    tables = (segment.PRODUCT, segment.ORDER, segment.REFUND, segment.MAIL)
    properties = _keys("Properties", _names(*tables), products=_lists_of(line))
    top = ("type", "event", "userId", "user_id", "anonymousId", "anonymous_id", "messageId", "message_id")
    times = ("timestamp", "originalTimestamp", "sentAt", "receivedAt", "specversion")
    decode = msgspec.json.Decoder(_keys("Call", (*top, *times), properties=properties)).decode

    def read(value: bytes, headers: Headers) -> Event | None:
        body: Event = decode(value)
        return body if body.get("type") == "track" and body.get("messageId") and "specversion" not in body else None

    return read


def _klaviyo() -> Plain:
    line = _keys("Line", _names(klaviyo.LINE))
    tables = (klaviyo.PRODUCT, klaviyo.ADDED, klaviyo.ORDER, klaviyo.REFUND, klaviyo.MAIL)
    names = [name for name in _names(*tables) if name != "Items"]
    properties = _keys("Properties", (*names, "$event_id"), Items=_lists_of(line))
    times = ("time", "datetime", "timestamp")
    said = ("unique_id", "value", "value_currency", "metric", "profile", "event_properties")
    attributes = _keys("Attributes", (*said, *times), properties=properties)
    data = _keys("Data", ("type", "id", "relationships"), attributes=attributes)
    decode = msgspec.json.Decoder(_keys("Record", ("specversion",), data=data)).decode

    def read(value: bytes, headers: Headers) -> Event | None:
        body: Event = decode(value)
        told = body.get("data", _NOTHING).get("attributes", _NOTHING)
        return body if told.get("metric") and told.get("unique_id") and "specversion" not in body else None

    return read


def _shopify() -> Plain:
    order = shopify_orders.ORDER
    line = _keys("Line", _names(shopify_orders.ORDER_LINE))
    names = [name for name in _names(order) if name != "line_items"]
    stamps = ("processed_at", "created_at", "updated_at", "cancelled_at")
    more = ("test", "email", "contact_email", "refunds", "specversion")
    code = _lists_of(_keys("Discount", ("code",)))
    customer = _keys("Customer", ("id", "email"))
    lists = {"line_items": _lists_of(line), "discount_codes": code, "discount_applications": code}
    decode = msgspec.json.Decoder(_keys("Order", (*names, *stamps, *more), customer=customer, **lists)).decode

    def read(value: bytes, headers: Headers) -> Event | None:
        if shopify.HANDLERS.get(shopify.topic_of(headers) or "") is not shopify_orders.order_events:
            return None
        body: Event = decode(value)
        return body if "id" in body and "line_items" in body and "specversion" not in body else None

    return read


_NOTHING: Event = {}
_READERS: dict[str, Plain] = {
    **dict.fromkeys(("segment", "rudderstack"), _segment()),
    "klaviyo": _klaviyo(),
    "shopify": _shopify(),
}
