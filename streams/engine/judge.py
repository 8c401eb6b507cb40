"""Which segments hold for a row at an instant, and when that may change with no event. Compiled.

A condition answers (holds, flip): flip is the earliest instant after t at which ``holds`` may change with no event.
They join by the algebra of flips: ``all`` while true flips with the first of its parts, while false not before every
false part has flipped; ``any`` is its dual, ``none`` the negation of ``any``.
"""

from __future__ import annotations

from streams.engine.conditions import condition
from streams.engine.facts import NONE, gather
from streams.engine.joining import next_event, visible_end
from streams.engine.measures import measure_exactly
from streams.engine.scratch import FLIP, FORGETS, HOLDS, JUDGEMENTS, Scratch
from streams.rows.arena import BITS, COUNTS, KNOWN, Rows
from streams.rows.compiled import spliced
from streams.rows.layout import ACTION_MASK, FLAG_SHIFT, G_CONSENT, NEVER, RESUBSCRIBED, UNSUBSCRIBED
from streams.rows.places import group_start
from streams.rules.code import (
    ARGUMENT,
    C_KIND,
    EVERYONE,
    FIRST_PART,
    NEXT,
    NODE_ALL,
    NODE_ANY,
    NODE_CONDITION,
    NODE_CUT,
    NODE_NONE,
    NODE_OP,
    NODE_SEGMENT,
    NODES,
    NODES_END,
    RATIO_COMPARE,
    SLOT,
    SUBJECT,
    Code,
)


@spliced
def suppressed(rows: Rows, r: int, t: int) -> bool:
    """Whether the customer may not be mailed at t: of unsubscribed and resubscribed the last counts, the rest stays."""
    start = group_start(rows, r, G_CONSENT)
    refused = False
    for i in range(start, visible_end(rows, start, start + rows.head[r, COUNTS + G_CONSENT], t)):
        action = rows.words[i, 0] >> FLAG_SHIFT & ACTION_MASK
        if action == UNSUBSCRIBED:
            refused = True
        elif action == RESUBSCRIBED:
            refused = False
        else:
            return True
    return refused


@spliced
def join(s: Scratch, op: int, first: int, end: int) -> None:
    """Replace the answers first:end of the stack by that of ``all``, ``any`` or ``none`` over them."""
    # ``any`` holds where a part holds; ``all`` fails where a part fails: the telling parts are the true and the false
    # ones
    telling = op != NODE_ALL
    told, latest, earliest = False, -NEVER, NEVER
    for i in range(first, end):
        if (s.stack[i, HOLDS] != 0) == telling:
            told = True
            latest = max(latest, s.stack[i, FLIP])
        earliest = min(earliest, s.stack[i, FLIP])
    s.stack[first, FLIP] = latest if told else earliest
    s.stack[first, HOLDS] = told if op not in (NODE_ALL, NODE_NONE) else not told


@spliced
def decided(s: Scratch, op: int, first: int, part: int, due: int) -> bool:
    """Whether a part decides its group and, as it will not flip before ``due``, makes the other parts of no
    interest."""
    if (s.stack[part, HOLDS] != 0) != (op != NODE_ALL) or s.stack[part, FLIP] < due:
        return False
    s.stack[first, FLIP] = s.stack[part, FLIP]
    s.stack[first, HOLDS] = op == NODE_ANY
    return True


@spliced
def rule(rows: Rows, r: int, code: Code, s: Scratch, i: int, t: int, due: int) -> None:
    """Put the answer of rule i at the bottom of the stack; what cannot flip before ``due`` need not be exact beyond
    it."""
    node, top = code.rules[i, NODES], NONE
    while node < code.rules[i, NODES_END]:
        op, argument, first = code.nodes[node, NODE_OP], code.nodes[node, ARGUMENT], code.nodes[node, FIRST_PART]
        node += 1
        if op == NODE_CONDITION:
            top = first
            condition(rows, r, code, s, argument, t, top)
        elif op == NODE_SEGMENT:
            top = first
            slot = code.rules[argument, SLOT]
            s.stack[top, HOLDS] = s.bits[slot >> 6] >> (slot & 63) & 1
            s.stack[top, FLIP] = s.flips[argument]
        elif op == NODE_CUT:
            if decided(s, argument, first, top, due):
                top = first
                node = code.nodes[node - 1, NEXT]
        else:
            join(s, op, first, top + 1)
            top = first


@spliced
def judge(rows: Rows, r: int, code: Code, s: Scratch, t: int) -> int:
    """The segments of row r at t into ``s.bits``; returns the next instant at which they may change with no new
    event."""
    s.bits[:] = 0
    due = next_event(rows, r, t)
    s.stamp[JUDGEMENTS] += 1
    s.stamp[FORGETS] = NEVER
    gather(rows, r, t, code, s)
    if rows.head[r, KNOWN] > t:
        return due
    due = min(due, s.stamp[FORGETS])
    shut = suppressed(rows, r, t)
    for i in range(code.rules.shape[0]):
        s.flips[i] = NEVER
        if shut and code.rules[i, EVERYONE] == 0:
            continue
        rule(rows, r, code, s, i, t, due)
        s.flips[i] = s.stack[0, FLIP]
        due = min(due, s.stack[0, FLIP])
        if s.stack[0, HOLDS] != 0:
            slot = code.rules[i, SLOT]
            s.bits[slot >> 6] |= 1 << (slot & 63)
    return due


@spliced
def explain(rows: Rows, r: int, code: Code, s: Scratch, t: int, erased: int) -> None:
    """Make the values exact of the measures behind the segments in which ``s.bits``, just found, differ from the
    published; after an erasure, which is published as leaving all, of all that hold."""
    for i in range(code.rules.shape[0]):
        slot = code.rules[i, SLOT]
        changed = s.bits[slot >> 6] ^ rows.head[r, BITS + (slot >> 6)]
        if erased != 0:
            changed |= s.bits[slot >> 6]
        if changed >> (slot & 63) & 1:
            for node in range(code.rules[i, NODES], code.rules[i, NODES_END]):
                c = code.nodes[node, ARGUMENT]
                if code.nodes[node, NODE_OP] == NODE_CONDITION and code.conditions[c, C_KIND] <= RATIO_COMPARE:
                    measure_exactly(rows, code, s, code.conditions[c, SUBJECT], t)
