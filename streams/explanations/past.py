"""A customer's past as JSON: facts in words, and stays in segments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from streams.events.instants import stamp

if TYPE_CHECKING:
    from streams.engine.past import Past
    from streams.rows.retold import Fact

_SCALE = 10_000


def told_past(past: Past) -> dict[str, Any]:
    """``facts`` with ``at``, ``type`` and ``text``, ``facts_total``, and ``bars`` with ``segment``, ``from`` and
    ``to`` (None: still)."""
    return {
        "facts": [{"at": stamp(one["at_ms"]), "type": one["type"], "text": fact_text(one)} for one in past.facts],
        "facts_total": past.total,
        "bars": [
            {"segment": name, "from": stamp(from_ms), "to": None if to_ms is None else stamp(to_ms)}
            for name, from_ms, to_ms in past.stays
        ],
    }


def fact_text(fact: Fact) -> str:
    """A fact in words: "looked at p12 (Accessories), 19.90"."""
    return _TEXTS[fact["type"]](fact)


def _purchase(fact: Fact) -> str:
    lines = [f"{one['quantity']} × {_product(one)}" for one in fact["items"]]
    off = f", discount {money(fact['discount'])}" if fact["discount"] else ""
    coupon = ", with a coupon" if fact["coupon"] else ""
    return f"ordered for {money(fact['total'])}{off}{coupon}{': ' if lines else ''}{'; '.join(lines)}"


def _email(fact: Fact) -> str:
    about = ", ".join(f"{name} {fact[name]}" for name in ("campaign", "segment") if fact[name])
    return f"e-mail {fact['action']}{' by a machine' if fact['machine'] else ''}{f' ({about})' if about else ''}"


def _profile(fact: Fact) -> str:
    if fact["value"] is None:
        return f"{fact['property']} was removed"
    return f"{fact['property']} is {fact['value']}"


def _refund(fact: Fact) -> str:
    return "the whole order was given back" if fact["total"] is None else f"{money(fact['total'])} was given back"


def _product(fact: Fact) -> str:
    categories = f" ({', '.join(fact['category'])})" if fact["category"] else ""
    price = "" if fact["price"] is None else f", {money(fact['price'])}"
    return f"{fact['product']}{categories}{price}"


def money(units: int) -> str:
    """Ten-thousandths as an amount with at least two decimals: 19.90, 0.1234."""
    whole, part = divmod(units, _SCALE)
    decimals = f"{part:04d}"
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


_TEXTS: dict[str, Callable[[Fact], str]] = {
    "view": lambda fact: f"looked at {_product(fact)}",
    "cart": lambda fact: f"put into the cart: {_product(fact)}",
    "purchase": _purchase,
    "refund": _refund,
    "email": _email,
    "profile": _profile,
}
