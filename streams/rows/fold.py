"""Folding events into rows: duplicates, places, limits. Compiled; see ``arena.Rows`` and ``encode.Batch``."""

from __future__ import annotations

import numpy as np

from streams.rows.arena import (
    COUNTS,
    DROPPED,
    ERASED,
    EVALUATED,
    GARBAGE,
    KNOWN,
    OFF,
    ROOM,
    ROW_FLAGS,
    SIZE,
    TAIL,
    Rows,
)
from streams.rows.batch import B_AT, B_END, B_ERASE, B_FIRST, B_ID, B_VERDICT, R_META, R_WORD3, R_WORD4, Batch
from streams.rows.compiled import compiled
from streams.rows.layout import (
    AT_SHIFT,
    DISCOUNT,
    FLAG_MASK,
    FLAG_SHIFT,
    G_CART,
    G_CONSENT,
    G_EMAIL,
    G_ORDER,
    G_PROFILE,
    G_REFUND,
    G_VIEW,
    GROUP_OF_KIND,
    GROUPS,
    ITEM,
    KIND_MASK,
    NEVER,
    ORDER,
    ORDERS_UPDATED,
)

GROUP_OF = np.array(GROUP_OF_KIND, np.int64)
#: which group loses its oldest fact first where a row is full; consent is never lost
LOSES_FIRST = np.array([G_EMAIL, G_ORDER, G_REFUND, G_PROFILE], np.int64)

DUPLICATE, FOLDED, FORGOTTEN, CONFLICT = range(4)


@compiled
def is_child(word0: int) -> bool:
    """Whether a record is a line of the event before it."""
    kind = word0 & KIND_MASK
    return kind == ITEM or kind == DISCOUNT


@compiled
def group_start(rows: Rows, r: int, group: int) -> int:
    """Where the records of a group begin in the arena."""
    start = rows.head[r, OFF]
    for g in range(group):
        start += rows.head[r, COUNTS + g]
    return start


@compiled
def reserve(rows: Rows, r: int, more: int, retention_ms: int) -> bool:
    """Room for so many more records in row r; False where the arena itself must grow first."""
    if rows.head[r, SIZE] + more <= rows.head[r, ROOM]:
        return True
    if rows.head[r, SIZE] > 0:
        forget_old(rows, r, rows.head[r, EVALUATED] - retention_ms)
    need = rows.head[r, SIZE] + more
    if need <= rows.head[r, ROOM]:
        return True
    room = need + max(1, need >> 2)
    tail = rows.stat[TAIL]
    if tail + room > rows.words.shape[0]:
        return False
    old = rows.head[r, OFF]
    for i in range(rows.head[r, SIZE]):
        for w in range(5):
            rows.words[tail + i, w] = rows.words[old + i, w]
    rows.stat[GARBAGE] += rows.head[r, ROOM]
    rows.stat[TAIL] = tail + room
    rows.head[r, OFF] = tail
    rows.head[r, ROOM] = room
    return True


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
def forget_old(rows: Rows, r: int, until_ms: int) -> None:
    """Drop the views and carts at or before an instant; the other groups keep theirs, as an order's or a message's
    younger records still need the older ones."""
    for group in (G_VIEW, G_CART):
        start = group_start(rows, r, group)
        while rows.head[r, COUNTS + group] > 0 and rows.words[start, 0] >> AT_SHIFT <= until_ms:
            drop(rows, r, group, start)


@compiled
def forget_all(rows: Rows, r: int, until_ms: int) -> None:
    """Erase: drop every event at or before an instant, whatever it is; the customer is known from the first that is
    left."""
    known = NEVER
    for group in range(GROUPS):
        start = group_start(rows, r, group)
        while rows.head[r, COUNTS + group] > 0 and rows.words[start, 0] >> AT_SHIFT <= until_ms:
            drop(rows, r, group, start)
        if rows.head[r, COUNTS + group] > 0:
            known = min(known, rows.words[start, 0] >> AT_SHIFT)
    rows.head[r, KNOWN] = known


