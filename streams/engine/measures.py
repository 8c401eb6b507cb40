"""Measures: numbers of a row's facts at an instant, and when they can change with no event. Compiled."""

from __future__ import annotations

import numpy as np

from streams.engine.facts import new_stamp
from streams.engine.scratch import CHANGE, DIVISOR, FOUND, VALUE, Scratch
from streams.rows.arena import Rows
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import AT_SHIFT, FLAG_SHIFT, NAME_MASK, NEVER, NO_AMOUNT, SET_BIT, plain
from streams.rules.code import (
    AGAINST,
    AVERAGE,
    BEFORE,
    CARTS,
    COLUMN,
    COUNT,
    DAYS,
    DISTINCT,
    ENOUGH,
    FIRST,
    HIGHEST,
    LAST,
    LATEST,
    LINE,
    LINE_END,
    M_BIT,
    M_COLUMN,
    M_KIND,
    M_VALUES,
    M_VALUES_END,
    M_WANTED,
    MATCH,
    MATCH_END,
    NAMES,
    OP,
    OVERDUE,
    PER,
    PURCHASES,
    RANGE,
    RATIO,
    SHARE,
    SINCE_FIRST,
    SINCE_LAST,
    SOURCE,
    STAMP,
    SUM,
    TEXT,
    TIMES,
    TIMES_END,
    TREND,
    WHOLE,
    Code,
)

SCALE = 10_000
SECOND_MS = 1000
NONE, ONE = plain(0), plain(1)


@inlined
def one_of(code: Code, name: int, start: int, end: int) -> bool:
    """Whether a name, or any of a set of names, is among ``code.values[start:end]``."""
    if name & SET_BIT:
        which = name ^ SET_BIT
        for j in range(code.set_ends[which], code.set_ends[which + 1]):
            for v in range(start, end):
                if code.values[v] == code.set_members[j]:
                    return True
        return False
    for v in range(start, end):
        if code.values[v] == name:
            return True
    return False


@inlined
def name_of(words: np.ndarray, column: int, i: int) -> int:
    """The name in a text field of fact i."""
    return words[i, NAMES] >> 32 if column == FIRST else words[i, NAMES] & NAME_MASK


@inlined
def text_matches(code: Code, words: np.ndarray, source: int, column: int, i: int, start: int, end: int) -> bool:
    """Whether the text field of fact i is one of the values; of a purchase, that of any of its lines."""
    if source == PURCHASES:
        for line in range(words[i, LINE], words[i, LINE_END]):
            if one_of(code, name_of(words, column, line), start, end):
                return True
        return False
    return one_of(code, name_of(words, column, i), start, end)


@inlined
def matches(code: Code, words: np.ndarray, m: int, i: int) -> bool:
    """Whether fact i matches the ``where`` of measure m."""
    for p in range(code.measures[m, MATCH], code.measures[m, MATCH_END]):
        kind, column = code.matches[p, M_KIND], code.matches[p, M_COLUMN]
        start, end = code.matches[p, M_VALUES], code.matches[p, M_VALUES_END]
        fits = False
        if kind == TEXT:
            fits = text_matches(code, words, code.measures[m, SOURCE], column, i, start, end)
        elif kind == RANGE:
            value = words[i, column]
            if value != NO_AMOUNT:
                for v in range(start, end, 2):
                    fits = fits or (code.values[v] <= value <= code.values[v + 1])
        else:
            fits = (words[i, STAMP] >> FLAG_SHIFT & code.matches[p, M_BIT] != 0) == (code.matches[p, M_WANTED] != 0)
        if not fits:
            return False
    return True


@inlined
def at_of(words: np.ndarray, i: int) -> int:
    """The instant of fact i."""
    return words[i, STAMP] >> AT_SHIFT


@compiled
def midnight_before(code: Code, t: int) -> int:
    """The place of the last local midnight at or before t."""
    low, high = 0, code.midnights.shape[0]
    while high - low > 1:
        middle = (low + high) >> 1
        if code.midnights[middle] <= t:
            low = middle
        else:
            high = middle
    return low


@inlined
def leaves_at(code: Code, m: int, at: int) -> int:
    """The instant at which a fact of that instant leaves the window of measure m."""
    days = code.measures[m, DAYS]
    if days > 0:
        place = midnight_before(code, at) + days
        if place >= code.midnights.shape[0]:  # beyond the calendar that was made
            return at + code.retention_ms
        return min(code.midnights[place], at + code.retention_ms)
    return at + code.measures[m, BEFORE] + code.measures[m, LAST]


@inlined
def window_start(code: Code, m: int, t: int) -> int:
    """The instant after which facts are in the window of measure m at t."""
    days = code.measures[m, DAYS]
    if days > 0:
        return code.midnights[max(0, midnight_before(code, t) + 1 - days)] - 1
    return t - code.measures[m, BEFORE] - code.measures[m, LAST]


@inlined
def put(s: Scratch, m: int, value: int, divisor: int) -> None:
    """The value of measure m as a quotient; a divisor of 0 says that it is undefined."""
    s.results[m, VALUE] = value
    s.results[m, DIVISOR] = divisor


@inlined
def count_back(code: Code, words: np.ndarray, s: Scratch, m: int, begin: int, end: int, enough: int) -> int:
    """Count the matching facts of begin:end, newest first, until there are enough, keeping the newest instants.

    Returns the oldest's place or -1.
    """
    n, oldest, times = NONE, NONE - 1, code.measures[m, TIMES]
    room = code.measures[m, TIMES_END] - times
    for i in range(end - 1, begin - 1, -1):
        if matches(code, words, m, i):
            if n < room:
                s.times[times + n] = at_of(words, i)
            n += 1
            oldest = i
            if n >= enough:
                break
    s.results[m, FOUND] = n
    put(s, m, n, ONE)
    return oldest


