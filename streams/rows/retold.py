"""The facts of a row as events tell them, for people who look at a customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from streams.events.native import ACTIONS
from streams.rows.arena import Rows
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    CART,
    COUPON,
    DISCOUNT,
    EMAIL,
    FLAG_SHIFT,
    ITEM,
    KIND_MASK,
    MACHINE,
    NAME_MASK,
    NO_AMOUNT,
    ORDER,
    PROFILE,
    REFUND,
    REMOVED,
    VIEW,
)
from streams.rows.names import Names
from streams.rows.parts import facts

#: One fact: ``type`` and ``at_ms``, and the fields of the native event as far as a row keeps them. Amounts are in
#: ten-thousandths, None where none was said. Names of orders and messages are not kept.
Fact = dict[str, Any]
_Words = list[int]


def retold(rows: Rows, row: int, names: Names) -> list[Fact]:
    """All facts of a row, the newest first."""
    found = list(_told(facts(rows, row).tolist(), names))
    return sorted(found, key=lambda fact: fact["at_ms"])[::-1]


def _told(records: list[_Words], names: Names) -> Iterator[Fact]:
    order: Fact | None = None
    for words in records:
        kind, at_ms = words[0] & KIND_MASK, words[0] >> AT_SHIFT
        if kind in (ITEM, DISCOUNT):  # they follow their order
            assert order is not None
            _add_line(order, words, names)
            continue
        tell = _TELLERS.get(kind)
        fact = tell(words, names) if tell else None
        if fact is not None:
            fact["at_ms"] = at_ms
            order = fact if kind == ORDER else order
            yield fact


def _add_line(order: Fact, words: _Words, names: Names) -> None:
    if words[0] & KIND_MASK == DISCOUNT:
        order["discount"] = words[4]
    else:
        order["items"].append({**_product(words, names), "quantity": words[2]})


def _product(words: _Words, names: Names) -> Fact:
    categories = [names.shown[number] for number in names.members(words[3] & NAME_MASK)]
    return {"product": names.shown[words[3] >> 32], "category": categories, "price": _amount(words[4])}


def _view(words: _Words, names: Names) -> Fact:
    return {"type": "view", **_product(words, names)}


def _cart(words: _Words, names: Names) -> Fact:
    return {"type": "cart", **_product(words, names)}


def _order(words: _Words, names: Names) -> Fact:
    coupon = bool(words[0] >> FLAG_SHIFT & COUPON)
    return {"type": "purchase", "total": words[4], "discount": 0, "coupon": coupon, "items": []}


def _refund(words: _Words, names: Names) -> Fact:
    return {"type": "refund", "total": _amount(words[4])}


def _email(words: _Words, names: Names) -> Fact:
    flags = words[0] >> FLAG_SHIFT
    return {
        "type": "email",
        "action": ACTIONS[flags & ACTION_MASK],
        "machine": bool(flags & MACHINE),
        "campaign": names.shown[words[4] >> 32],
        "segment": names.shown[words[4] & NAME_MASK],
    }


def _profile(words: _Words, names: Names) -> Fact | None:
    if not words[3] >> 32:  # it says no more than that the customer is known
        return None
    removed = bool(words[0] >> FLAG_SHIFT & REMOVED)
    value = None if removed else names.shown[words[3] & NAME_MASK]
    return {"type": "profile", "property": names.shown[words[3] >> 32], "value": value}


def _amount(word: int) -> int | None:
    return None if word == NO_AMOUNT else word


_TELLERS: dict[int, Callable[[_Words, Names], Fact | None]] = {
    int(VIEW): _view,
    int(CART): _cart,
    int(ORDER): _order,
    int(REFUND): _refund,
    int(EMAIL): _email,
    int(PROFILE): _profile,
}
