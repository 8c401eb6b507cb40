"""Shopify's orders, refunds and checkouts as native events.

An order's webhooks each tell the whole order as it is then. Its date is that of the order, told by an event under the
order's own id whatever webhook comes first; each later state is a newer content at the time of the update. The id of
a state ends in its time, so that the newest counts where two have one instant.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from streams.dialects.fields import (
    Field,
    address,
    amount,
    category,
    count,
    currency,
    lines,
    must,
    person,
    reading,
    stamp,
    table,
    tables,
    take,
    text,
)
from streams.dialects.words import Broken, Event, Foreign, Skipped
from streams.events.amounts import decimal

CURRENCY = Field("currency", ("currency",), currency)
LINE = (
    Field("product", ("product_id", "sku", "title", "name"), text, needed=True),
    Field("category", ("product_type", "collections", "category"), category),
    Field("price", ("price",), amount),
)
ORDER_LINE = (*LINE, Field("quantity", ("quantity",), count))
ORDER = (
    Field("order", ("id",), text, needed=True),
    Field("items", ("line_items",), lines(ORDER_LINE)),
    Field("total", ("total_price",), amount),
    Field("discount", ("total_discounts",), amount),
    CURRENCY,
)
CHECKOUT = (Field("items", ("line_items",), lines(LINE), needed=True), CURRENCY)
GIVEN_BACK = (Field("total", ("amount",), amount), CURRENCY)


def user_of(customer: object, place: str) -> str | None:
    """The id of a customer, of a guest the address; None where neither is told."""
    if not isinstance(customer, dict):
        return None
    for name, read in (("id", person), ("email", address)):
        value = customer.get(name)
        if value is not None and value != "":
            return reading(read, value, place + name)  # type: ignore[no-any-return]
    return None


def _buyer(body: Event) -> str | None:
    if user := user_of(body.get("customer"), "customer."):
        return user
    return user_of({"email": body.get("email") or body.get("contact_email")}, "")


# -- orders


def order_events(order: Event, foreign: Foreign) -> list[Event]:
    """The order's state, its date, its cancellation or what was given back."""
    if order.get("test") is True:
        raise Skipped("test order")
    user = _buyer(order)
    if user is None:
        raise Skipped("order without a customer")
    bought = _bought(order.get("line_items"))
    kept = order if bought is order.get("line_items") else {**order, "line_items": bought}
    content = {"type": "purchase", "user": user, **take(ORDER, kept), **_coupon(order)}
    return [*_states(content, order, foreign), *_given_back(content, order)]


def _bought(items: object) -> list[Any]:
    """The lines of which something was bought; an edited order keeps the others with a quantity of 0."""
    found = reading(tables, items if items is not None else [], "line_items")
    for item in found:
        if item.get("quantity") == 0:
            return [item for item in found if item.get("quantity") != 0]
    return found  # type: ignore[no-any-return]


def _states(content: Event, order: Event, foreign: Foreign) -> Iterator[Event]:
    """The order at its date, and as it is since its update."""
    dated = order.get("processed_at") or order.get("created_at")
    at_ms = must(stamp, dated, "created_at")
    updated_ms = reading(stamp, order.get("updated_at") or dated, "updated_at")
    ticket = f"order-{content['order']}"
    if foreign.headers.get("x-shopify-topic") == "orders/create" or updated_ms <= at_ms:
        yield {**content, "id": f"{ticket}-{updated_ms}", "at": at_ms}
    else:
        yield {**content, "id": ticket, "at": at_ms}
        yield {**content, "id": f"{ticket}-{updated_ms}", "at": updated_ms}


def _coupon(order: Event) -> Event:
    """The first discount code; of an automatic discount there is only the amount."""
    for name in ("discount_codes", "discount_applications"):
        for discount in reading(tables, given, name) if (given := order.get(name)) else ():
            if code := discount.get("code"):
                return {"coupon": reading(text, code, f"{name}.code")}
    return {}


