"""What machines did: views faster than a person's, links followed by a scanner (``events.traffic``). Compiled.

It is found anew in each judgement from what is known at its instant, so that it follows from the facts alone, in
whatever order they came. Of a burst of views the first stay a person's; the clicks of a scanner all become a machine's
with the second link.
"""

from __future__ import annotations

from streams.engine.joining import entry_of
from streams.engine.scratch import (
    COPIED,
    E_AT,
    E_BOUNCED,
    E_CLICKED,
    E_DELIVERED,
    E_FIRST,
    E_LINK,
    E_OPENED,
    E_SCANNED,
    E_SECOND,
    Scratch,
)
from streams.rows.arena import COUNTS, MACHINES, Rows
from streams.rows.batch import B_AT, B_FIRST, B_ID, R_META, R_WORD3, Batch
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    CLICKED,
    DELIVERED,
    EMAIL,
    FLAG_SHIFT,
    G_EMAIL,
    G_VIEW,
    KIND_MASK,
    LINK_BITS,
    LINK_MASK,
    MACHINE,
    NEVER,
    VIEW,
    WORDS,
    plain,
)
from streams.rows.places import group_start
from streams.rules.code import CARTS, VIEWS, Code

NONE = plain(0)


@inlined
def in_arena(s: Scratch, source: int) -> bool:
    """Whether the facts of a source are the records themselves: views and carts, unless views were copied."""
    return source <= CARTS and (source != VIEWS or s.stamp[COPIED] == 0)


@inlined
def too_fast(rows: Rows, first: int, i: int, code: Code) -> bool:
    """Whether view i, of those that begin at ``first``, comes after too many others."""
    before = i - code.traffic.views
    return before >= first and (
        (rows.words[i, 0] >> AT_SHIFT) - (rows.words[before, 0] >> AT_SHIFT) < code.traffic.views_ms
    )


@compiled
def only_by_people(rows: Rows, r: int, code: Code, s: Scratch) -> int:
    """Where any of the views is a machine's, the others are copied to the first facts; returns the facts' end."""
    first, start, end = group_start(rows, r, G_VIEW), s.span[VIEWS, 0], s.span[VIEWS, 1]
    i = max(start, first + code.traffic.views)
    while i < end and not too_fast(rows, first, i, code):
        i += 1
    if i >= end:
        return NONE
    n = NONE
    for i in range(start, end):
        if not too_fast(rows, first, i, code):
            for w in range(WORDS):
                s.facts[n, w] = rows.words[i, w]
            n += 1
    s.span[VIEWS, 0], s.span[VIEWS, 1], s.stamp[COPIED] = NONE, n, 1
    return n


@inlined
def new_message(s: Scratch, e: int) -> None:
    """Entry e is a message of which nothing is known yet."""
    s.entries[e, E_AT] = s.entries[e, E_OPENED] = s.entries[e, E_CLICKED] = NEVER
    s.entries[e, E_BOUNCED] = s.entries[e, E_FIRST] = s.entries[e, E_SECOND] = 0


@inlined
def at_once(code: Code, s: Scratch, e: int, at: int) -> bool:
    """Whether an instant lies within a scanner's time from the delivery of message e."""
    return 0 <= at - s.entries[e, E_DELIVERED] <= code.traffic.links_ms


@compiled
def scanned(rows: Rows, start: int, end: int, code: Code, s: Scratch, stamp: int) -> int:
    """An entry for each message of the records start:end, and whether a scanner was there; returns how many."""
    count = NONE
    for i in range(start, end):
        word0, link = rows.words[i, 0], rows.words[i, 3] & LINK_MASK
        at, action = word0 >> AT_SHIFT, word0 >> FLAG_SHIFT & ACTION_MASK
        e = entry_of(s, count, rows.words[i, 3] >> LINK_BITS, stamp)
        if e == count:
            count += 1
            new_message(s, e)
            s.entries[e, E_DELIVERED] = NEVER
            s.entries[e, E_LINK] = s.entries[e, E_SCANNED] = 0
        if action == DELIVERED and s.entries[e, E_DELIVERED] == NEVER:
            s.entries[e, E_DELIVERED] = at
        elif action == CLICKED and link != 0 and at_once(code, s, e, at):
            if s.entries[e, E_LINK] == 0:
                s.entries[e, E_LINK] = link
            elif s.entries[e, E_LINK] != link:
                s.entries[e, E_SCANNED] = 1
    return count


@compiled
def count_machine(rows: Rows, r: int, batch: Batch, e: int, code: Code) -> None:
    """Add to ``stat[MACHINES]`` if event e, which was just folded, is a machine's as far as is known now."""
    k = batch.events[e, B_FIRST]
    kind, flags = batch.records[k, R_META] & KIND_MASK, batch.records[k, R_META] >> FLAG_SHIFT
    if kind == EMAIL and (
        flags & MACHINE != 0 or (flags & ACTION_MASK == CLICKED and by_scanner(rows, r, batch, e, code))
    ):
        rows.stat[MACHINES] += 1
    elif kind == VIEW and code.traffic.views > 0:
        first = group_start(rows, r, G_VIEW)
        i = first + rows.head[r, COUNTS + G_VIEW] - 1
        while i > first and (
            rows.words[i, 1] != batch.events[e, B_ID] or rows.words[i, 2] != batch.events[e, B_ID + 1]
        ):
            i -= 1
        if too_fast(rows, first, i, code):
            rows.stat[MACHINES] += 1


@compiled
def by_scanner(rows: Rows, r: int, batch: Batch, e: int, code: Code) -> bool:
    """Whether the click that event e is comes from a scanner, as far as is known now."""
    at, word = batch.events[e, B_AT], batch.records[batch.events[e, B_FIRST], R_WORD3]
    start = group_start(rows, r, G_EMAIL)
    delivered, other = NEVER, False
    for i in range(start, start + rows.head[r, COUNTS + G_EMAIL]):
        if rows.words[i, 3] >> LINK_BITS != word >> LINK_BITS:
            continue
        found, action = rows.words[i, 0] >> AT_SHIFT, rows.words[i, 0] >> FLAG_SHIFT & ACTION_MASK
        if action == DELIVERED and delivered == NEVER:
            delivered = found
        elif action == CLICKED and 0 <= found - delivered <= code.traffic.links_ms:
            link = rows.words[i, 3] & LINK_MASK
            other = other or (link != 0 and link != word & LINK_MASK)
    return other and word & LINK_MASK != 0 and 0 <= at - delivered <= code.traffic.links_ms
