"""Measures: numbers of a row's facts at an instant, and when they can change with no event. Compiled."""

from __future__ import annotations

import numpy as np

from streams.engine.counting import count_back, distinct, put
from streams.engine.families import linked
from streams.engine.matching import at_of, matches
from streams.engine.scratch import CHANGE, EACH, FACTS_END, FOUND, LINKS, Scratch
from streams.engine.traffic import in_arena
from streams.engine.windows import leaves_at, window_begin, window_start
from streams.rows.arena import Rows
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import NEVER, NO_AMOUNT, plain
from streams.rules.code import (
    AGAINST,
    AVERAGE,
    BEFORE,
    CHAIN,
    COLUMN,
    COUNT,
    DISTINCT,
    ENOUGH,
    HIGHEST,
    LAST,
    LATEST,
    NO_CHAIN,
    OP,
    OVERDUE,
    PER,
    RATIO,
    SHARE,
    SINCE_FIRST,
    SINCE_LAST,
    SOURCE,
    SUM,
    TREND,
    WHOLE,
    Code,
)

SCALE = 10_000
SECOND_MS = 1000
NONE, ONE = plain(0), plain(1)


@compiled
def amounts(code: Code, words: np.ndarray, s: Scratch, m: int, begin: int, end: int) -> int:
    """Sum, average, highest and lowest; returns the oldest fact's place or -1."""
    op, column = code.measures[m, OP], code.measures[m, COLUMN]
    total = n = NONE
    high, low = -NEVER, NEVER
    oldest = NONE - 1
    for i in range(end - 1, begin - 1, -1):
        if matches(code, words, code.measures[m, SOURCE], m, i):
            value = words[i, column]
            if value != NO_AMOUNT:
                total += value
                high, low = max(high, value), min(low, value)
                n += 1
                oldest = i
    s.results[m, FOUND] = n
    if op == SUM:
        put(s, m, total, ONE)
    elif op == AVERAGE:
        put(s, m, total if column != WHOLE else total * SCALE, n)
    else:
        put(s, m, high if op == HIGHEST else low, min(n, ONE))
    return oldest


