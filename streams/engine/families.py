"""The values that make a family's segments, and judging for one of them. Compiled."""

from __future__ import annotations

from streams.engine.joining import new_stamp
from streams.engine.matching import at_of, name_of
from streams.engine.scratch import JUDGEMENT, L_NEWEST, L_VALUE, ROUNDS, VALUES, VALUES_BY, VALUES_ROUND, Scratch
from streams.rows.arena import Rows
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import SET_BIT, plain
from streams.rules.code import (
    BY_CAMPAIGN,
    BY_CATEGORY,
    CARTS,
    EACHES,
    EACHES_END,
    EMAILS,
    FIRST,
    ITEMS,
    SECOND,
    VIEWS,
    Code,
)

NONE = plain(0)


@compiled
def family_values(rows: Rows, code: Code, s: Scratch, by: int) -> int:
    """How many values the customer's facts have for a family, into ``s.lasting`` with the newest fact of each."""
    if s.stamp[VALUES_BY] == by and s.stamp[VALUES_ROUND] == s.stamp[JUDGEMENT]:
        return s.stamp[VALUES]
    stamp = new_stamp(s)
    s.stamp[VALUES] = 0
    if by == BY_CAMPAIGN:
        for source in range(EMAILS, EMAILS + 3):  # e-mails, opens, clicks
            note_values(rows, code, s, source, FIRST, stamp)
    else:
        column = SECOND if by == BY_CATEGORY else FIRST
        note_values(rows, code, s, VIEWS, column, stamp)
        note_values(rows, code, s, CARTS, column, stamp)
        note_values(rows, code, s, ITEMS, column, stamp)
    s.stamp[VALUES_BY], s.stamp[VALUES_ROUND] = by, s.stamp[JUDGEMENT]
    return s.stamp[VALUES]


@compiled
def note_values(rows: Rows, code: Code, s: Scratch, source: int, column: int, stamp: int) -> None:
    """Take up the values of one source's facts."""
    words = rows.words if source <= CARTS else s.facts
    for i in range(s.span[source, 1] - 1, s.span[source, 0] - 1, -1):
        name, at = name_of(words, column, i), at_of(words, i)
        if name & SET_BIT:
            which = name ^ SET_BIT
            for j in range(code.set_ends[which], code.set_ends[which + 1]):
                note_value(s, code.set_members[j], at, stamp)
        elif name != 0:
            note_value(s, name, at, stamp)


@inlined
def note_value(s: Scratch, name: int, at: int, stamp: int) -> None:
    """Take up one value; ``mark`` holds the stamp above its place, which no plain stamp equals."""
    if s.mark[name] >> 32 == stamp:
        place = s.mark[name] & 0xFFFFFFFF
        s.lasting[place, L_NEWEST] = max(s.lasting[place, L_NEWEST], at)
        return
    place = s.stamp[VALUES]
    s.mark[name] = stamp << 32 | place
    s.lasting[place, L_VALUE] = name
    s.lasting[place, L_NEWEST] = at
    s.stamp[VALUES] = place + 1


@compiled
def bind_each(code: Code, s: Scratch, i: int, value: int) -> None:
    """Let $each of rule i be a value: a new round, in which its measures are taken anew."""
    for e in range(code.rules[i, EACHES], code.rules[i, EACHES_END]):
        code.values[code.values[e]] = value
    s.stamp[ROUNDS] += 1
