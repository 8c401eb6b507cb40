"""Klaviyo: events and profiles, as its API takes them, as it gives them back, and in the form of its older track calls.

https://developers.klaviyo.com/en/reference/create_event. The customer is the first of ``external_id``, ``email``,
``phone_number``, Klaviyo's own id and ``anonymous_id`` that a record names. ``unique_id`` is unique within one metric
of one profile, so an id is the metric's name and that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from streams.dialects.fields import (
    Field,
    address,
    amount,
    category,
    count,
    currency,
    digest,
    first_text,
    flat,
    lines,
    must,
    person,
    reading,
    softness,
    stamp,
    table,
    take,
    text,
    truth,
)
from streams.dialects.words import Broken, Event, Foreign, Leaves, Says, Skipped

CURRENCY = Field("currency", ("value_currency", "$currency_code", "Currency"), currency)
LINE = (
    Field("product", ("ProductID", "ProductId", "SKU", "ProductName", "Name"), text, needed=True),
    Field("category", ("Categories", "ProductCategories"), category),
    Field("price", ("ItemPrice", "Price"), amount),
    Field("quantity", ("Quantity",), count),
)
PRODUCT = (
    Field("product", ("ProductID", "ProductId", "SKU", "ProductName", "Name"), text, needed=True),
    Field("category", ("Categories", "ProductCategories"), category),
    Field("price", ("Price", "ItemPrice"), amount),
    CURRENCY,
)
ADDED = (
    Field(
        "product",
        ("AddedItemProductID", "AddedItemSKU", "AddedItemProductName", "ProductID", "SKU", "ProductName"),
        text,
        needed=True,
    ),
    Field("category", ("AddedItemCategories", "Categories"), category),
    Field("price", ("AddedItemPrice", "Price"), amount),
    CURRENCY,
)
CHECKOUT = (Field("items", ("Items",), lines(LINE), needed=True), CURRENCY)
ORDER_ID = Field("order", ("OrderId", "OrderID", "Order ID", "$event_id", "unique_id"), text, needed=True)
ORDER = (
    ORDER_ID,
    Field("items", ("Items",), lines(LINE)),
    Field("total", ("value", "$value"), amount),
    Field("discount", ("DiscountValue", "Discount Value", "Total Discounts"), amount),
    Field("coupon", ("DiscountCode", "Discount Code", "Discount Codes"), first_text),
    CURRENCY,
)
REFUND = (ORDER_ID, Field("total", ("value", "$value"), amount), CURRENCY)
MAIL = (
    # "$message" is the same each time a flow sends it, the cohort is of one sending
    Field("message", ("$_cohort$message_send_cohort", "$message", "message_id"), text),
    Field("campaign", ("Campaign Name", "Message Name", "$flow"), text),
    Field("link", ("URL",), text),
    Field("machine", ("machine_open", "Machine Open", "Apple Privacy Open", "Bot Click", "is_bot"), truth),
    Field("soft", ("Bounce Type", "bounce_type"), softness),
)

EVENTS: dict[str, Says | Leaves] = {
    "Viewed Product": Says("view", PRODUCT),
    "Added to Cart": Says("cart", ADDED),
    "Started Checkout": Says("cart", CHECKOUT, note="for each line"),
    "Checkout Started": Says("cart", CHECKOUT, note="for each line"),
    "Placed Order": Says("purchase", ORDER),
    "Refunded Order": Says("refund", REFUND),
    "Cancelled Order": Says("refund", (ORDER_ID,), note="of the whole order"),
    "Received Email": Says("email", MAIL, {"action": "delivered"}),
    "Opened Email": Says("email", MAIL, {"action": "opened"}),
    "Clicked Email": Says("email", MAIL, {"action": "clicked"}),
    "Bounced Email": Says("email", MAIL, {"action": "bounced"}),
    "Marked Email as Spam": Says("email", MAIL, {"action": "complained"}),
    "Unsubscribed": Says("email", MAIL, {"action": "unsubscribed"}),
    "Unsubscribed from Email Marketing": Says("email", MAIL, {"action": "unsubscribed"}),
    "Unsubscribed from List": Says("email", MAIL, {"action": "unsubscribed"}),
    "Subscribed to Email Marketing": Says("email", MAIL, {"action": "resubscribed"}),
    "Ordered Product": Leaves("Placed Order tells its products"),
    "Fulfilled Order": Leaves("an order counts from when it was placed"),
    "Fulfilled Partial Order": Leaves("an order counts from when it was placed"),
    "Active on Site": Leaves("no product was looked at"),
    "Dropped Email": Leaves("Klaviyo did not send it"),
    "Subscribed to List": Leaves("one list is no consent to all mail"),
    "Merged Profile": Leaves("names no second id"),
}
IDS = (
    ("external_id", person),
    ("$id", person),
    ("email", address),
    ("$email", address),
    ("phone_number", person),
    ("$phone_number", person),
    ("id", person),
    ("anonymous_id", person),
    ("$anonymous", person),
)
_NO_PROPERTY = frozenset(
    (
        *("id", "anonymous_id", "external_id", "_kx", "properties", "meta", "subscriptions", "updated"),
        *("$id", "$anonymous"),
    )
)
_ADDRESSES = frozenset(("email", "phone_number", "$email", "$phone_number"))
_NOTHING: Event = {}
_CONSENT = frozenset(("bounced", "complained", "unsubscribed", "resubscribed"))
_FOLDED = {name.casefold(): says for name, says in EVENTS.items()}


class Said(NamedTuple):
    """A record brought into one form; ``metric`` is None of a profile."""

    metric: str | None
    properties: Event
    profile: Event
    time: object
    ticket: object


def translate(foreign: Foreign) -> list[Event]:
    """The native events of an event or a profile; raises Skipped and Broken."""
    said = _said(foreign.body)
    if said.metric is None:
        return _profile(said, foreign)
    says = EVENTS.get(said.metric) or _FOLDED.get(said.metric.strip().casefold())
    if says is None or says.__class__ is Leaves:
        raise Skipped(said.metric)
    assert isinstance(says, Says)
    common = _common(said, foreign)
    event = {"type": says.type, **common, **says.more, **take(says.fields, said.properties, "properties.")}
    if says.type == "email" and "message" not in event:
        if event["action"] not in _CONSENT:
            raise Broken("properties.$message: missing")
        event["message"] = event["id"]
    events = _carts(event) if says.fields is CHECKOUT else [event]
    if traits := _traits(said.profile, addresses=False):
        events.append({**common, "type": "profile", "id": f"{common['id']}:profile", "set": traits})
    return events


def _carts(checkout: Event) -> list[Event]:
    """One cart for each line of a checkout."""
    items = checkout.pop("items")
    for item in items:
        item.pop("quantity", None)
    return [{**checkout, **item, "id": f"{checkout['id']}:{number}"} for number, item in enumerate(items)]


def _profile(said: Said, foreign: Foreign) -> list[Event]:
    common = _common(said, foreign)
    events: list[Event] = [{"type": "profile", **common, "set": _traits(said.profile, addresses=True)}]
    anonymous = said.profile.get("anonymous_id")
    if anonymous and (former := reading(person, anonymous, "profile.anonymous_id")) != common["user"]:
        events.append({**common, "type": "merge", "id": f"merge-{former}", "from": former})
    return events


def _traits(profile: Event, *, addresses: bool) -> Event:
    """The properties of a profile; of an event's profile its addresses are no news."""
    said: Event = {}
    for name, value in profile.items():
        if name not in _NO_PROPERTY and (addresses or name not in _ADDRESSES):
            said[name.removeprefix("$")] = value
    if own := profile.get("properties"):
        said.update(reading(table, own, "profile.properties"))
    return flat(said) if said else said