@compiled
def drop_over_limit(rows: Rows, r: int, limit: int) -> None:
    """Drop oldest facts until the row holds at most ``limit`` records: views and carts first."""
    while rows.head[r, SIZE] > limit:
        view, cart = group_start(rows, r, G_VIEW), group_start(rows, r, G_CART)
        views, carts = rows.head[r, COUNTS + G_VIEW], rows.head[r, COUNTS + G_CART]
        if views > 0 and (carts == 0 or rows.words[view, 0] >> AT_SHIFT <= rows.words[cart, 0] >> AT_SHIFT):
            drop(rows, r, G_VIEW, view)
        elif carts > 0:
            drop(rows, r, G_CART, cart)
        else:
            group = G_CONSENT
            for g in LOSES_FIRST[::-1]:
                if rows.head[r, COUNTS + g] > 0:
                    group = g
            if group == G_CONSENT:
                return
            drop(rows, r, group, group_start(rows, r, group))
        rows.stat[DROPPED] += 1


@compiled
def find_id(rows: Rows, r: int, word_1: int, word_2: int) -> int:
    """Where the first record of the event of that id lies in the arena, or -1."""
    words = rows.words
    for i in range(rows.head[r, OFF], rows.head[r, OFF] + rows.head[r, SIZE]):
        if words[i, 1] == word_1 and words[i, 2] == word_2 and not is_child(words[i, 0]):
            return i
    return -1


@compiled
def word0(batch: Batch, e: int, k: int) -> int:
    """Word 0 of record k of the batch, which belongs to event e."""
    return batch.events[e, B_AT] << AT_SHIFT | (batch.records[k, R_META] & (FLAG_MASK << FLAG_SHIFT | KIND_MASK))


@compiled
def same_content(rows: Rows, r: int, batch: Batch, e: int) -> bool:
    """Whether the row holds exactly the records of event e, whose id it knows."""
    words, held = rows.words, 0
    for i in range(rows.head[r, OFF], rows.head[r, OFF] + rows.head[r, SIZE]):
        if (
            words[i, 1] == batch.events[e, B_ID]
            and words[i, 2] == batch.events[e, B_ID + 1]
            and not is_child(words[i, 0])
        ):
            k = batch.events[e, B_FIRST] + held
            j = i
            while True:
                if k >= batch.events[e, B_END] or words[j, 0] != word0(batch, e, k):
                    return False
                if words[j, 3] != batch.records[k, R_WORD3] or words[j, 4] != batch.records[k, R_WORD4]:
                    return False
                if is_child(words[j, 0]) and words[j, 2] != batch.records[k, R_META] >> AT_SHIFT:
                    return False
                k += 1
                j += 1
                if j >= rows.head[r, OFF] + rows.head[r, SIZE] or not is_child(words[j, 0]):
                    break
            held = k - batch.events[e, B_FIRST]
    return held == batch.events[e, B_END] - batch.events[e, B_FIRST]


@compiled
def place_of(rows: Rows, r: int, group: int, at_ms: int, word_1: int, word_2: int) -> int:
    """Where in the arena an event of that instant and id belongs in its group."""
    words = rows.words
    start = group_start(rows, r, group)
    place = start + rows.head[r, COUNTS + group]
    while place > start:
        i = place - 1
        while is_child(words[i, 0]):
            i -= 1
        at = words[i, 0] >> AT_SHIFT
        if at < at_ms:
            break
        if at == at_ms and (words[i, 1] < word_1 or (words[i, 1] == word_1 and words[i, 2] <= word_2)):
            break
        place = i
    return place


