"""What facts are made from: records up to an instant, and joining them by an order's or a message's name. Compiled."""

from __future__ import annotations

from streams.engine.scratch import E_KEY, USES, Scratch
from streams.rows.arena import COUNTS, OFF, Rows
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import AT_SHIFT, NEVER, SAID_GROUPS

#: up to so many records a name is found faster by looking at each than by a table
FEW = 24


@inlined
def visible_end(rows: Rows, start: int, end: int, t: int) -> int:
    """The end of those of the records start:end, in order of time, that lie at or before t."""
    while end > start and rows.words[end - 1, 0] >> AT_SHIFT > t:
        end -= 1
    return end


@inlined
def next_event(rows: Rows, r: int, t: int) -> int:
    """The instant of the row's first event after t, or NEVER."""
    found = NEVER
    start = rows.head[r, OFF]
    for g in range(SAID_GROUPS):
        end = start + rows.head[r, COUNTS + g]
        seen = visible_end(rows, start, end, t)
        if seen < end:
            found = min(found, rows.words[seen, 0] >> AT_SHIFT)
        start = end
    return found


@inlined
def entry_of(s: Scratch, n: int, key: int, stamp: int) -> int:
    """The place of a name among the first n entries, or n, where it is put if it is new. ``stamp`` 0: they are few."""
    if stamp == 0:
        for i in range(n - 1, -1, -1):
            if s.entries[i, E_KEY] == key:
                return i
    else:
        mask = s.table.shape[0] - 1
        slot = (key ^ (key >> 31)) & mask
        while s.table[slot] >> 32 == stamp:
            i = s.table[slot] & 0xFFFFFFFF
            if s.entries[i, E_KEY] == key:
                return i
            slot = (slot + 1) & mask
        s.table[slot] = stamp << 32 | n
    s.entries[n, E_KEY] = key
    return n


@compiled
def new_stamp(s: Scratch) -> int:
    """A number above 0 that no mark and no slot of the table carries yet."""
    s.stamp[USES] += 1
    if s.stamp[USES] >= 1 << 31:
        s.table[:] = 0
        s.mark[:] = 0
        s.stamp[USES] = 1
    return s.stamp[USES]
