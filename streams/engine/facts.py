"""From the records of a row to its facts by source, as of an instant. Compiled."""

from __future__ import annotations

from streams.engine.joining import FEW, entry_of, new_stamp, visible_end
from streams.engine.orders import orders
from streams.engine.scratch import (
    COPIED,
    E_AT,
    E_BOUNCED,
    E_CLICKED,
    E_FIRST,
    E_OPENED,
    E_SCANNED,
    E_SECOND,
    FACTS_END,
    Scratch,
)
from streams.engine.traffic import at_once, new_message, only_by_people, scanned
from streams.rows.arena import COUNTS, Rows
from streams.rows.compiled import compiled, inlined, spliced
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    BOUNCED,
    CLICKED,
    DELIVERED,
    FLAG_MASK,
    FLAG_SHIFT,
    G_CART,
    G_EMAIL,
    G_VIEW,
    LINK_BITS,
    MACHINE,
    NAME_MASK,
    NEVER,
    OPENED,
    SENT,
    plain,
)
from streams.rows.places import group_start
from streams.rules.code import CARTS, CLICKS, EMAILS, ITEMS, NAMES, OPENS, PURCHASES, REFUNDS, STAMP, VIEWS, Code

NONE = plain(0)


@compiled
def products(rows: Rows, r: int, group: int, source: int, t: int, code: Code, s: Scratch) -> None:
    """Views or carts, which are facts as they are."""
    start = group_start(rows, r, group)
    end = visible_end(rows, start, start + rows.head[r, COUNTS + group], t)
    while start < end and rows.words[start, 0] >> AT_SHIFT <= t - code.retention_ms:
        start += 1
    s.span[source, 0] = start
    s.span[source, 1] = end


@compiled
def emails(rows: Rows, r: int, t: int, code: Code, s: Scratch, n: int) -> int:
    """E-mails, opens and clicks: one of each a message; returns the end of the facts."""
    start = group_start(rows, r, G_EMAIL)
    end = visible_end(rows, start, start + rows.head[r, COUNTS + G_EMAIL], t)
    stamp = new_stamp(s) if end - start > FEW else NONE
    count = sent = opened = clicked = NONE
    if code.traffic.links_ms > 0:
        count = scanned(rows, start, end, code, s, stamp)
    for i in range(start, end):
        word0, names = rows.words[i, 0], rows.words[i, 4]
        at, flags = word0 >> AT_SHIFT, word0 >> FLAG_SHIFT & FLAG_MASK
        action, human = flags & ACTION_MASK, flags & MACHINE == 0
        e = entry_of(s, count, rows.words[i, 3] >> LINK_BITS, stamp)
        if e == count:
            count += 1
            new_message(s, e)
        if human and code.traffic.links_ms > 0:
            human = s.entries[e, E_SCANNED] == 0 or not at_once(code, s, e, at)
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
    n = s.stamp[COPIED] = NONE
    if code.uses[VIEWS]:
        products(rows, r, G_VIEW, VIEWS, t, code, s)
        if code.traffic.views > 0:
            n = only_by_people(rows, r, code, s)
    if code.uses[CARTS]:
        products(rows, r, G_CART, CARTS, t, code, s)
    if code.uses[PURCHASES] or code.uses[ITEMS] or code.uses[REFUNDS]:
        n = orders(rows, r, t, code, s, n)
    if code.uses[EMAILS] or code.uses[OPENS] or code.uses[CLICKS]:
        n = emails(rows, r, t, code, s, n)
    s.stamp[FACTS_END] = n
