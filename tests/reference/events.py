"""Section 2, one event: raw JSON objects become events, or are refused.

Instants are whole milliseconds, amounts fractions of the currency (whole ten-thousandths); compared texts are in their
compared form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import orjson

ACTIONS = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "resubscribed")
YEAR_2000_MS = 946_684_800_000
MAX_BYTES = 1 << 20
MAX_CATEGORIES = 8
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_STAMP = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

Scalar = str | int | float | bool


class Refused(ValueError):
    """The event is none; the message says why."""


@dataclass(frozen=True)
class Item:
    """One line of an order."""

    product: str
    categories: frozenset[str]
    price: Fraction | None
    quantity: int


@dataclass(frozen=True)
class Event:
    """One event; of the fields below ``canonical`` only those of its type are set."""

    type: str
    id: str
    user: str
    at: int
    canonical: bytes
    product: str = ""
    categories: frozenset[str] = frozenset()
    price: Fraction | None = None
    order: str = ""
    items: tuple[Item, ...] = ()
    total: Fraction | None = None
    discount: Fraction = Fraction(0)
    coupon: str | None = None
    action: str = ""
    message: str = ""
    campaign: str | None = None
    segment: str | None = None
    link: str | None = None
    machine: bool = False
    soft: bool = False
    set: dict[str, Scalar | None] = field(default_factory=dict)
    source: str = ""

    @property
    def order_key(self) -> tuple[int, str]:
        """Earlier first; at one instant the lesser id first."""
        return self.at, self.id


def parse(raw: dict[str, Any]) -> Event:
    """The event in a JSON object; raises Refused."""
    canonical = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
    if len(canonical) > MAX_BYTES:
        raise Refused("over 1 MiB")
    if raw.get("currency") is not None:
        raise Refused("no rate is configured")
    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in _READERS:
        raise Refused(f"unknown type {kind!r}")
    user = _text(raw, "user")
    if not user:
        raise Refused("empty user")
    number = _optional_text(raw, "id") or blake2b(canonical, digest_size=8).hexdigest()
    return Event(
        type=kind, id=number, user=user, at=_instant(raw.get("at")), canonical=canonical, **_READERS[kind](raw)
    )


def compared(text: str) -> str:
    """The form in which texts are compared: NFC, trimmed, case folded."""
    return unicodedata.normalize("NFC", text).strip().casefold()


def text_of(value: Scalar) -> str:
    """A text as it is, a number as text; 42.0 is "42" like 42, true is "true"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def number_of(value: object) -> Fraction | None:
    """The exact number that a JSON number or a decimal text names; None where it is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(Decimal(repr(value))) if value == value and abs(value) != float("inf") else None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Fraction(Decimal(value.strip()))
    return None


def _instant(value: object) -> int:
    if isinstance(value, str):
        value = _stamp(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused("at: neither a stamp nor whole milliseconds")
    if value < YEAR_2000_MS:
        raise Refused("at: before the year 2000")
    return value


def _stamp(text: str) -> int:
    found = _STAMP.fullmatch(text)
    if found is None:
        raise Refused("at: no RFC 3339 stamp with an offset")
    day, second, fraction, offset = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{second}{'+00:00' if offset in 'Zz' else offset}")
    except ValueError as error:
        raise Refused("at: no instant") from error
    return int(moment.timestamp()) * 1000 + int(((fraction or ".")[1:] + "000")[:3])


def _optional_text(raw: dict[str, Any], name: str) -> str | None:
    value = raw.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"{name}: no text")
    return text_of(value)


def _text(raw: dict[str, Any], name: str) -> str:
    value = _optional_text(raw, name)
    if value is None:
        raise Refused(f"{name}: missing")
    return value


def _amount(raw: dict[str, Any], name: str) -> Fraction | None:
    """Rounded half to even to ten-thousandths."""
    if raw.get(name) is None:
        return None
    number = number_of(raw[name])
    if number is None or number < 0:
        raise Refused(f"{name}: no amount")
    return Fraction(round(number * 10_000), 10_000)


def _flag(raw: dict[str, Any], name: str) -> bool:
    value = raw.get(name)
    if value is not None and not isinstance(value, bool):
        raise Refused(f"{name}: neither true nor false")
    return bool(value)


def _categories(raw: dict[str, Any]) -> frozenset[str]:
    value = raw.get("category")
    several = value if isinstance(value, list) else [] if value is None else [value]
    if len(several) > MAX_CATEGORIES:
        raise Refused("category: more than 8")
    return frozenset(compared(_text({"category": one}, "category")) for one in several)


def _product(raw: dict[str, Any]) -> dict[str, Any]:
    product = compared(_text(raw, "product"))
    return {"product": product, "categories": _categories(raw), "price": _amount(raw, "price")}


def _item(raw: object) -> Item:
    if not isinstance(raw, dict):
        raise Refused("items: a line is no object")
    quantity = number_of(raw.get("quantity", 1))
    if quantity is None or quantity.denominator != 1 or quantity <= 0:
        raise Refused("quantity: no whole number above 0")
    return Item(quantity=int(quantity), **_product(raw))


def _purchase(raw: dict[str, Any]) -> dict[str, Any]:
    lines = raw.get("items", [])
    if not isinstance(lines, list):
        raise Refused("items: no list")
    items = tuple(_item(line) for line in lines)
    discount = _amount(raw, "discount") or Fraction(0)
    total = _amount(raw, "total")
    if total is None:
        total = max(Fraction(0), sum((i.price or Fraction(0)) * i.quantity for i in items) - discount)
    coupon = _optional_text(raw, "coupon")
    return {"order": _text(raw, "order"), "items": items, "total": total, "discount": discount, "coupon": coupon}


def _refund(raw: dict[str, Any]) -> dict[str, Any]:
    return {"order": _text(raw, "order"), "total": _amount(raw, "total")}


def _email(raw: dict[str, Any]) -> dict[str, Any]:
    action = raw.get("action")
    if action not in ACTIONS:
        raise Refused(f"action: {action!r} is none")
    said = {name: _optional_text(raw, name) for name in ("campaign", "segment")}
    stated = {name: None if text is None else compared(text) for name, text in said.items()}
    flags = {name: _flag(raw, name) for name in ("machine", "soft")}
    link = _optional_text(raw, "link")
    return {"action": action, "message": _text(raw, "message"), "link": link, **stated, **flags}


def _profile(raw: dict[str, Any]) -> dict[str, Any]:
    found = raw.get("set")
    if not isinstance(found, dict):
        raise Refused("set: no object")
    if not all(value is None or isinstance(value, str | int | float | bool) for value in found.values()):
        raise Refused("set: a value is neither text, number, true, false nor null")
    return {"set": found}


def _merge(raw: dict[str, Any]) -> dict[str, Any]:
    source = _text(raw, "from")
    if not source:
        raise Refused("from: empty")
    return {"source": source}


def _erase(raw: dict[str, Any]) -> dict[str, Any]:
    return {}


_READERS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "view": _product,
    "cart": _product,
    "purchase": _purchase,
    "refund": _refund,
    "email": _email,
    "profile": _profile,
    "merge": _merge,
    "erase": _erase,
}
