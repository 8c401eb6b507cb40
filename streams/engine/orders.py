"""Purchases, items and refunds from the records of a row. Compiled."""

from __future__ import annotations

from streams.engine.joining import FEW, entry_of, new_stamp, visible_end
from streams.engine.scratch import E_AT, E_BACK, E_CONTENT, E_WHOLE, FORGETS, Scratch
from streams.rows.arena import COUNTS, OFF, ROW_FLAGS, SIZE, Rows
from streams.rows.compiled import compiled
from streams.rows.layout import (
    AT_SHIFT,
    COUPON,
    DISCOUNT,
    FLAG_SHIFT,
    G_ORDER,
    G_REFUND,
    KIND_MASK,
    NO_AMOUNT,
    ORDERS_UPDATED,
    plain,
)
from streams.rows.places import group_start, is_child
from streams.rules.code import (
    AMOUNT,
    DISCOUNTED_BY,
    ITEMS,
    LINE,
    LINE_END,
    NAMES,
    PURCHASES,
    REFUNDS,
    STAMP,
    WHOLE,
    Code,
)

NONE = plain(0)


@compiled
def orders(rows: Rows, r: int, t: int, code: Code, s: Scratch, n: int) -> int:
    """Purchases, items and refunds; returns the end of the facts."""
    start = group_start(rows, r, G_ORDER)
    end = visible_end(rows, start, start + rows.head[r, COUNTS + G_ORDER], t)
    back = group_start(rows, r, G_REFUND)
    back_end = visible_end(rows, back, back + rows.head[r, COUNTS + G_REFUND], t)
    joined = rows.head[r, ROW_FLAGS] & ORDERS_UPDATED != 0 or back_end > back
    stamp = new_stamp(s) if end - start + back_end - back > FEW else NONE
    count = NONE
    for i in range(start, end):
        if is_child(rows.words[i, 0]):
            continue
        place = count
        if joined:
            place = entry_of(s, count, rows.words[i, 3], stamp)
        if place == count:
            count += 1
            s.entries[place, E_AT] = rows.words[i, 0] >> AT_SHIFT
            s.entries[place, E_BACK] = 0
            s.entries[place, E_WHOLE] = 0
        s.entries[place, E_CONTENT] = i
    known = count
    for i in range(back, back_end):
        place = entry_of(s, count, rows.words[i, 3], stamp)
        if place == count:
            count += 1
            s.entries[place, E_CONTENT] = -1
            s.entries[place, E_BACK] = 0
            s.entries[place, E_WHOLE] = 0
        if rows.words[i, 4] == NO_AMOUNT:
            s.entries[place, E_WHOLE] = 1
        else:
            s.entries[place, E_BACK] += rows.words[i, 4]
    n = purchases(rows, r, t, code, s, n, known)
    return refunds(rows, t, code, s, n, back, back_end, count, stamp)


@compiled
def purchases(rows: Rows, r: int, t: int, code: Code, s: Scratch, n: int, known: int) -> int:
    """Purchases and items of the first ``known`` entries; returns the end of the facts."""
    words, end = rows.words, rows.head[r, OFF] + rows.head[r, SIZE]
    s.span[PURCHASES, 0] = n
    for e in range(known):
        head, given_back = s.entries[e, E_CONTENT], s.entries[e, E_BACK]
        total = words[head, 4]
        gone = s.entries[e, E_WHOLE] != 0 or (given_back > 0 and given_back >= total)
        if gone or s.entries[e, E_AT] <= t - code.retention_ms:
            continue
        s.facts[n, STAMP] = s.entries[e, E_AT] << AT_SHIFT | words[head, 0] & COUPON << FLAG_SHIFT
        s.facts[n, AMOUNT] = total - given_back
        s.facts[n, DISCOUNTED_BY] = 0
        s.facts[n, LINE] = head + 1
        n += 1
    s.span[PURCHASES, 1] = n
    s.span[ITEMS, 0] = n
    for o in range(s.span[PURCHASES, 0], s.span[PURCHASES, 1]):
        i = s.facts[o, LINE]
        s.facts[o, LINE] = n
        s.facts[o, WHOLE] = 0
        while i < end and is_child(words[i, 0]):
            if words[i, 0] & KIND_MASK == DISCOUNT:
                s.facts[o, DISCOUNTED_BY] = words[i, 4]
                s.facts[o, STAMP] |= 1 << FLAG_SHIFT
            else:
                s.facts[n, STAMP] = s.facts[o, STAMP]
                s.facts[n, NAMES] = words[i, 3]
                s.facts[n, AMOUNT] = words[i, 4]
                s.facts[n, WHOLE] = words[i, 2]
                s.facts[o, WHOLE] += words[i, 2]
                n += 1
            i += 1
        s.facts[o, LINE_END] = n
    s.span[ITEMS, 1] = n
    return n


@compiled
def refunds(
    rows: Rows, t: int, code: Code, s: Scratch, n: int, back: int, back_end: int, count: int, stamp: int
) -> int:
    """Refunds; one of an unknown order has no amount. Returns the end of the facts."""
    s.span[REFUNDS, 0] = n
    for i in range(back, back_end):
        at = rows.words[i, 0] >> AT_SHIFT
        if at <= t - code.retention_ms:
            continue
        e = entry_of(s, count, rows.words[i, 3], stamp)
        s.facts[n, STAMP] = at << AT_SHIFT
        if s.entries[e, E_CONTENT] < 0 or s.entries[e, E_AT] <= t - code.retention_ms:
            s.facts[n, AMOUNT] = NO_AMOUNT
        else:
            whole = rows.words[i, 4] == NO_AMOUNT
            s.facts[n, AMOUNT] = rows.words[s.entries[e, E_CONTENT], 4] if whole else rows.words[i, 4]
            s.stamp[FORGETS] = min(s.stamp[FORGETS], s.entries[e, E_AT] + code.retention_ms)
        n += 1
    s.span[REFUNDS, 1] = n
    return n
