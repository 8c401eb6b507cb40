"""The values that make a family's segments, and judging for one of them. Compiled."""

from __future__ import annotations

import numpy as np

from streams.engine.joining import new_stamp
from streams.engine.matching import at_of, name_of
from streams.engine.scratch import (
    EACH,
    FACTS_END,
    JUDGEMENT,
    L_NEWEST,
    L_VALUE,
    LINK_FACT,
    LINK_NEXT,
    LINKS,
    ROUNDS,
    VALUES,
    VALUES_BY,
    VALUES_ROUND,
    Scratch,
)
from streams.engine.traffic import in_arena
from streams.rows.arena import Rows
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import SET_BIT, plain
from streams.rules.code import (
    BY_CAMPAIGN,
    BY_CATEGORY,
    CARTS,
    CHAIN_BYS,
    CHAIN_COLUMN,
    CHAIN_SOURCE,
    EACHES,
    EACHES_END,
    EMAILS,
    FIRST,
    ITEMS,
    LINE,
    LINE_END,
    PURCHASES,
    SECOND,
    VIEWS,
    Code,
)

NONE, NOWHERE = plain(0), plain(-1)


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
    link_all(rows, code, s, by, stamp)
    s.stamp[VALUES_BY], s.stamp[VALUES_ROUND] = by, s.stamp[JUDGEMENT]
    return s.stamp[VALUES]


@compiled
def note_values(rows: Rows, code: Code, s: Scratch, source: int, column: int, stamp: int) -> None:
    """Take up the values of one source's facts."""
    words = rows.words if in_arena(s, source) else s.facts
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
    s.stamp[EACH] = NOWHERE


@compiled
def link_all(rows: Rows, code: Code, s: Scratch, by: int, stamp: int) -> None:
    """Chain the facts with each value of a family, which ``mark`` knows under a stamp, oldest first."""
    s.stamp[LINKS] = 0
    for chain in range(code.chains.shape[0]):
        if code.chains[chain, CHAIN_BYS] >> by & 1 == 0:
            continue
        for v in range(s.stamp[VALUES]):
            s.heads[chain, v] = NOWHERE
        source, column = code.chains[chain, CHAIN_SOURCE], code.chains[chain, CHAIN_COLUMN]
        words = rows.words if in_arena(s, source) else s.facts
        for i in range(s.span[source, 1] - 1, s.span[source, 0] - 1, -1):
            if source == PURCHASES:
                for line in range(words[i, LINE], words[i, LINE_END]):
                    link_names(code, s, chain, name_of(words, column, line), i, stamp)
            else:
                link_names(code, s, chain, name_of(words, column, i), i, stamp)


@inlined
def link_names(code: Code, s: Scratch, chain: int, name: int, i: int, stamp: int) -> None:
    """Put fact i before those that were linked with the same names."""
    if name & SET_BIT:
        which = name ^ SET_BIT
        for j in range(code.set_ends[which], code.set_ends[which + 1]):
            link(s, chain, code.set_members[j], i, stamp)
    elif name != 0:
        link(s, chain, name, i, stamp)


@compiled
def link(s: Scratch, chain: int, name: int, i: int, stamp: int) -> None:
    """Put fact i before those that were linked with the same name, if that is a value of the family."""
    n = s.stamp[LINKS]
    if s.mark[name] >> 32 != stamp or n < 0:
        return
    v = s.mark[name] & 0xFFFFFFFF
    head = s.heads[chain, v]
    if head >= 0 and s.links[head, LINK_FACT] == i:  # two lines of an order
        return
    if n >= s.links.shape[0]:
        s.stamp[LINKS] = NOWHERE
        return
    s.links[n, LINK_FACT], s.links[n, LINK_NEXT] = i, head
    s.heads[chain, v] = n
    s.stamp[LINKS] = n + 1


@compiled
def linked(words: np.ndarray, width: int, s: Scratch, chain: int, begin: int, end: int) -> int:
    """Copy those of the facts begin:end that have the value that is $each behind all facts; returns their end."""
    n, at = s.stamp[FACTS_END], s.heads[chain, s.stamp[EACH]]
    while at >= 0 and s.links[at, LINK_FACT] < end:
        i = s.links[at, LINK_FACT]
        if i >= begin:
            for w in range(width):
                s.facts[n, w] = words[i, w]
            n += 1
        at = s.links[at, LINK_NEXT]
    return n
