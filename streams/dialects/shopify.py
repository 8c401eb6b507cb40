"""Shopify's webhooks: which topic becomes what, and customers.

https://shopify.dev/docs/api/webhooks. The topic is the header X-Shopify-Topic; a record without it is known by what it
holds. The customer is Shopify's customer id, of a guest the address. Amounts are those in the shop's currency.
Ids are made of the ids that Shopify gives to orders, refunds and customers, not of the webhook's, so one fact that
comes on several topics, again, or from an export is one fact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from streams.dialects.fields import Field, flat, must, person, reading, stamp, table, tables, take, text
from streams.dialects.shopify_orders import checkout_events, order_events, refund_events, user_of
from streams.dialects.words import Broken, Event, Foreign, Leaves, Says, Skipped

Handler = Callable[[Event, Foreign], list[Event]]

PROFILE = (
    *(
        Field(name, (name,), lambda value: value)
        for name in ("email", "first_name", "last_name", "phone", "state", "tags", "verified_email", "tax_exempt")
    ),
)
ADDRESS = {"country": "country_code", "province": "province_code", "city": "city", "zip": "zip"}
CONSENT = {"subscribed": "resubscribed", "unsubscribed": "unsubscribed"}

_ORDER = Says("purchase", note="and `refund` where it was cancelled or money was given back")
_CART = Leaves("names no customer; the checkout does")
_DISCOUNT = Leaves("the order tells its discounts")
_PRODUCT = Leaves("tells of the catalogue, not of a customer")
#: topic -> what its records become; topics that are not here are counted under their name
TOPICS: dict[str, Says | Leaves] = {
    "orders/create": _ORDER,
    "orders/paid": _ORDER,
    "orders/updated": _ORDER,
    "orders/cancelled": _ORDER,
    "orders/fulfilled": _ORDER,
    "orders/partially_fulfilled": _ORDER,
    "refunds/create": Says("refund", note="of the customer that it names, or whose order came before it"),
    "checkouts/create": Says("cart", note="for each line"),
    "checkouts/update": Says("cart", note="for each line that is new"),
    "customers/create": Says("profile", note="and `email` where it tells consent"),
    "customers/update": Says("profile", note="and `email` where it tells consent"),
    "customers_email_marketing_consent/update": Says("email", note="unsubscribed or resubscribed"),
    "customers/merge": Says("merge", note="once it is completed"),
    "customers/redact": Says("erase"),
    "orders/edited": Leaves("orders/updated tells the edited order"),
    "orders/delete": Leaves("only test and archived orders can be deleted"),
    "checkouts/delete": Leaves("that something was put into the cart stays true"),
    "carts/create": _CART,
    "carts/update": _CART,
    "customers/delete": Leaves("only customers without orders can be deleted; to forget is customers/redact"),
    "customers/data_request": Leaves("asks the shop, changes nothing"),
    "shop/redact": Leaves("names no customer"),
    "discounts/create": _DISCOUNT,
    "discounts/update": _DISCOUNT,
    "products/create": _PRODUCT,
    "products/update": _PRODUCT,
    "products/delete": _PRODUCT,
}
#: what a record without a topic is, by fields that only it has
SIGNS: dict[str, tuple[str, ...]] = {
    "customers/merge": ("admin_graphql_api_customer_kept_id",),
    "customers/redact": ("shop_domain", "orders_to_redact"),
    "customers/data_request": ("shop_domain", "orders_requested"),
    "refunds/create": ("order_id", "refund_line_items"),
    "orders/updated": ("line_items", "financial_status"),
    "checkouts/update": ("line_items", "abandoned_checkout_url"),
    "carts/update": ("line_items", "token"),
    "products/update": ("product_type", "variants"),
    "customers_email_marketing_consent/update": ("customer_id", "email_marketing_consent"),
    "customers/update": ("first_name", "last_name", "orders_count"),
}
#: the one key of a record as the REST API gives it -> its topic
WRAPPED = {
    "order": "orders/updated",
    "checkout": "checkouts/update",
    "customer": "customers/update",
    "refund": "refunds/create",
    "product": "products/update",
    "cart": "carts/update",
    "price_rule": "discounts/update",
    "discount_code": "discounts/update",
}
_TOPIC_HEADERS = ("x-shopify-topic", "shopify-topic")
_TRIGGER_HEADERS = ("x-shopify-triggered-at", "shopify-triggered-at")
_EVENT_HEADERS = ("x-shopify-event-id", "shopify-event-id", "x-shopify-webhook-id", "shopify-webhook-id")


def translate(foreign: Foreign) -> list[Event]:
    """The native events of a webhook; raises Skipped and Broken."""
    topic, bodies = _opened(foreign.body, topic_of(foreign.headers))
    if topic is None:
        raise Broken("X-Shopify-Topic: missing, and the record looks like none that is known")
    handler = HANDLERS.get(topic)
    if handler is None:
        raise Skipped(topic)
    if foreign.headers.get("x-shopify-topic") != topic:
        foreign = foreign._replace(headers={**foreign.headers, "x-shopify-topic": topic})
    return handler(bodies[0], foreign) if len(bodies) == 1 else [e for body in bodies for e in handler(body, foreign)]


def topic_of(headers: Mapping[str, str]) -> str | None:
    """The webhook's topic, also of one that is written as in GraphQL: ORDERS_CREATE."""
    topic = _header(headers, _TOPIC_HEADERS)
    if topic is None:
        return None
    topic = topic.strip().lower()
    return topic if "/" in topic else topic.replace("_", "/", 1)


