"""Segment and RudderStack: track, identify and alias calls; the e-commerce spec v2 with the names of v1; the e-mail
spec.

https://segment.com/docs/connections/spec/ecommerce/v2/ and .../spec/email/. The customer is ``userId``, before login
``anonymousId``. A call's time is ``receivedAt - (sentAt - originalTimestamp)``, which takes out what the device's clock
is wrong by. ``machine_open``, ``is_bot``, "Email Sent" and "Resubscribed" are additions of ours to the spec.
"""

from __future__ import annotations

from streams.dialects.fields import (
    Field,
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
    shown,
    softness,
    stamp,
    table,
    take,
    text,
    truth,
)
from streams.dialects.words import Broken, Event, Foreign, Leaves, Says, Skipped
from streams.events.amounts import decimal, quantity
from streams.events.native import MAX_TEXT

CURRENCY = Field("currency", ("currency",), currency)
LINE = (
    Field("product", ("product_id", "id", "sku", "name"), text, needed=True),
    Field("category", ("category", "categories"), category),
    Field("price", ("price",), amount),
)
ORDER_LINE = (*LINE, Field("quantity", ("quantity",), count))
PRODUCT = (*LINE, CURRENCY)
ORDER_ID = Field("order", ("order_id", "orderId", "id"), text, needed=True)
ORDER = (
    ORDER_ID,
    Field("items", ("products",), lines(ORDER_LINE)),
    Field("total", ("total", "revenue", "value"), amount),
    Field("discount", ("discount",), amount),
    Field("coupon", ("coupon",), first_text),
    CURRENCY,
)
REFUND = (
    ORDER_ID,
    Field("total", ("total",), amount),
    Field("items", ("products",), lines(ORDER_LINE)),
    CURRENCY,
)
MAIL = (
    Field("message", ("email_id", "message_id", "campaign_id"), text),
    Field("campaign", ("campaign_name", "campaign_id"), text),
    Field("link", ("link_url", "link_id"), text),
    Field("machine", ("machine_open", "is_bot", "machine"), truth),
    Field("soft", ("bounce_type",), softness),
)

_LISTS = Leaves("a list is no look at a product")
_CHECKOUT = Leaves("the cart was told by Product Added, the order by Order Completed")
_WISHES = Leaves("a wish list is no cart")
_COUPONS = Leaves("the order tells its coupon")
EVENTS: dict[str, Says | Leaves] = {
    "Product Viewed": Says("view", PRODUCT),
    "Viewed Product": Says("view", PRODUCT),
    "Product Added": Says("cart", PRODUCT),
    "Added Product": Says("cart", PRODUCT),
    "Wishlist Product Added to Cart": Says("cart", PRODUCT),
    "Order Completed": Says("purchase", ORDER),
    "Completed Order": Says("purchase", ORDER),
    "Order Updated": Says("purchase", ORDER),
    "Updated Order": Says("purchase", ORDER),
    "Order Refunded": Says("refund", REFUND),
    "Refunded Order": Says("refund", REFUND),
    "Order Cancelled": Says("refund", (ORDER_ID,), note="of the whole order"),
    "Cancelled Order": Says("refund", (ORDER_ID,), note="of the whole order"),
    "Email Sent": Says("email", MAIL, {"action": "sent"}),
    "Email Delivered": Says("email", MAIL, {"action": "delivered"}),
    "Email Opened": Says("email", MAIL, {"action": "opened"}),
    "Email Link Clicked": Says("email", MAIL, {"action": "clicked"}),
    "Email Bounced": Says("email", MAIL, {"action": "bounced"}),
    "Email Marked as Spam": Says("email", MAIL, {"action": "complained"}),
    "Unsubscribed": Says("email", MAIL, {"action": "unsubscribed"}),
    "Resubscribed": Says("email", MAIL, {"action": "resubscribed"}),
    "Product Clicked": Leaves("the look itself comes as Product Viewed"),
    "Clicked Product": Leaves("the look itself comes as Product Viewed"),
    "Products Searched": _LISTS,
    "Product List Viewed": _LISTS,
    "Product List Filtered": _LISTS,
    "Viewed Product Category": _LISTS,
    "Promotion Viewed": Leaves("a banner is no product"),
    "Promotion Clicked": Leaves("a banner is no product"),
    "Product Removed": Leaves("that something was put into the cart stays true"),
    "Removed Product": Leaves("that something was put into the cart stays true"),
    "Cart Viewed": _CHECKOUT,
    "Checkout Started": _CHECKOUT,
    "Checkout Step Viewed": _CHECKOUT,
    "Checkout Step Completed": _CHECKOUT,
    "Payment Info Entered": _CHECKOUT,
    "Coupon Entered": _COUPONS,
    "Coupon Applied": _COUPONS,
    "Coupon Denied": _COUPONS,
    "Coupon Removed": _COUPONS,
    "Product Added to Wishlist": _WISHES,
    "Product Removed from Wishlist": _WISHES,
    "Product Shared": Leaves("tells of the friend, not of a purchase"),
    "Cart Shared": Leaves("tells of the friend, not of a purchase"),
    "Product Reviewed": Leaves("there is no fact for reviews"),
}
CALLS: dict[str, Says | Leaves] = {
    "track": Says("what its event is"),
    "identify": Says("profile", note="and `merge` where it names `anonymousId` and `userId`"),
    "alias": Says("merge"),
    "page": Leaves("products are told by Product Viewed"),
    "screen": Leaves("products are told by Product Viewed"),
    "group": Leaves("there is no fact for companies"),
}
#: that a customer may not be mailed must not be lost for want of the message that they said it of
_CONSENT = frozenset(("bounced", "complained", "unsubscribed", "resubscribed"))
_FOLDED = {name.casefold(): says for name, says in EVENTS.items()}
#: the header in which the front door says when a call came in
RECEIVED = "microseg-received-at"
_NOTHING: Event = {}
_TRANSPORT = ("sentAt", "receivedAt")  # another at each attempt to deliver