@inlined
def note_name(code: Code, s: Scratch, m: int, name: int, at: int, stamp: int) -> None:
    """Count a name of measure m that was not seen yet."""
    if name == 0 or s.mark[name] == stamp:
        return
    s.mark[name] = stamp
    n = s.results[m, FOUND]
    if n < code.measures[m, TIMES_END] - code.measures[m, TIMES]:
        s.times[code.measures[m, TIMES] + n] = at
    s.results[m, FOUND] = n + 1


@inlined
def note_names(code: Code, words: np.ndarray, s: Scratch, m: int, i: int, at: int, stamp: int) -> None:
    """Count the names in the text field of fact i: of a category there may be several."""
    name = name_of(words, code.measures[m, COLUMN], i)
    if name & SET_BIT:
        which = name ^ SET_BIT
        for j in range(code.set_ends[which], code.set_ends[which + 1]):
            note_name(code, s, m, code.set_members[j], at, stamp)
    else:
        note_name(code, s, m, name, at, stamp)


@compiled
def distinct(code: Code, words: np.ndarray, s: Scratch, m: int, begin: int, end: int, enough: int) -> int:
    """Different names until there are enough, with the newest instant of each; returns the oldest matching fact's place or -1."""
    stamp, oldest = new_stamp(s), NONE - 1
    s.results[m, FOUND] = 0
    for i in range(end - 1, begin - 1, -1):
        if matches(code, words, m, i):
            oldest = i
            if code.measures[m, SOURCE] == PURCHASES:
                for line in range(words[i, LINE], words[i, LINE_END]):
                    note_names(code, words, s, m, line, at_of(words, i), stamp)
            else:
                note_names(code, words, s, m, i, at_of(words, i), stamp)
            if s.results[m, FOUND] >= enough:
                break
    put(s, m, s.results[m, FOUND], ONE)
    return oldest


@compiled
def amounts(code: Code, words: np.ndarray, s: Scratch, m: int, begin: int, end: int) -> int:
    """Sum, average, highest and lowest; returns the oldest fact's place or -1."""
    op, column = code.measures[m, OP], code.measures[m, COLUMN]
    total = n = NONE
    high, low = -NEVER, NEVER
    oldest = NONE - 1
    for i in range(end - 1, begin - 1, -1):
        if matches(code, words, m, i):
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
        elif matches(code, words, m, i):
            if at > t - shift - a:
                now += 1
                change = min(change, at + shift + a)
            else:
                then += 1
                change = min(change, at + shift + a + b)
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
        while not matches(code, words, m, newest):
            newest -= 1
        put(s, m, (t - at_of(words, newest)) * gaps, at_of(words, newest) - at_of(words, oldest))
    return oldest


@inlined
def since(code: Code, words: np.ndarray, s: Scratch, m: int, t: int, begin: int, end: int) -> int:
    """Milliseconds since the newest or oldest matching fact; returns its place or -1."""
    found = NONE - 1
    if code.measures[m, OP] == SINCE_LAST:
        for i in range(end - 1, begin - 1, -1):
            if matches(code, words, m, i):
                found = i
                break
    else:
        for i in range(begin, end):
            if matches(code, words, m, i):
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
            if matches(code, per_words, m, i):
                divisor += 1
                change = min(change, leaves_at(code, m, at))
        else:
            break
    put(s, m, s.results[m, FOUND] * SCALE, divisor)
    return change


@inlined
def window_begin(words: np.ndarray, start: int, end: int, after: int) -> int:
    """The first of the facts start:end that lies after an instant: looked for in doubling steps from the newest on."""
    step = ONE
    low = end
    while low > start and at_of(words, low - 1) > after:
        end = low - 1
        low = max(start, low - step)
        step *= 2
    while low < end:
        middle = (low + end) >> 1
        if at_of(words, middle) > after:
            end = middle
        else:
            low = middle + 1
    return end


@inlined
def measure(rows: Rows, code: Code, s: Scratch, m: int, t: int, exact: int) -> None:
    """Measure m at t, and the earliest instant at which the facts behind it change with no event.

    A count stops where no condition could tell more, unless it must be ``exact`` to be shown.
    """
    op, source = code.measures[m, OP], code.measures[m, SOURCE]
    words = rows.words if source <= CARTS else s.facts
    start, end = s.span[source, 0], s.span[source, 1]
    if op == TREND:
        trend(code, words, s, m, t, start, end)
        return
    change = NEVER
    while end > start and at_of(words, end - 1) > t - code.measures[m, BEFORE]:
        end -= 1
        change = at_of(words, end) + code.measures[m, BEFORE]
    begin = window_begin(words, start, end, window_start(code, m, t))
    latest = code.measures[m, LATEST]
    s.results[m, FOUND] = 0
    put(s, m, NONE, NONE)
    if latest > 0:
        if end - begin < latest:
            s.results[m, CHANGE] = change
            return
        begin = end - latest
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
        put(s, m, s.results[m, FOUND] * SCALE, end - begin)
        oldest = begin if end > begin else oldest
    elif op == RATIO:
        per_words = rows.words if code.measures[m, PER] <= CARTS else s.facts
        change = min(change, ratio(code, words, per_words, s, m, t, begin, end))
    else:
        oldest = amounts(code, words, s, m, begin, end)
    if latest > 0:
        oldest = begin
    if oldest >= 0:
        change = min(change, leaves_at(code, m, at_of(words, oldest)))
    s.results[m, CHANGE] = change


@compiled
def measure_exactly(rows: Rows, code: Code, s: Scratch, m: int, t: int) -> None:
    """Measure m at t as it is to be shown; no part of the judgement's own code, which it would make twice as large."""
    measure(rows, code, s, m, t, ONE)