@compiled
def insert(rows: Rows, r: int, batch: Batch, e: int, first: int, end: int) -> None:
    """Put the records ``first:end`` of event e, all of one group, into the row, which has room for them."""
    words = rows.words
    group = GROUP_OF[batch.records[first, R_META] & KIND_MASK]
    place = place_of(rows, r, group, batch.events[e, B_AT], batch.events[e, B_ID], batch.events[e, B_ID + 1])
    n = end - first
    for i in range(rows.head[r, OFF] + rows.head[r, SIZE] - 1, place - 1, -1):
        for w in range(5):
            words[i + n, w] = words[i, w]
    for k in range(first, end):
        i = place + k - first
        words[i, 0] = word0(batch, e, k)
        if is_child(words[i, 0]):
            words[i, 1] = k - first
            words[i, 2] = batch.records[k, R_META] >> AT_SHIFT
        else:
            words[i, 1] = batch.events[e, B_ID]
            words[i, 2] = batch.events[e, B_ID + 1]
        words[i, 3] = batch.records[k, R_WORD3]
        words[i, 4] = batch.records[k, R_WORD4]
    rows.head[r, SIZE] += n
    rows.head[r, COUNTS + group] += n


@compiled
def note_update(rows: Rows, r: int, digest: int) -> None:
    """Remember in the row's flags whether an order that is about to be put in is there already."""
    start = group_start(rows, r, G_ORDER)
    for i in range(start, start + rows.head[r, COUNTS + G_ORDER]):
        if rows.words[i, 3] == digest and rows.words[i, 0] & KIND_MASK == ORDER:
            rows.head[r, ROW_FLAGS] |= ORDERS_UPDATED


@compiled
def remove_id(rows: Rows, r: int, word_1: int, word_2: int) -> None:
    """Take every record of the event of that id out of the row."""
    i = find_id(rows, r, word_1, word_2)
    while i >= 0:
        drop(rows, r, GROUP_OF[rows.words[i, 0] & KIND_MASK], i)
        i = find_id(rows, r, word_1, word_2)


@compiled
def fold_event(rows: Rows, r: int, batch: Batch, e: int, limit: int) -> int:
    """Fold event e into row r, which has room: DUPLICATE, FOLDED, FORGOTTEN (an erase, or before one), or CONFLICT
    where the id stands with another content at the same instant and ``batch.verdict`` does not say yet which of the
    two stands."""
    at = batch.events[e, B_AT]
    if batch.events[e, B_ERASE] != 0:
        if at <= rows.head[r, ERASED]:
            return DUPLICATE
        rows.head[r, ERASED] = max(rows.head[r, ERASED], at)
        forget_all(rows, r, at)
        return FORGOTTEN
    if at <= rows.head[r, ERASED]:
        return DUPLICATE
    if batch.events[e, B_FIRST] == batch.events[e, B_END]:  # a profile with nothing set: the customer is known
        if at >= rows.head[r, KNOWN]:
            return DUPLICATE
        rows.head[r, KNOWN] = at
        return FOLDED
    i = find_id(rows, r, batch.events[e, B_ID], batch.events[e, B_ID + 1])
    if i >= 0:
        old_at = rows.words[i, 0] >> AT_SHIFT
        if old_at < at or (old_at == at and (batch.events[e, B_VERDICT] < 0 or same_content(rows, r, batch, e))):
            return DUPLICATE
        if old_at == at and batch.events[e, B_VERDICT] == 0:
            return CONFLICT
        remove_id(rows, r, batch.events[e, B_ID], batch.events[e, B_ID + 1])
    first = batch.events[e, B_FIRST]
    for k in range(first + 1, batch.events[e, B_END] + 1):
        if (
            k == batch.events[e, B_END]
            or GROUP_OF[batch.records[k, R_META] & KIND_MASK] != GROUP_OF[batch.records[first, R_META] & KIND_MASK]
        ):
            if batch.records[first, R_META] & KIND_MASK == ORDER:
                note_update(rows, r, batch.records[first, R_WORD3])
            insert(rows, r, batch, e, first, k)
            first = k
    rows.head[r, KNOWN] = min(rows.head[r, KNOWN], at)
    drop_over_limit(rows, r, limit)
    return FOLDED
