"""From the records of a row to its facts by source, as of an instant. Compiled."""

from __future__ import annotations

from streams.engine.scratch import (
    E_AT,
    E_BACK,
    E_BOUNCED,
    E_CLICKED,
    E_CONTENT,
    E_FIRST,
    E_KEY,
    E_OPENED,
    E_SECOND,
    E_WHOLE,
    Scratch,
)
from streams.rows.arena import COUNTS, OFF, ROW_FLAGS, SIZE, Rows
from streams.rows.compiled import compiled, inlined, spliced
from streams.rows.fold import group_start, is_child
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    BOUNCED,
    CLICKED,
    COUPON,
    DELIVERED,
    DISCOUNT,
    FLAG_MASK,
    FLAG_SHIFT,
    G_CART,
    G_EMAIL,
    G_ORDER,
    G_REFUND,
    G_VIEW,
    GROUPS,
    KIND_MASK,
    MACHINE,
    NAME_MASK,
    NEVER,
    NO_AMOUNT,
    OPENED,
    ORDERS_UPDATED,
    SENT,
    plain,
)
from streams.rules.code import (
    AMOUNT,
    CARTS,
    CLICKS,
    DISCOUNTED_BY,
    EMAILS,
    ITEMS,
    LINE,
    LINE_END,
    NAMES,
    OPENS,
    PURCHASES,
    REFUNDS,
    STAMP,
    VIEWS,
    WHOLE,
    Code,
)

NONE = plain(0)
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
    for g in range(GROUPS):
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
    s.stamp[0] += 1
    if s.stamp[0] >= 1 << 31:
        s.table[:] = 0
        s.mark[:] = 0
        s.stamp[0] = 1
    return s.stamp[0]


@spliced
def products(rows: Rows, r: int, group: int, source: int, t: int, code: Code, s: Scratch) -> None:
    """Views or carts, which are facts as they are."""
    start = group_start(rows, r, group)
    end = visible_end(rows, start, start + rows.head[r, COUNTS + group], t)
    while start < end and rows.words[start, 0] >> AT_SHIFT <= t - code.retention_ms:
        start += 1
    s.span[source, 0] = start
    s.span[source, 1] = end


@spliced
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


@spliced
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


@spliced
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
        elif rows.words[i, 4] == NO_AMOUNT:
            s.facts[n, AMOUNT] = rows.words[s.entries[e, E_CONTENT], 4]
        else:
            s.facts[n, AMOUNT] = rows.words[i, 4]
        n += 1
    s.span[REFUNDS, 1] = n
    return n


@spliced
def emails(rows: Rows, r: int, t: int, code: Code, s: Scratch, n: int) -> int:
    """E-mails, opens and clicks: one of each a message; returns the end of the facts."""
    start = group_start(rows, r, G_EMAIL)
    end = visible_end(rows, start, start + rows.head[r, COUNTS + G_EMAIL], t)
    stamp = new_stamp(s) if end - start > FEW else NONE
    count = sent = opened = clicked = NONE
    for i in range(start, end):
        word0, names = rows.words[i, 0], rows.words[i, 4]
        at, flags = word0 >> AT_SHIFT, word0 >> FLAG_SHIFT & FLAG_MASK
        action, human = flags & ACTION_MASK, flags & MACHINE == 0
        e = entry_of(s, count, rows.words[i, 3], stamp)
        if e == count:
            count += 1
            s.entries[e, E_AT] = s.entries[e, E_OPENED] = s.entries[e, E_CLICKED] = NEVER
            s.entries[e, E_BOUNCED] = s.entries[e, E_FIRST] = s.entries[e, E_SECOND] = 0
        if s.entries[e, E_FIRST] == 0:
            s.entries[e, E_FIRST] = names >> 32
        if s.entries[e, E_SECOND] == 0:
            s.entries[e, E_SECOND] = names & NAME_MASK
        if (action == SENT or action == DELIVERED) and s.entries[e, E_AT] == NEVER:
            s.entries[e, E_AT] = at
            s.lists[0, sent] = e
            sent += 1
        elif action == BOUNCED:
            s.entries[e, E_BOUNCED] = 1
        elif human and (action == OPENED or action == CLICKED):
            if s.entries[e, E_OPENED] == NEVER:
                s.entries[e, E_OPENED] = at
                s.lists[1, opened] = e
                opened += 1
            if action == CLICKED and s.entries[e, E_CLICKED] == NEVER:
                s.entries[e, E_CLICKED] = at
                s.lists[2, clicked] = e
                clicked += 1
    n = messages(t - code.retention_ms, s, n, EMAILS, sent, E_AT)
    n = messages(t - code.retention_ms, s, n, OPENS, opened, E_OPENED)
    return messages(t - code.retention_ms, s, n, CLICKS, clicked, E_CLICKED)


@inlined
def messages(forgotten_ms: int, s: Scratch, n: int, source: int, count: int, column: int) -> int:
    """One of the three sources of a message's facts, from its list of entries; returns the end of the facts."""
    s.span[source, 0] = n
    for j in range(count):
        e = s.lists[source - EMAILS, j]
        at = s.entries[e, column]
        if at > forgotten_ms:
            opened, clicked = s.entries[e, E_OPENED] != NEVER, s.entries[e, E_CLICKED] != NEVER
            s.facts[n, STAMP] = at << AT_SHIFT | (opened | clicked << 1 | s.entries[e, E_BOUNCED] << 2) << FLAG_SHIFT
            s.facts[n, NAMES] = s.entries[e, E_FIRST] << 32 | s.entries[e, E_SECOND]
            n += 1
    s.span[source, 1] = n
    return n


@spliced
def gather(rows: Rows, r: int, t: int, code: Code, s: Scratch) -> None:
    """All facts of row r that the rules read, as of t."""
    if code.uses[VIEWS]:
        products(rows, r, G_VIEW, VIEWS, t, code, s)
    if code.uses[CARTS]:
        products(rows, r, G_CART, CARTS, t, code, s)
    n = NONE
    if code.uses[PURCHASES] or code.uses[ITEMS] or code.uses[REFUNDS]:
        n = orders(rows, r, t, code, s, n)
    if code.uses[EMAILS] or code.uses[OPENS] or code.uses[CLICKS]:
        n = emails(rows, r, t, code, s, n)
