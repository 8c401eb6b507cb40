"""Which segments hold for a row at an instant, and when that may change with no event. Compiled.

A condition answers (holds, flip): flip is the earliest instant after t at which ``holds`` may change with no event. They
join by the algebra of flips: ``all`` while true flips with the first of its parts, while false not before every false part
has flipped; ``any`` is its dual, ``none`` the negation of ``any``.
"""

from __future__ import annotations

from streams.engine.facts import gather, next_event, visible_end
from streams.engine.measures import NONE, SCALE, leaves_at, measure, measure_exactly, one_of
from streams.engine.scratch import CHANGE, DIVISOR, FLIP, FOUND, HOLDS, JUDGEMENT, VALUE, Scratch
from streams.rows.arena import BITS, COUNTS, KNOWN, Rows
from streams.rows.compiled import compiled, inlined, spliced
from streams.rows.fold import group_start
from streams.rows.layout import (
    ACTION_MASK,
    FLAG_SHIFT,
    G_CONSENT,
    G_PROFILE,
    NAME_MASK,
    NEVER,
    NO_AMOUNT,
    REMOVED,
    RESUBSCRIBED,
    UNSUBSCRIBED,
)
from streams.rules.code import (
    ARGUMENT,
    BEFORE,
    C_KIND,
    C_VALUES,
    C_VALUES_END,
    COMPARE,
    COUNT,
    DISTINCT,
    EVERYONE,
    FIRST_PART,
    HIGH,
    HIGH_OPEN,
    LATEST,
    LOW,
    LOW_OPEN,
    NEGATED,
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
    OP,
    OVERDUE,
    PROFILE_MISSING,
    PROFILE_NUMBER,
    PROFILE_TEXT,
    RATIO_COMPARE,
    SINCE_FIRST,
    SINCE_LAST,
    SLOT,
    SUBJECT,
    TIMES,
    UNBOUNDED,
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


@compiled
def property_at(rows: Rows, r: int, name: int, t: int) -> int:
    """Where in the arena the property's value as of t lies, or -1 where it is missing."""
    start = group_start(rows, r, G_PROFILE)
    i = visible_end(rows, start, start + rows.head[r, COUNTS + G_PROFILE], t) - 1
    while i >= start:
        if rows.words[i, 3] >> 32 == name:
            return -1 if rows.words[i, 0] >> FLAG_SHIFT & REMOVED else i
        i -= 1
    return -1


@spliced
def profile_holds(rows: Rows, r: int, code: Code, c: int, t: int) -> bool:
    """Condition c, which is about a profile property."""
    condition = code.conditions[c]
    i = property_at(rows, r, condition[SUBJECT], t)
    if condition[C_KIND] == PROFILE_MISSING:
        return (i < 0) != (condition[NEGATED] != 0)
    if condition[C_KIND] == PROFILE_TEXT:
        equal = i >= 0 and one_of(code, rows.words[i, 3] & NAME_MASK, condition[C_VALUES], condition[C_VALUES_END])
        return equal != (condition[NEGATED] != 0)
    return i >= 0 and rows.words[i, 4] != NO_AMOUNT and condition[LOW] <= rows.words[i, 4] <= condition[HIGH]


@inlined
def compare(value: int, divisor: int, bound: int, scaled: bool) -> int:
    """The sign of value / divisor - bound, exactly; ``scaled``: the value must first be taken times SCALE."""
    whole, rest = value // divisor, value % divisor
    if scaled:
        whole, rest = whole * SCALE + rest * SCALE // divisor, rest * SCALE % divisor
    if whole != bound:
        return 1 if whole > bound else -1
    return 1 if rest > 0 else 0


@spliced
def ratio_holds(code: Code, s: Scratch, c: int, m: int) -> bool:
    """Condition c over measure m, whose value is a quotient."""
    condition = code.conditions[c]
    value, divisor, scaled = s.results[m, VALUE], s.results[m, DIVISOR], code.measures[m, OP] == OVERDUE
    if condition[LOW] != -UNBOUNDED:
        sign = compare(value, divisor, condition[LOW], scaled)
        if sign < 0 or (sign == 0 and condition[LOW_OPEN] != 0):
            return False
    if condition[HIGH] != UNBOUNDED:
        sign = compare(value, divisor, condition[HIGH], scaled)
        if sign > 0 or (sign == 0 and condition[HIGH_OPEN] != 0):
            return False
    return True


@inlined
def count_flip(code: Code, s: Scratch, m: int, low: int, high: int) -> int:
    """Of a count that can only fall: below ``low`` never, in range when the low-th newest leaves, above when the (high + 1)-th does."""
    n, times = s.results[m, VALUE], code.measures[m, TIMES]
    if n < low or high < 0 or (n <= high and low <= 0):
        return NEVER
    k = low if n <= high else high + 1
    return leaves_at(code, m, s.times[times + k - 1])


@inlined
def since_flip(code: Code, s: Scratch, m: int, low: int, high: int, t: int) -> int:
    """A time since grows by itself: it flips at its bounds, and when the fact leaves the window."""
    if s.results[m, DIVISOR] == 0:
        return s.results[m, CHANGE]
    at, flip = t - s.results[m, VALUE], s.results[m, CHANGE]
    flip = min(flip, leaves_at(code, m, at))
    if s.results[m, VALUE] < low:
        flip = min(flip, at + low)
    elif s.results[m, VALUE] <= high and high < UNBOUNDED:
        flip = min(flip, at + high + 1)
    elif s.results[m, VALUE] > high and code.measures[m, OP] == SINCE_LAST and code.measures[m, BEFORE] == 0:
        flip = NEVER
    return flip


@compiled
def overdue_flip(code: Code, s: Scratch, c: int, m: int, t: int) -> int:
    """A quotient that grows with time: the first instant at which it reaches or passes each bound that lies ahead."""
    flip, gaps_ms = s.results[m, CHANGE], s.results[m, DIVISOR]
    if gaps_ms == 0:
        return flip
    gaps = s.results[m, FOUND] - 1
    newest = t - s.results[m, VALUE] // gaps
    for column in (LOW, HIGH):
        bound = code.conditions[c, column]
        if bound > -UNBOUNDED and bound < UNBOUNDED // (gaps_ms + 1):
            reached = newest + -(-bound * gaps_ms // (gaps * SCALE))
            passed = newest + bound * gaps_ms // (gaps * SCALE) + 1
            if reached > t:
                flip = min(flip, reached)
            elif passed > t:
                flip = min(flip, passed)
        elif bound < UNBOUNDED and bound > 0:
            flip = min(flip, t + 1)
    return flip


@spliced
def condition_flip(code: Code, s: Scratch, c: int, m: int, t: int) -> int:
    """When condition c over measure m may change with no event."""
    op, plain = code.measures[m, OP], code.measures[m, BEFORE] == 0
    latest = code.measures[m, LATEST]
    if op == SINCE_LAST or op == SINCE_FIRST:
        return since_flip(code, s, m, code.conditions[c, LOW], code.conditions[c, HIGH], t)
    if op == OVERDUE:
        return overdue_flip(code, s, c, m, t)
    if (op == COUNT or op == DISTINCT) and plain and latest == 0:
        return count_flip(code, s, m, code.conditions[c, LOW], code.conditions[c, HIGH])
    return s.results[m, CHANGE]


@spliced
def condition(rows: Rows, r: int, code: Code, s: Scratch, c: int, t: int, top: int) -> None:
    """Put condition c's answer at the top of the stack."""
    kind = code.conditions[c, C_KIND]
    if kind == PROFILE_TEXT or kind == PROFILE_NUMBER or kind == PROFILE_MISSING:
        s.stack[top, HOLDS] = profile_holds(rows, r, code, c, t)
        s.stack[top, FLIP] = NEVER
        return
    m = code.conditions[c, SUBJECT]
    if s.results[m, JUDGEMENT] != s.stamp[1]:
        measure(rows, code, s, m, t, NONE)
        s.results[m, JUDGEMENT] = s.stamp[1]
    holds = s.results[m, DIVISOR] != 0
    if holds and kind == COMPARE:
        holds = code.conditions[c, LOW] <= s.results[m, VALUE] <= code.conditions[c, HIGH]
    elif holds and kind == RATIO_COMPARE:
        holds = ratio_holds(code, s, c, m)
    s.stack[top, HOLDS] = holds
    s.stack[top, FLIP] = condition_flip(code, s, c, m, t)


@spliced
def join(s: Scratch, op: int, first: int, end: int) -> None:
    """Replace the answers first:end of the stack by that of ``all``, ``any`` or ``none`` over them."""
    # ``any`` holds where a part holds; ``all`` fails where a part fails: the telling parts are the true and the false ones
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
    """Whether a part decides its group and, as it will not flip before ``due``, makes the other parts of no interest."""
    if (s.stack[part, HOLDS] != 0) != (op != NODE_ALL) or s.stack[part, FLIP] < due:
        return False
    s.stack[first, FLIP] = s.stack[part, FLIP]
    s.stack[first, HOLDS] = op == NODE_ANY
    return True


@spliced
def rule(rows: Rows, r: int, code: Code, s: Scratch, i: int, t: int, due: int) -> None:
    """Put the answer of rule i at the bottom of the stack; what cannot flip before ``due`` need not be exact beyond it."""
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
    """The segments of row r at t into ``s.bits``; returns the next instant at which they may change with no new event."""
    s.bits[:] = 0
    due = next_event(rows, r, t)
    if rows.head[r, KNOWN] > t:
        return due
    s.stamp[1] += 1
    gather(rows, r, t, code, s)
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
def explain(rows: Rows, r: int, code: Code, s: Scratch, t: int) -> None:
    """Make the values exact of the measures behind the segments in which ``s.bits``, just found, differ from the published."""
    for i in range(code.rules.shape[0]):
        slot = code.rules[i, SLOT]
        if (s.bits[slot >> 6] ^ rows.head[r, BITS + (slot >> 6)]) >> (slot & 63) & 1:
            for node in range(code.rules[i, NODES], code.rules[i, NODES_END]):
                c = code.nodes[node, ARGUMENT]
                if code.nodes[node, NODE_OP] == NODE_CONDITION and code.conditions[c, C_KIND] <= RATIO_COMPARE:
                    measure_exactly(rows, code, s, code.conditions[c, SUBJECT], t)