# -- one form


def _said(body: Event) -> Said:
    """A record of any of the forms: {data: {type, attributes}}, {attributes} alone, a flat one, an old track call."""
    if "customer_properties" in body:
        return _old_call(body)
    data = _within(body, "data") or body
    attributes = _within(data, "attributes") or data
    if data.get("type") == "profile":
        return Said(None, {}, {"id": data.get("id"), **attributes}, attributes.get("updated"), None)
    own = attributes.get("properties", attributes.get("event_properties")) or {}
    properties = dict(reading(table, own, "properties"))
    for name in ("unique_id", "value", "value_currency"):
        if (value := attributes.get(name)) is not None:
            properties[name] = value
    time = attributes.get("time") or attributes.get("datetime") or attributes.get("timestamp")
    ticket = attributes.get("unique_id") or properties.get("$event_id") or data.get("id")
    return Said(_metric(attributes), properties, _person(data, attributes), time, ticket)


def _old_call(body: Event) -> Said:
    properties = reading(table, body.get("properties") or {}, "properties")
    profile = reading(table, body["customer_properties"], "customer_properties")
    metric = must(text, body.get("event"), "event")
    return Said(metric, properties, profile, body.get("time"), properties.get("$event_id"))


def _metric(attributes: Event) -> str:
    metric: Any = attributes.get("metric")
    if isinstance(metric, dict):
        metric = metric.get("name") or (_within(_within(metric, "data"), "attributes")).get("name")
    if not isinstance(metric, str) or not metric:
        raise Broken("metric.name: missing, or no text")
    return metric


def _person(data: Event, attributes: Event) -> Event:
    profile = reading(table, attributes.get("profile") or {}, "profile")
    inner = _within(profile, "data")
    if not inner:
        inner = _within(_within(_within(data, "relationships"), "profile"), "data")
        return {"id": inner.get("id"), **profile}
    return {"id": inner.get("id"), **_within(inner, "attributes")}


def _within(outer: Event, name: str) -> Event:
    """The table under a name, or an empty one."""
    inner = outer.get(name)
    return inner if inner.__class__ is dict else _NOTHING


# -- what every event has


def _common(said: Said, foreign: Foreign) -> Event:
    """``id``, ``user`` and ``at``."""
    at_ms = reading(_instant, said.time, "time") if said.time else must(stamp, foreign.at, "time")
    if said.ticket:
        ticket = f"{said.metric or 'profile'}:{reading(text, said.ticket, 'unique_id')}"
    else:
        ticket = foreign.ticket or digest(foreign.body, None if said.time else foreign.at)
    return {"id": ticket, "user": _user(said.profile, foreign), "at": at_ms}


def _user(profile: Event, foreign: Foreign) -> str:
    for name, read in IDS:
        value = profile.get(name)
        if value is not None and value != "":
            return reading(read, value, f"profile.{name}")  # type: ignore[no-any-return]
    if foreign.key:
        return reading(person, foreign.key, "key")  # type: ignore[no-any-return]
    raise Broken("profile.external_id: missing, and there is no email")


def _instant(value: object) -> int:
    """Stamps are UTC where they name no offset, and numbers are seconds."""
    if value.__class__ is int or value.__class__ is float:
        return stamp(int(value * 1000))
    if isinstance(value, str) and len(value) >= 10:
        try:
            found = datetime.fromisoformat(value)
        except ValueError:
            return stamp(value)
        if found.tzinfo is None:
            return stamp(found.replace(tzinfo=UTC).isoformat())
    return stamp(value)
