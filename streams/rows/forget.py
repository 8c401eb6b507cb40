"""Taking facts out of rows: what is too old, too much, or erased. Compiled; see ``arena.Rows``."""

from __future__ import annotations

import numpy as np

from streams.rows.arena import COUNTS, DROPPED, KNOWN, OFF, SIZE, Rows
from streams.rows.compiled import compiled
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    FLAG_SHIFT,
    G_CART,
    G_CONSENT,
    G_EMAIL,
    G_ORDER,
    G_PROFILE,
    G_REFUND,
    G_REST,
    G_STATE,
    G_VIEW,
    ID_FORMS,
    ID_LONG,
    NEVER,
    SAID_GROUPS,
    UNSUBSCRIBED,
)
from streams.rows.places import find_id, group_start, is_child, rest_end, rest_start

#: which group loses its oldest fact first where a row is full; of consent only what says nothing any more
LOSES_FIRST = np.array([G_EMAIL, G_ORDER, G_REFUND, G_PROFILE], np.int64)


@compiled
def drop(rows: Rows, r: int, group: int, i: int) -> None:
    """Take the event whose first record lies at i out of its group, with its lines."""
    words, end = rows.words, rows.head[r, OFF] + rows.head[r, SIZE]
    n = 1
    while i + n < end and is_child(words[i + n, 0]):
        n += 1
    for j in range(i + n, end):
        for w in range(5):
            words[j - n, w] = words[j, w]
    rows.head[r, SIZE] -= n
    rows.head[r, COUNTS + group] -= n


@compiled
def drop_fact(rows: Rows, r: int, group: int, i: int) -> None:
    """``drop``, and what the id goes on with, where nothing else in the row is of that event."""
    word_0, word_1, word_2 = rows.words[i, 0], rows.words[i, 1], rows.words[i, 2]
    drop(rows, r, group, i)
    form = word_0 >> FLAG_SHIFT & ID_FORMS
    if form == ID_LONG and find_id(rows, r, form, word_1, word_2) < 0:
        start = rest_start(rows, r, word_0 >> AT_SHIFT, word_2)
        for _ in range(rest_end(rows, r, start) - start):
            drop(rows, r, G_REST, start)


@compiled
def forget_old(rows: Rows, r: int, until_ms: int) -> None:
    """Drop the views and carts at or before an instant; the other groups keep theirs, as an order's or a message's
    younger records still need the older ones."""
    for group in (G_VIEW, G_CART):
        start = group_start(rows, r, group)
        while rows.head[r, COUNTS + group] > 0 and rows.words[start, 0] >> AT_SHIFT <= until_ms:
            drop_fact(rows, r, group, start)


@compiled
def forget_all(rows: Rows, r: int, until_ms: int) -> None:
    """Erase: drop every event at or before an instant, whatever it is; the customer is known from the first that is
    left."""
    known = NEVER
    for group in range(SAID_GROUPS):
        start = group_start(rows, r, group)
        while rows.head[r, COUNTS + group] > 0 and rows.words[start, 0] >> AT_SHIFT <= until_ms:
            drop(rows, r, group, start)
        if rows.head[r, COUNTS + group] > 0:
            known = min(known, rows.words[start, 0] >> AT_SHIFT)
    rows.head[r, KNOWN] = known


@compiled
def spare_consent(rows: Rows, r: int) -> int:
    """Where the oldest record of consent lies that others outdo, or -1: of refusing and resubscribing the last counts,
    of what stays for ever the first."""
    start = group_start(rows, r, G_CONSENT)
    end = start + rows.head[r, COUNTS + G_CONSENT]
    last = first = -1
    for i in range(start, end):
        action = rows.words[i, 0] >> FLAG_SHIFT & ACTION_MASK
        if action >= UNSUBSCRIBED:  # or RESUBSCRIBED
            last = i
        elif first < 0:
            first = i
    for i in range(start, end):
        if i != last and i != first:
            return i
    return -1


@compiled
def drop_over_limit(rows: Rows, r: int, limit: int) -> None:
    """Drop oldest facts until the row holds at most ``limit`` records of them: views and carts first."""
    while rows.head[r, SIZE] - rows.head[r, COUNTS + G_REST] - rows.head[r, COUNTS + G_STATE] > limit:
        view, cart = group_start(rows, r, G_VIEW), group_start(rows, r, G_CART)
        views, carts = rows.head[r, COUNTS + G_VIEW], rows.head[r, COUNTS + G_CART]
        if views > 0 and (carts == 0 or rows.words[view, 0] >> AT_SHIFT <= rows.words[cart, 0] >> AT_SHIFT):
            drop_fact(rows, r, G_VIEW, view)
        elif carts > 0:
            drop_fact(rows, r, G_CART, cart)
        else:
            group = G_CONSENT
            for g in LOSES_FIRST[::-1]:
                if rows.head[r, COUNTS + g] > 0:
                    group = g
            i = group_start(rows, r, group) if group != G_CONSENT else spare_consent(rows, r)
            if i < 0:
                return
            drop_fact(rows, r, group, i)
        rows.stat[DROPPED] += 1
