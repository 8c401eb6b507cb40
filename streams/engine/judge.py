"""Which segments hold for a row at an instant, and when that may change with no event. Compiled.

A condition answers (holds, flip): flip is the earliest instant after t at which ``holds`` may change with no event.
They join by the algebra of flips: ``all`` while true flips with the first of its parts, while false not before every
false part has flipped; ``any`` is its dual, ``none`` the negation of ``any``.
"""

from __future__ import annotations

from streams.engine.conditions import condition
from streams.engine.facts import NONE, gather
from streams.engine.families import bind_each, family_values
from streams.engine.joining import next_event, visible_end
from streams.engine.lasting import begin_states, is_family_member, remember
from streams.engine.scratch import (
    EACH,
    FLIP,
    FORGETS,
    HOLDS,
    JUDGEMENT,
    L_VALUE,
    ROUNDS,
    RULE_FLIP,
    STATES,
    STATES_FROM,
    STATES_TO,
    Scratch,
)
from streams.rows.arena import COUNTS, KNOWN, Rows
from streams.rows.compiled import spliced
from streams.rows.layout import ACTION_MASK, FLAG_SHIFT, G_CONSENT, NEVER, RESUBSCRIBED, UNSUBSCRIBED, plain
from streams.rows.places import group_start
from streams.rules.code import (
    ANY_VALUE,
    ARGUMENT,
    EVERYONE,
    FAMILY,
    FIRST_PART,
    FOR,
    LASTING,
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
    SLOT,
    Code,
)

ONE, NOWHERE = plain(1), plain(-1)


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
def refer(code: Code, s: Scratch, i: int, value: int, top: int) -> None:
    """Put on the stack whether the customer is in the segment of rule i, judged before; of a family in that of the
    value at that place, or in any."""
    if code.rules[i, FAMILY] == 0:
        slot = code.rules[i, SLOT]
        s.stack[top, HOLDS] = s.bits[slot >> 6] >> (slot & 63) & 1
    else:
        wanted = NONE if value == ANY_VALUE else code.values[value]
        s.stack[top, HOLDS] = is_family_member(s, s.flips[i, STATES_FROM], s.flips[i, STATES_TO], wanted)
    s.stack[top, FLIP] = s.flips[i, RULE_FLIP]


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
            refer(code, s, argument, code.nodes[node - 1, NEXT], top)
        elif op == NODE_CUT:
            if decided(s, argument, first, top, due):
                top = first
                node = code.nodes[node - 1, NEXT]
        else:
            join(s, op, first, top + 1)
            top = first


@spliced
def judge(rows: Rows, r: int, code: Code, s: Scratch, t: int) -> int:
    """The segments of row r at t into ``s.bits``, and what rules will remember into ``s.lasting``; returns the next
    instant at which any of it may change with no new event."""
    s.bits[:] = 0
    due = next_event(rows, r, t)
    s.stamp[ROUNDS] += 1
    s.stamp[JUDGEMENT] = s.stamp[ROUNDS]
    s.stamp[FORGETS] = NEVER
    s.stamp[EACH] = NOWHERE
    gather(rows, r, t, code, s)
    begin_states(rows, r, s)
    if rows.head[r, KNOWN] > t:
        return due
    due = min(due, s.stamp[FORGETS])
    shut = suppressed(rows, r, t)
    for i in range(code.rules.shape[0]):
        s.flips[i, RULE_FLIP] = NEVER
        s.flips[i, STATES_FROM] = s.flips[i, STATES_TO] = s.stamp[STATES]
        if shut and code.rules[i, EVERYONE] == 0 and code.rules[i, FOR] == 0:
            continue
        family = code.rules[i, FAMILY]
        values = family_values(rows, code, s, family) if family else ONE
        for v in range(values):
            if family:
                bind_each(code, s, i, s.lasting[v, L_VALUE])
                s.stamp[EACH] = v
            rule(rows, r, code, s, i, t, due)
            if code.rules[i, LASTING]:
                remember(rows, r, code, s, i, v, t, shut)
            s.flips[i, RULE_FLIP] = min(s.flips[i, RULE_FLIP], s.stack[0, FLIP])
            due = min(due, s.stack[0, FLIP])
            if s.stack[0, HOLDS] != 0 and family == 0:
                slot = code.rules[i, SLOT]
                s.bits[slot >> 6] |= 1 << (slot & 63)
        s.stamp[EACH] = NOWHERE
        s.flips[i, STATES_TO] = s.stamp[STATES]
    return due