def batched(foreign: Foreign) -> list[object] | None:
    """The calls of a batch, as ``/v1/batch`` takes them; None of a record that is none. Raises Broken."""
    body = foreign.body
    calls = body.get("batch")
    if calls is None or "type" in body:
        return None
    if not isinstance(calls, list):
        raise Broken(f"batch: {shown(calls)} is no list")
    common = {name: body[name] for name in _TRANSPORT if body.get(name)}
    return [{**common, **call} if call.__class__ is dict else call for call in calls] if common else calls


def translate(foreign: Foreign) -> list[Event]:
    """The native events of a call; raises Skipped and Broken."""
    body = foreign.body
    call = body.get("type") or body.get("action")
    if call == "track":
        return [_track(foreign)]
    if call == "identify":
        return _identify(foreign)
    if call == "alias":
        return [_alias(foreign)]
    if not isinstance(call, str):
        raise Broken("type: missing, or no text")
    raise Skipped(call)


def _track(foreign: Foreign) -> Event:
    body = foreign.body
    name = body.get("event")
    says = EVENTS.get(name) if name.__class__ is str else None
    if says is None:
        name = must(text, name, "event")
        says = _FOLDED.get(name.strip().casefold().replace("_", " "))
    if says is None or says.__class__ is Leaves:
        raise Skipped(name)
    assert isinstance(says, Says)
    properties = body.get("properties") or _NOTHING
    if properties.__class__ is not dict:
        reading(table, properties, "properties")
    event = {"type": says.type, **_common(foreign), **says.more, **take(says.fields, properties, "properties.")}
    if says.type == "email" and "message" not in event:
        if event["action"] not in _CONSENT:
            raise Broken("properties.email_id: missing")
        event["message"] = event["id"]
    if says.type == "refund" and (returned := event.pop("items", None)) and "total" not in event:
        event["total"] = _worth(returned)
    return event


def _worth(items: list[Event]) -> str:
    """What the products of a refund without a total cost; without products it is of the whole order."""
    if any("price" not in item for item in items):
        raise Broken("properties.total: missing, and not every product has a price")
    return str(sum(decimal(str(item["price"])) * quantity(item.get("quantity", 1)) for item in items))


def _identify(foreign: Foreign) -> list[Event]:
    """The traits, and the history before login, which joins the customer's."""
    body = foreign.body
    common = _common(foreign)
    traits = reading(table, body.get("traits") or {}, "traits")
    events: list[Event] = [{"type": "profile", **common, "set": flat(traits)}]
    anonymous = _id_under(body, "anonymousId", "anonymous_id")
    if anonymous and _id_under(body, "userId", "user_id") and anonymous != common["user"]:
        events.append({**common, "type": "merge", "id": f"merge-{anonymous}", "from": anonymous})
    return events


def _alias(foreign: Foreign) -> Event:
    body = foreign.body
    user = _id_under(body, "userId", "user_id")
    former = _id_under(body, "previousId", "previous_id") or _id_under(body, "anonymousId", "anonymous_id")
    if user is None or former is None:
        raise Broken(f"{'previousId' if user else 'userId'}: missing")
    return {"type": "merge", **_common(foreign), "from": former}


def _common(foreign: Foreign) -> Event:
    """``id``, ``user`` and ``at``."""
    body = foreign.body
    user = (
        _id_under(body, "userId", "user_id")
        or _id_under(body, "anonymousId", "anonymous_id")
        or (foreign.key and reading(person, foreign.key, "key"))
    )
    if not user:
        raise Broken("userId: missing, and there is no anonymousId")
    at_ms = _time(foreign)
    own = body.get("messageId") or body.get("message_id")
    if own:
        ticket = own if own.__class__ is str and len(own) <= MAX_TEXT else reading(text, own, "messageId")
    else:
        bare = {name: value for name, value in body.items() if name not in _TRANSPORT}
        ticket = foreign.ticket or digest(bare, foreign.at if at_ms is None else None)
    if at_ms is None:
        at_ms = must(stamp, foreign.at, "timestamp")
    return {"id": ticket, "user": user, "at": at_ms}


def _id_under(body: Event, name: str, other: str) -> str | None:
    value = body.get(name)
    if value is None or value == "":
        name, value = other, body.get(other)
        if value is None or value == "":
            return None
    try:
        return person(value)
    except ValueError:
        return reading(person, value, name)  # type: ignore[no-any-return]


def _time(foreign: Foreign) -> int | None:
    """When it happened, by the shop's clock; None where the call names no time."""
    body = foreign.body
    original, sent, received = body.get("originalTimestamp"), body.get("sentAt"), body.get("receivedAt")
    if received is None and (came := foreign.headers.get(RECEIVED)):
        original, received = original or body.get("timestamp"), came  # straight from a device: its stamps are its own
    if original and sent and received:
        skew_ms = _at(sent, "sentAt") - _at(original, "originalTimestamp")
        return _at(received, "receivedAt") - skew_ms
    for name in ("timestamp", "originalTimestamp", "receivedAt", "sentAt"):
        if value := body.get(name):
            return _at(value, name)
    return None


def _at(value: object, name: str) -> int:
    try:
        return stamp(value)
    except ValueError:
        return reading(stamp, value, name)  # type: ignore[no-any-return]
