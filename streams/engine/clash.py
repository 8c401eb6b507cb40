"""Two different events of one id at one instant: which of them stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from streams.events.native import ACTIONS
from streams.events.text import compared
from streams.rows.arena import Rows
from streams.rows.batch import B_END, B_FIRST, B_FORM, B_ID, B_ROW, R_META, R_WORD3, R_WORD4, Batch
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    CART,
    CONSENT,
    COUPON,
    DISCOUNT,
    EMAIL,
    FLAG_MASK,
    FLAG_SHIFT,
    ID_FORMS,
    ITEM,
    KIND_MASK,
    LINK_BITS,
    LINK_MASK,
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

#: kind, flags, quantity, word 3, word 4 of a record
Fields = tuple[int, int, int, int, int]


def stands(rows: Rows, batch: Batch, event: int, names: Names) -> bool:
    """Whether event ``event`` of the batch replaces the one in its row: the lesser canonical JSON of what a row keeps
    stands."""
    return _canonical(_of_batch(batch, event), names) < _canonical(_of_row(rows, batch, event), names)


def _of_batch(batch: Batch, event: int) -> Iterator[Fields]:
    for k in range(int(batch.events[event, B_FIRST]), int(batch.events[event, B_END])):
        meta = int(batch.records[k, R_META])
        flags = meta >> FLAG_SHIFT & FLAG_MASK
        yield meta & KIND_MASK, flags, meta >> AT_SHIFT, int(batch.records[k, R_WORD3]), int(batch.records[k, R_WORD4])


def _of_row(rows: Rows, batch: Batch, event: int) -> Iterator[Fields]:
    head = batch.events[event]
    row, form, ids = int(head[B_ROW]), head[B_FORM], head[B_ID : B_ID + 2].tolist()
    mine = False
    for word0, word1, word2, word3, word4 in facts(rows, row).tolist():
        if word0 & KIND_MASK not in (ITEM, DISCOUNT):
            mine = [word1, word2] == ids and word0 >> FLAG_SHIFT & ID_FORMS == form
        if mine:
            yield word0 & KIND_MASK, word0 >> FLAG_SHIFT & FLAG_MASK, word2, word3, word4


def _canonical(records: Iterator[Fields], names: Names) -> bytes:
    """The event as JSON with sorted keys, as far as a row keeps it: names in their compared form, orders and messages
    by
    their digest; fields that were absent, or said nothing, are left out."""
    event: dict[str, Any] = {}
    for kind, flags, quantity, word3, word4 in records:
        if kind in (VIEW, CART):
            event |= {"type": "view" if kind == VIEW else "cart", **_product(word3, word4, names)}
        elif kind == ORDER:
            event |= {"type": "purchase", "order": str(word3), "total": word4, "items": []}
            event |= {"coupon": ""} if flags & COUPON else {}
        elif kind == DISCOUNT:
            event["discount"] = word4
        elif kind == ITEM:
            event["items"].append({**_product(word3, word4, names), "quantity": quantity})
        elif kind == REFUND:
            event |= {"type": "refund", "order": str(word3)} | ({} if word4 == NO_AMOUNT else {"total": word4})
        elif kind == EMAIL:
            event |= {"type": "email", "action": ACTIONS[flags & ACTION_MASK], "message": str(word3 >> LINK_BITS)}
            event |= {"link": word3 & LINK_MASK} if word3 & LINK_MASK else {}
            event |= {"machine": True} if flags & MACHINE else {}
            for name, number in (("campaign", word4 >> 32), ("segment", word4 & NAME_MASK)):
                event |= {name: compared(names.shown[number])} if number else {}
        elif kind == PROFILE:
            value = None if flags & REMOVED else compared(names.shown[word3 & NAME_MASK])
            event["type"] = "profile"
            event.setdefault("set", {})[names.shown[word3 >> 32]] = value
        elif kind == CONSENT:
            event["consent"] = True  # a hard bounce: no field of an event, but it tells it from a soft one
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS)


def _product(word3: int, word4: int, names: Names) -> dict[str, object]:
    product: dict[str, object] = {"product": compared(names.shown[word3 >> 32])}
    categories = sorted(compared(names.shown[number]) for number in names.members(word3 & NAME_MASK))
    if categories:
        product["category"] = categories if len(categories) > 1 else categories[0]
    if word4 != NO_AMOUNT:
        product["price"] = word4
    return product