@compiled
def trend(code: Code, words: np.ndarray, s: Scratch, m: int, t: int, start: int, end: int) -> None:
    """(count in the last A / A) / (count in the B before that / B), in ten-thousandths; A ends ``before`` ago."""
    a = code.measures[m, LAST]
    b = code.measures[m, AGAINST]
    shift = code.measures[m, BEFORE]
    now = then = NONE
    change = NEVER
    for i in range(end - 1, start - 1, -1):
        at = at_of(words, i)
        if at <= t - shift - a - b:
            break
        if at > t - shift:
            change = min(change, at + shift)
        elif matches(code, words, code.measures[m, SOURCE], m, i):
            if at > t - shift - a:
                now += 1
                change = min(change, at + shift + a)
            else:
                then += 1
                change = min(change, at + min(shift + a + b, code.retention_ms))
    s.results[m, FOUND] = now
    s.results[m, CHANGE] = change
    put(s, m, now * (b // SECOND_MS) * SCALE, then * (a // SECOND_MS))


@compiled
def overdue(code: Code, words: np.ndarray, s: Scratch, m: int, t: int, begin: int, end: int) -> int:
    """Time since the newest / mean gap, as (time * gaps) / (newest - oldest); returns the oldest's place or -1."""
    oldest = count_back(code, words, s, m, begin, end, NEVER)
    gaps = s.results[m, FOUND] - 1
    put(s, m, NONE, NONE)
    if gaps >= 2:
        newest = end - 1
        while not matches(code, words, code.measures[m, SOURCE], m, newest):
            newest -= 1
        put(s, m, (t - at_of(words, newest)) * gaps, at_of(words, newest) - at_of(words, oldest))
    return oldest


@inlined
def since(code: Code, words: np.ndarray, s: Scratch, m: int, t: int, begin: int, end: int) -> int:
    """Milliseconds since the newest or oldest matching fact; returns its place or -1."""
    found = NONE - 1
    if code.measures[m, OP] == SINCE_LAST:
        for i in range(end - 1, begin - 1, -1):
            if matches(code, words, code.measures[m, SOURCE], m, i):
                found = i
                break
    else:
        for i in range(begin, end):
            if matches(code, words, code.measures[m, SOURCE], m, i):
                found = i
                break
    s.results[m, FOUND] = found + 1
    put(s, m, t - at_of(words, found) if found >= 0 else NONE, ONE if found >= 0 else NONE)
    return found


@compiled
def ratio(
    code: Code, words: np.ndarray, per_words: np.ndarray, s: Scratch, m: int, t: int, begin: int, end: int
) -> int:
    """Count / count of the other source in the same window; returns when either set changes."""
    change = NEVER
    oldest = count_back(code, words, s, m, begin, end, NEVER)
    if oldest >= 0:
        change = leaves_at(code, m, at_of(words, oldest))
    per = code.measures[m, PER]
    after, divisor = window_start(code, m, t), NONE
    for i in range(s.span[per, 1] - 1, s.span[per, 0] - 1, -1):
        at = at_of(per_words, i)
        if at > t - code.measures[m, BEFORE]:
            change = min(change, at + code.measures[m, BEFORE])
        elif at > after:
            if matches(code, per_words, per, m, i):
                divisor += 1
                change = min(change, leaves_at(code, m, at))
        else:
            break
    put(s, m, s.results[m, FOUND] * SCALE, divisor)
    return change


@inlined
def measure(rows: Rows, code: Code, s: Scratch, m: int, t: int, exact: int) -> None:
    """Measure m at t, and the earliest instant at which the facts behind it change with no event.

    A count stops where no condition could tell more, unless it must be ``exact`` to be shown.
    """
    op, source = code.measures[m, OP], code.measures[m, SOURCE]
    words = rows.words if in_arena(s, source) else s.facts
    start, end, chain = s.span[source, 0], s.span[source, 1], code.measures[m, CHAIN]
    if s.stamp[EACH] < 0 or s.stamp[LINKS] < 0:
        chain = NO_CHAIN
    if op == TREND:
        if chain >= 0:
            end = linked(words, words.shape[1], s, chain, start, end)
            words, start = s.facts, s.stamp[FACTS_END]
        trend(code, words, s, m, t, start, end)
        return
    change = NEVER
    if code.measures[m, BEFORE] > 0:
        later = window_begin(words, start, end, t - code.measures[m, BEFORE])
        if later < end:
            end, change = later, at_of(words, later) + code.measures[m, BEFORE]
    begin = window_begin(words, start, end, window_start(code, m, t))
    latest = code.measures[m, LATEST]
    s.results[m, FOUND] = 0
    put(s, m, NONE, NONE)
    if latest > 0:
        if end - begin < latest:
            s.results[m, CHANGE] = change
            return
        begin = end - latest
    count = end - begin
    if count > 0 and (latest > 0 or op == SHARE):
        change = min(change, leaves_at(code, m, at_of(words, begin)))
    if chain >= 0:
        end = linked(words, words.shape[1], s, chain, begin, end)
        words, begin = s.facts, s.stamp[FACTS_END]
    enough = NEVER
    if exact == 0 and (op == COUNT or op == DISTINCT):
        enough = code.measures[m, ENOUGH]
    oldest = NONE - 1
    if op == COUNT:
        oldest = count_back(code, words, s, m, begin, end, enough)
    elif op == DISTINCT:
        oldest = distinct(code, words, s, m, begin, end, enough)
    elif op == SINCE_LAST or op == SINCE_FIRST:
        oldest = since(code, words, s, m, t, begin, end)
    elif op == OVERDUE:
        oldest = overdue(code, words, s, m, t, begin, end)
    elif op == SHARE:
        count_back(code, words, s, m, begin, end, NEVER)
        put(s, m, s.results[m, FOUND] * SCALE, count)
    elif op == RATIO:
        per_words = rows.words if in_arena(s, code.measures[m, PER]) else s.facts
        change = min(change, ratio(code, words, per_words, s, m, t, begin, end))
    else:
        oldest = amounts(code, words, s, m, begin, end)
    if oldest >= 0 and latest == 0:
        change = min(change, leaves_at(code, m, at_of(words, oldest)))
    s.results[m, CHANGE] = change


@compiled
def measure_exactly(rows: Rows, code: Code, s: Scratch, m: int, t: int) -> None:
    """Measure m at t as it is to be shown; no part of the judgement's own code, which it would make twice as large."""
    measure(rows, code, s, m, t, ONE)
