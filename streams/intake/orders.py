"""Plain purchases and refunds as records of facts. Compiled."""

from __future__ import annotations

import numpy as np

from streams.intake.fields import (
    COUPON,
    DISCOUNT,
    ITEM_CATEGORY,
    ITEM_KEYS,
    ITEM_PRICE,
    ITEM_PRODUCT,
    ITEM_QUANTITY,
    ITEMS,
    ORDER,
    TOTAL,
    amount_of,
    digest_at,
    has_digest,
    is_missing,
    name_of,
)
from streams.intake.numbers import MAX_UNITS, UNKNOWN, digits
from streams.intake.tokens import (
    ABSENT,
    COMMA,
    K_HIGH,
    K_KIND,
    K_LENGTH,
    K_START,
    LIST,
    LIST_CLOSE,
    NUMBER,
    STRING,
    behind_blanks,
    read_object,
)
from streams.rows.batch import R_META, R_WORD3, R_WORD4
from streams.rows.compiled import compiled
from streams.rows.layout import AT_SHIFT, FLAG_SHIFT, ITEM, NO_AMOUNT, REFUND, plain
from streams.rows.layout import COUPON as WITH_COUPON
from streams.rows.layout import DISCOUNT as DISCOUNT_KIND
from streams.rows.layout import ORDER as ORDER_KIND
from streams.rows.tables import FREE, Table

#: ``native.MAX_ITEMS`` and ``amounts.MAX_QUANTITY``; a test holds them against those
MAX_ITEMS = 1_000
MAX_QUANTITY = plain(1_000_000)
MOST_DIGITS = 7
#: an item is written in so many bytes at least, comma included
SHORTEST_ITEM = len('{"product":""},')


@compiled
def quantity_of(data: np.ndarray, tokens: np.ndarray) -> int:
    """How many of an item, 1 where nothing is said, or UNKNOWN."""
    kind, length = tokens[ITEM_QUANTITY, K_KIND], tokens[ITEM_QUANTITY, K_LENGTH]
    if kind == ABSENT:
        return 1
    if (kind != NUMBER and kind != STRING) or length == 0 or length > MOST_DIGITS:
        return UNKNOWN
    found = digits(data, tokens[ITEM_QUANTITY, K_START], length)
    return found if 0 < found <= MAX_QUANTITY else UNKNOWN


@compiled
def put_item(data: np.ndarray, tokens: np.ndarray, names: Table, records: np.ndarray, k: int) -> int:
    """The record of an item at k; returns price times quantity, or UNKNOWN."""
    product, category = name_of(data, tokens, ITEM_PRODUCT, names), name_of(data, tokens, ITEM_CATEGORY, names)
    price, quantity = amount_of(data, tokens, ITEM_PRICE), quantity_of(data, tokens)
    if tokens[ITEM_PRODUCT, K_KIND] != STRING or product == FREE or category == FREE:
        return UNKNOWN
    if price == UNKNOWN or quantity == UNKNOWN:
        return UNKNOWN
    records[k, R_META], records[k, R_WORD3] = ITEM | quantity << AT_SHIFT, product << 32 | category
    records[k, R_WORD4] = price
    return 0 if price == NO_AMOUNT else price * quantity


@compiled
def put_items(
    data: np.ndarray, start: int, length: int, tokens: np.ndarray, names: Table, records: np.ndarray, k: int
) -> tuple[int, int]:
    """The records of a list of items from k on; returns the place behind them, or UNKNOWN, and the sum of price times
    quantity."""
    end, gross, first = start + length - 1, 0, k
    i = behind_blanks(data, start + 1, end)
    if i == end:
        return k, 0
    while True:
        i = read_object(data, i, end, ITEM_KEYS, tokens)
        if i < 0 or k >= records.shape[0] or k - first >= MAX_ITEMS:
            return UNKNOWN, 0
        cost = put_item(data, tokens, names, records, k)
        if cost == UNKNOWN:
            return UNKNOWN, 0
        gross = min(gross + cost, 1000 * MAX_UNITS)
        k += 1
        i = behind_blanks(data, i, end)
        if data[i] == LIST_CLOSE and i == end:
            return k, gross
        if i >= end or data[i] != COMMA:
            return UNKNOWN, 0
        i += 1


@compiled
def put_purchase(
    data: np.ndarray,
    tokens: np.ndarray,
    item_tokens: np.ndarray,
    names: Table,
    s: np.ndarray,
    records: np.ndarray,
    k: int,
) -> int:
    """The records of an order from k on; returns the place behind them, or UNKNOWN."""
    total, discount = amount_of(data, tokens, TOTAL), amount_of(data, tokens, DISCOUNT)
    coupon = tokens[COUPON, K_KIND] == STRING
    if not has_digest(tokens, ORDER) or total == UNKNOWN or discount == UNKNOWN or k + 2 > records.shape[0]:
        return UNKNOWN
    if not coupon and not is_missing(tokens, COUPON):
        return UNKNOWN
    if coupon and tokens[COUPON, K_HIGH] != 0:
        return UNKNOWN
    if tokens[ITEMS, K_KIND] != LIST and tokens[ITEMS, K_KIND] != ABSENT:
        return UNKNOWN
    first = k
    k += 1
    if discount > 0:
        records[k, R_META], records[k, R_WORD3], records[k, R_WORD4] = DISCOUNT_KIND, 0, discount
        k += 1
    gross = 0
    if tokens[ITEMS, K_KIND] == LIST:
        k, gross = put_items(data, tokens[ITEMS, K_START], tokens[ITEMS, K_LENGTH], item_tokens, names, records, k)
    if k == UNKNOWN or (total == NO_AMOUNT and gross > MAX_UNITS):
        return UNKNOWN
    records[first, R_META] = ORDER_KIND | (WITH_COUPON << FLAG_SHIFT if coupon and tokens[COUPON, K_LENGTH] > 0 else 0)
    records[first, R_WORD3] = digest_at(data, tokens, ORDER, s)
    records[first, R_WORD4] = total if total != NO_AMOUNT else max(0, gross - max(discount, 0))
    return k


@compiled
def put_refund(data: np.ndarray, tokens: np.ndarray, s: np.ndarray, records: np.ndarray, k: int) -> int:
    """The record of a refund at k; returns the place behind it, or UNKNOWN."""
    total = amount_of(data, tokens, TOTAL)
    if not has_digest(tokens, ORDER) or total == UNKNOWN or k >= records.shape[0]:
        return UNKNOWN
    records[k, R_META], records[k, R_WORD3], records[k, R_WORD4] = REFUND, digest_at(data, tokens, ORDER, s), total
    return k + 1