def _given_back(content: Event, order: Event) -> Iterator[Event]:
    """A cancelled order is given back whole, and its refunds are no others."""
    common = {"type": "refund", "user": content["user"], "order": content["order"]}
    if cancelled := order.get("cancelled_at"):
        at_ms = reading(stamp, cancelled, "cancelled_at")
        yield {**common, "id": f"order-{content['order']}-cancelled", "at": at_ms}
        return
    refunds = order.get("refunds")
    for number, refund in enumerate(reading(tables, refunds, "refunds") if refunds else ()):
        if paid := _paid_back(refund, f"refunds[{number}].", content.get("currency")):
            yield {**common, **paid}


# -- refunds


def refund_events(refund: Event, foreign: Foreign) -> list[Event]:
    """What was given back, where the record names the customer."""
    order: Any = refund.get("order")
    order_id = must(person, refund.get("order_id"), "order_id")
    user = _buyer(refund) or (_buyer(order) if isinstance(order, dict) else None) or foreign.buyers.get(order_id)
    if user is None:
        raise Skipped("refund without a customer")
    paid = _paid_back(refund, "", None)
    if paid is None:
        raise Skipped("refund of nothing")
    return [{"type": "refund", "user": user, "order": order_id, **paid}]


def _paid_back(refund: Event, place: str, shop_currency: str | None) -> Event | None:
    """``id``, ``at``, ``total`` and ``currency`` of a refund; None where no money was given back."""
    ticket = must(person, refund.get("id"), f"{place}id")
    at_ms = must(stamp, refund.get("processed_at") or refund.get("created_at"), f"{place}created_at")
    sums = _transactions(refund, place) if refund.get("transactions") is not None else _returned(refund, place)
    total = sum((decimal(str(one["total"])) for one in sums), Decimal(0))
    if not total:
        return None
    currencies = {one.get("currency", shop_currency) for one in sums} - {None}
    if len(currencies) > 1:
        raise Broken(f"{place}transactions: of several currencies")
    money = {"currency": currencies.pop()} if currencies else {}
    return {"id": f"refund-{ticket}", "at": at_ms, "total": str(total), **money}


def _transactions(refund: Event, place: str) -> list[Event]:
    """The payments to the customer that succeeded, in the shop's currency where they are told in it."""
    found = []
    for number, one in enumerate(reading(tables, refund["transactions"], f"{place}transactions")):
        if one.get("kind", "refund") == "refund" and one.get("status", "success") == "success":
            where = f"{place}transactions[{number}]."
            found.append(take(GIVEN_BACK, _in_shop_money(one), where))
            if "total" not in found[-1]:
                raise Broken(f"{where}amount: missing")
    return found


def _in_shop_money(transaction: Event) -> Event:
    both: Any = transaction.get("amount_set")
    shop: Any = both.get("shop_money") if isinstance(both, dict) else None
    if isinstance(shop, dict):
        return {"amount": shop.get("amount"), "currency": shop.get("currency_code")}
    return transaction


def _returned(refund: Event, place: str) -> list[Event]:
    """The lines that came back, where no payments are told."""
    found = []
    for number, line in enumerate(reading(tables, refund.get("refund_line_items") or [], f"{place}refund_line_items")):
        for name in ("subtotal", "total_tax"):
            found += [take((Field("total", (name,), amount),), line, f"{place}refund_line_items[{number}].")]
    return [one for one in found if one]


# -- checkouts


def checkout_events(checkout: Event, foreign: Foreign) -> list[Event]:
    """A cart for each line; the line's id makes it one, however often the checkout is updated."""
    user = _buyer(checkout)
    if user is None:
        raise Skipped("checkout without a customer")
    created = foreign.headers.get("x-shopify-topic") == "checkouts/create"
    dated = (not created and checkout.get("updated_at")) or checkout.get("created_at")
    at_ms = must(stamp, dated, "created_at")
    token = must(text, checkout.get("token") or checkout.get("id"), "token")
    read = take(CHECKOUT, checkout)
    rows = [reading(table, row, "line_items") for row in checkout["line_items"]]
    common = {"type": "cart", "user": user, "at": at_ms}
    money = {"currency": read["currency"]} if "currency" in read else {}
    return [
        {**common, **item, **money, "id": f"checkout-{token}-{row.get('variant_id') or row.get('id') or number}"}
        for number, (item, row) in enumerate(zip(read["items"], rows, strict=True))
    ]
