"""Folding events into rows: duplicates, places, limits. Compiled; see ``arena.Rows`` and ``encode.Batch``."""

from __future__ import annotations

import numpy as np

from streams.rows.arena import (
    COUNTS,
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
from streams.rows.batch import B_AT, B_END, B_ERASE, B_FIRST, B_FORM, B_ID, B_VERDICT, R_META, R_WORD3, R_WORD4, Batch
from streams.rows.compiled import compiled
from streams.rows.forget import drop_fact, drop_over_limit, forget_all, forget_old
from streams.rows.layout import (
    AT_SHIFT,
    FLAG_MASK,
    FLAG_SHIFT,
    G_ORDER,
    GROUP_OF_KIND,
    KIND_MASK,
    ORDER,
    ORDERS_UPDATED,
)
from streams.rows.order import counts_before, put_rests
from streams.rows.places import facts_end, find_id, group_start, is_child

GROUP_OF = np.array(GROUP_OF_KIND, np.int64)
DUPLICATE, FOLDED, FORGOTTEN, CONFLICT = range(4)


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
def word0(batch: Batch, e: int, k: int) -> int:
    """Word 0 of record k of the batch, which belongs to event e."""
    meta = batch.records[k, R_META] & (FLAG_MASK << FLAG_SHIFT | KIND_MASK)
    form = 0 if is_child(meta) else batch.events[e, B_FORM]
    return batch.events[e, B_AT] << AT_SHIFT | form << FLAG_SHIFT | meta


@compiled
def same_content(rows: Rows, r: int, batch: Batch, e: int) -> bool:
    """Whether the row holds exactly the records of event e, whose id it knows."""
    words, held = rows.words, 0
    for i in range(rows.head[r, OFF], facts_end(rows, r)):
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
def place_of(rows: Rows, r: int, group: int, batch: Batch, e: int) -> int:
    """Where in the arena event e belongs in a group, by its instant and id."""
    words, at_ms = rows.words, batch.events[e, B_AT]
    start = group_start(rows, r, group)
    place = start + rows.head[r, COUNTS + group]
    while place > start:
        i = place - 1
        while is_child(words[i, 0]):
            i -= 1
        at = words[i, 0] >> AT_SHIFT
        if at < at_ms or (at == at_ms and counts_before(rows, r, i, batch, e)):
            break
        place = i
    return place


@compiled
def insert(rows: Rows, r: int, batch: Batch, e: int, first: int, end: int) -> None:
    """Put the records ``first:end`` of event e, all of one group, into the row, which has room for them."""
    words = rows.words
    group = GROUP_OF[batch.records[first, R_META] & KIND_MASK]
    place = place_of(rows, r, group, batch, e)
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
def remove_id(rows: Rows, r: int, form: int, word_1: int, word_2: int) -> None:
    """Take every record of the event of that id out of the row."""
    i = find_id(rows, r, form, word_1, word_2)
    while i >= 0:
        drop_fact(rows, r, GROUP_OF[rows.words[i, 0] & KIND_MASK], i)
        i = find_id(rows, r, form, word_1, word_2)


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
    form, word_1, word_2 = batch.events[e, B_FORM], batch.events[e, B_ID], batch.events[e, B_ID + 1]
    i = find_id(rows, r, form, word_1, word_2)
    if i >= 0:
        old_at = rows.words[i, 0] >> AT_SHIFT
        if old_at < at or (old_at == at and (batch.events[e, B_VERDICT] < 0 or same_content(rows, r, batch, e))):
            return DUPLICATE
        if old_at == at and batch.events[e, B_VERDICT] == 0:
            return CONFLICT
        remove_id(rows, r, form, word_1, word_2)
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
    put_rests(rows, r, batch, e)
    rows.head[r, KNOWN] = min(rows.head[r, KNOWN], at)
    drop_over_limit(rows, r, limit)
    return FOLDED