def sign_of(body: Event) -> str | None:
    """The topic of a record that names none."""
    for topic, signs in SIGNS.items():
        if all(sign in body for sign in signs):
            return topic
    return None


def _opened(body: Event, topic: str | None) -> tuple[str | None, list[Event]]:
    """The topic and what it tells of, out of the REST API's wrapping."""
    if len(body) == 1:
        (name, inner), *_ = body.items()
        wrapped = WRAPPED.get(name) or WRAPPED.get(name.removesuffix("s"))
        if wrapped is not None:
            inners = reading(tables, inner, name) if isinstance(inner, list) else [reading(table, inner, name)]
            return topic or wrapped, inners
    return topic or sign_of(body), [body]


def _header(headers: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    for name in names:
        if value := headers.get(name):
            return value
    return None


# -- customers


def _customer(customer: Event, foreign: Foreign) -> list[Event]:
    """Properties, and consent where it is told."""
    user = user_of(customer, "")
    if user is None:
        raise Broken("id: missing")
    updated = customer.get("updated_at") or customer.get("created_at") or foreign.at
    at_ms = must(stamp, updated, "updated_at")
    home = customer.get("default_address")
    properties = take(PROFILE, customer)
    if isinstance(home, dict):
        properties.update({name: home.get(theirs) for name, theirs in ADDRESS.items()})
    profile = {"type": "profile", "id": f"customer-{user}-{at_ms}", "user": user, "at": at_ms, "set": flat(properties)}
    return [profile, *_consent(customer, user, at_ms)]


def _consent(customer: Event, user: str, at_ms: int) -> list[Event]:
    """An unsubscription or a return, out of ``email_marketing_consent``."""
    consent: Any = customer.get("email_marketing_consent")
    action = CONSENT.get(str(consent.get("state")).lower()) if isinstance(consent, dict) else None
    if action is None:
        return []
    if since := consent.get("consent_updated_at"):
        at_ms = reading(stamp, since, "email_marketing_consent.consent_updated_at")
    ticket = f"consent-{user}-{at_ms}-{action}"
    return [{"type": "email", "id": ticket, "user": user, "at": at_ms, "action": action, "message": ticket}]


def _consent_alone(body: Event, foreign: Foreign) -> list[Event]:
    user = must(person, body.get("customer_id"), "customer_id")
    at_ms = _triggered(foreign)
    events = _consent(body, user, at_ms)
    if not events:
        raise Skipped("customers_email_marketing_consent/update: neither subscribed nor unsubscribed")
    return events


def _merge(body: Event, foreign: Foreign) -> list[Event]:
    if body.get("status") != "completed":
        raise Skipped("customers/merge: not completed")
    kept, gone = (
        must(text, body.get(name), name).rpartition("/")[2]
        for name in ("admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id")
    )
    if not kept or not gone:
        raise Broken(f"admin_graphql_api_customer_{'deleted' if kept else 'kept'}_id: missing")
    return [{"type": "merge", "id": f"merge-{gone}", "user": kept, "at": _triggered(foreign), "from": gone}]


def _redact(body: Event, foreign: Foreign) -> list[Event]:
    user = user_of(must(table, body.get("customer"), "customer"), "customer.")
    if user is None:
        raise Broken("customer.id: missing")
    at_ms = _triggered(foreign)
    # a customer may come back and be forgotten again, so the id is of this request
    request = _header(foreign.headers, _EVENT_HEADERS) or at_ms
    return [{"type": "erase", "id": f"redact-{request}", "user": user, "at": at_ms}]


def _triggered(foreign: Foreign) -> int:
    """When a webhook that names no time was triggered."""
    stamped = _header(foreign.headers, _TRIGGER_HEADERS) or foreign.at
    return must(stamp, stamped, "X-Shopify-Triggered-At")  # type: ignore[no-any-return]


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys((topic for topic, says in TOPICS.items() if says is _ORDER), order_events),
    "refunds/create": refund_events,
    "checkouts/create": checkout_events,
    "checkouts/update": checkout_events,
    "customers/create": _customer,
    "customers/update": _customer,
    "customers_email_marketing_consent/update": _consent_alone,
    "customers/merge": _merge,
    "customers/redact": _redact,
}
