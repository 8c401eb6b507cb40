"""Conditions: whether they hold, and when that may change with no event. Compiled."""

from __future__ import annotations

from streams.engine.facts import NONE
from streams.engine.joining import visible_end
from streams.engine.matching import one_of
from streams.engine.measures import SCALE, measure
from streams.engine.scratch import CHANGE, DIVISOR, FLIP, FOUND, HOLDS, JUDGEMENT, ROUND_OF, ROUNDS, VALUE, Scratch
from streams.engine.windows import leaves_at
from streams.rows.arena import COUNTS, Rows
from streams.rows.compiled import compiled, inlined, spliced
from streams.rows.layout import FLAG_SHIFT, G_PROFILE, NAME_MASK, NEVER, NO_AMOUNT, REMOVED
from streams.rows.places import group_start
from streams.rules.code import (
    BEFORE,
    C_KIND,
    C_VALUES,
    C_VALUES_END,
    COMPARE,
    COUNT,
    DISTINCT,
    HIGH,
    HIGH_OPEN,
    LATEST,
    LOW,
    LOW_OPEN,
    NEGATED,
    OF_EACH,
    OP,
    OVERDUE,
    PROFILE_MISSING,
    PROFILE_NUMBER,
    PROFILE_TEXT,
    RATIO_COMPARE,
    SINCE_FIRST,
    SINCE_LAST,
    SUBJECT,
    TIMES,
    UNBOUNDED,
    Code,
)


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
    """Of a count that can only fall: below ``low`` never, in range when the low-th newest leaves, above when the
    (high + 1)-th does."""
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
    this = s.stamp[ROUNDS] if code.measures[m, OF_EACH] else s.stamp[JUDGEMENT]
    if s.results[m, ROUND_OF] != this:
        measure(rows, code, s, m, t, NONE)
        s.results[m, ROUND_OF] = this
    holds = s.results[m, DIVISOR] != 0
    if holds and kind == COMPARE:
        holds = code.conditions[c, LOW] <= s.results[m, VALUE] <= code.conditions[c, HIGH]
    elif holds and kind == RATIO_COMPARE:
        holds = ratio_holds(code, s, c, m)
    s.stack[top, HOLDS] = holds
    s.stack[top, FLIP] = condition_flip(code, s, c, m, t)
