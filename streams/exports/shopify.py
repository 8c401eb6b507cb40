"""The exports of Shopify's admin: orders (a row for each line of an order) and customers.

Orders name their customer by the address alone; the export of customers tells whose address it is, and joins the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from streams.dialects.fields import Field, address, amount, count, currency, digest, must, person, reading, take, text
from streams.dialects.words import Event, Skipped
from streams.events.amounts import decimal
from streams.exports.instants import export_instant
from streams.exports.words import Format, Row

ORDERS = ("Name", "Created at", "Lineitem name", "Lineitem quantity")
CUSTOMERS = ("First Name", "Last Name", "Email", "Accepts Email Marketing")
LINE = (
    Field("product", ("Lineitem sku", "Lineitem SKU", "Lineitem name"), text, needed=True),
    Field("price", ("Lineitem price",), amount),
    Field("quantity", ("Lineitem quantity",), count),
)
ORDER = (
    Field("order", ("Id", "Name"), text, needed=True),
    Field("total", ("Total",), amount),
    Field("discount", ("Discount Amount",), amount),
    Field("coupon", ("Discount Code",), text),
    Field("currency", ("Currency",), currency),
)
PROFILE = {
    "First Name": "first_name",
    "Last Name": "last_name",
    "Email": "email",
    "Phone": "phone",
    "Tags": "tags",
    "Default Address City": "city",
    "Default Address Province Code": "province",
    "Default Address Country Code": "country",
    "Default Address Zip": "zip",
}


def orders() -> Format:
    """The export of orders."""
    return Format("Shopify's orders", "Name", _order)


def customers(at_ms: int) -> Format:
    """The export of customers, which tells no dates: it is true as of ``at_ms``."""
    return Format("Shopify's customers", None, lambda rows: _customer(rows[0].said, at_ms))


def _order(rows: Sequence[Row]) -> list[Event]:
    head = rows[0].said
    user = must(address, head.get("Email"), "Email")
    at_ms = must(export_instant, head.get("Created at"), "Created at")
    told = take(ORDER, head)
    order = told["order"]
    items = [take(LINE, row.said) for row in rows if row.said.get("Lineitem quantity") != "0"]
    events: list[Event] = [
        {"type": "purchase", "id": f"order-{order}", "user": user, "at": at_ms, **told, "items": items}
    ]
    common = {"type": "refund", "user": user, "order": order}
    if cancelled := head.get("Cancelled at"):
        when_ms = reading(export_instant, cancelled, "Cancelled at")
        return [*events, {**common, "id": f"order-{order}-cancelled", "at": when_ms}]
    back = reading(_sum, head.get("Refunded Amount", "0"), "Refunded Amount")
    if back:
        money = {"currency": told["currency"]} if "currency" in told else {}
        events.append({**common, "id": f"order-{order}-refunded", "at": at_ms, "total": str(back), **money})
    return events


def _sum(value: object) -> Decimal:
    return decimal(str(amount(value)))


def _customer(said: Event, at_ms: int) -> list[Event]:
    own = said.get("Customer ID")
    mail = said.get("Email")
    if not own and not mail:
        raise Skipped("a customer without id and address")
    user = reading(person, own.lstrip("'"), "Customer ID") if own else reading(address, mail, "Email")
    ticket = digest(said)
    common = {"user": user, "at": at_ms}
    properties = {name: said[theirs] for theirs, name in PROFILE.items() if theirs in said}
    events: list[Event] = [{"type": "profile", "id": f"profile-{ticket}", **common, "set": properties}]
    if said.get("Accepts Email Marketing", "").lower() == "no":
        mark = f"consent-{ticket}"
        events.append({"type": "email", "id": mark, **common, "action": "unsubscribed", "message": mark})
    if own and mail:
        former = reading(address, mail, "Email")
        events.append({"type": "merge", "id": f"merge-{former}", **common, "from": former})
    return events
