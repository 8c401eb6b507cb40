"""Measures: numbers of a row's facts at an instant, and when they can change with no event. Compiled."""

from __future__ import annotations

from streams.rules.code import (
    AGAINST,
    AT,
    AVERAGE,
    BEFORE,
    COLUMN,
    COUNT,
    DAYS,
    DISTINCT,
    FLAGS,
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
    SUM,
    TEXT,
    TIMES,
    TIMES_END,
    TREND,
    WHOLE,
    Code,
)
from streams.engine.facts import new_stamp
from streams.engine.scratch import CHANGE, DIVISOR, FOUND, VALUE, Scratch
from streams.rows.compiled import compiled
from streams.rows.layout import NEVER, NO_AMOUNT, SET_BIT

SCALE = 10_000
SECOND_MS = 1000


@compiled
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


@compiled
def text_matches(code: Code, s: Scratch, source: int, column: int, i: int, start: int, end: int) -> bool:
    """Whether the text field of fact i is one of the values; of a purchase, that of any of its lines."""
    if source == PURCHASES:
        for line in range(s.facts[i, LINE], s.facts[i, LINE_END]):
            if one_of(code, s.facts[line, column], start, end):
                return True
        return False
    return one_of(code, s.facts[i, column], start, end)


@compiled
def matches(code: Code, s: Scratch, m: int, i: int) -> bool:
    """Whether fact i matches the ``where`` of measure m."""
    for p in range(code.measures[m, MATCH], code.measures[m, MATCH_END]):
        kind, column = code.matches[p, M_KIND], code.matches[p, M_COLUMN]
        start, end = code.matches[p, M_VALUES], code.matches[p, M_VALUES_END]
        fits = False
        if kind == TEXT:
            fits = text_matches(code, s, code.measures[m, SOURCE], column, i, start, end)
        elif kind == RANGE:
            value = s.facts[i, column]
            if value != NO_AMOUNT:
                for v in range(start, end, 2):
                    fits = fits or (code.values[v] <= value <= code.values[v + 1])
        else:
            fits = (s.facts[i, FLAGS] & code.matches[p, M_BIT] != 0) == (code.matches[p, M_WANTED] != 0)
        if not fits:
            return False
    return True


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


@compiled
def leaves_at(code: Code, m: int, at: int) -> int:
    """The instant at which a fact of that instant leaves the window of measure m."""
    days = code.measures[m, DAYS]
    if days > 0:
        return min(code.midnights[midnight_before(code, at) + days], at + code.retention_ms)
    return at + code.measures[m, BEFORE] + code.measures[m, LAST]


@compiled
def window_start(code: Code, m: int, t: int) -> int:
    """The instant after which facts are in the window of measure m at t."""
    days = code.measures[m, DAYS]
    if days > 0:
        return code.midnights[midnight_before(code, t) + 1 - days] - 1
    return t - code.measures[m, BEFORE] - code.measures[m, LAST]


@compiled
def put(s: Scratch, m: int, value: int, divisor: int) -> None:
    """The value of measure m; a divisor of 0 says that it is undefined."""
    s.results[m, VALUE] = value
    s.results[m, DIVISOR] = divisor


@compiled
def count_back(code: Code, s: Scratch, m: int, begin: int, end: int) -> int:
    """Count the matching facts of begin:end, newest first, keeping the newest instants; returns the oldest's place or -1."""
    n, oldest, room = 0, -1, code.measures[m, TIMES_END] - code.measures[m, TIMES]
    times = code.measures[m, TIMES]
    for i in range(end - 1, begin - 1, -1):
        if matches(code, s, m, i):
            if n < room:
                s.times[times + n] = s.facts[i, AT]
            n += 1
            oldest = i
    s.results[m, FOUND] = n
    put(s, m, n, 1)
    return oldest


@compiled
def note_name(code: Code, s: Scratch, m: int, name: int, at: int, stamp: int) -> None:
    """Count a name of measure m that was not seen yet."""
    if name == 0 or s.mark[name] == stamp:
        return
    s.mark[name] = stamp
    n = s.results[m, FOUND]
    if n < code.measures[m, TIMES_END] - code.measures[m, TIMES]:
        s.times[code.measures[m, TIMES] + n] = at
    s.results[m, FOUND] = n + 1


@compiled
def note_names(code: Code, s: Scratch, m: int, i: int, at: int, stamp: int) -> None:
    """Count the names in the text field of fact i: of a category there may be several."""
    name = s.facts[i, code.measures[m, COLUMN]]
    if name & SET_BIT:
        which = name ^ SET_BIT
        for j in range(code.set_ends[which], code.set_ends[which + 1]):
            note_name(code, s, m, code.set_members[j], at, stamp)
    else:
        note_name(code, s, m, name, at, stamp)


@compiled
def distinct(code: Code, s: Scratch, m: int, begin: int, end: int) -> int:
    """Different names, with the newest instant of each, newest first; returns the oldest matching fact's place or -1."""
    stamp, oldest = new_stamp(s), -1
    s.results[m, FOUND] = 0
    for i in range(end - 1, begin - 1, -1):
        if matches(code, s, m, i):
            oldest = i
            if code.measures[m, SOURCE] == PURCHASES:
                for line in range(s.facts[i, LINE], s.facts[i, LINE_END]):
                    note_names(code, s, m, line, s.facts[i, AT], stamp)
            else:
                note_names(code, s, m, i, s.facts[i, AT], stamp)
    put(s, m, s.results[m, FOUND], 1)
    return oldest


@compiled
def amounts(code: Code, s: Scratch, m: int, begin: int, end: int) -> int:
    """Sum, average, highest and lowest; returns the oldest fact's place or -1."""
    op, column = code.measures[m, OP], code.measures[m, COLUMN]
    total = n = 0
    high, low = -NEVER, NEVER
    oldest = -1
    for i in range(end - 1, begin - 1, -1):
        if matches(code, s, m, i):
            value = s.facts[i, column]
            if value != NO_AMOUNT:
                total += value
                high, low = max(high, value), min(low, value)
                n += 1
                oldest = i
    s.results[m, FOUND] = n
    if op == SUM:
        put(s, m, total, 1)
    elif op == AVERAGE:
        put(s, m, total if column != WHOLE else total * SCALE, n)
    else:
        put(s, m, high if op == HIGHEST else low, min(n, 1))
    return oldest


@compiled
def trend(code: Code, s: Scratch, m: int, t: int, start: int, end: int) -> None:
    """(count in the last A / A) / (count in the B before that / B), in ten-thousandths."""
    a, b = code.measures[m, LAST], code.measures[m, AGAINST]
    now = then = 0
    change = NEVER
    for i in range(end - 1, start - 1, -1):
        if s.facts[i, AT] <= t - a - b:
            break
        if matches(code, s, m, i):
            if s.facts[i, AT] > t - a:
                now += 1
                change = min(change, s.facts[i, AT] + a)
            else:
                then += 1
                change = min(change, s.facts[i, AT] + a + b)
    s.results[m, FOUND] = now
    s.results[m, CHANGE] = change
    put(s, m, now * (b // SECOND_MS) * SCALE, then * (a // SECOND_MS))


@compiled
def overdue(code: Code, s: Scratch, m: int, t: int, begin: int, end: int) -> int:
    """Time since the newest / mean gap, as (time * gaps) / (newest - oldest); returns the oldest's place or -1."""
    oldest = count_back(code, s, m, begin, end)
    gaps = s.results[m, FOUND] - 1
    put(s, m, 0, 0)
    if gaps >= 2:
        newest = end - 1
        while not matches(code, s, m, newest):
            newest -= 1
        put(s, m, (t - s.facts[newest, AT]) * gaps, s.facts[newest, AT] - s.facts[oldest, AT])
    return oldest


@compiled
def since(code: Code, s: Scratch, m: int, t: int, begin: int, end: int) -> int:
    """Milliseconds since the newest or oldest matching fact; ``found`` is its place plus 1, or 0. Returns the oldest's place or -1."""
    found = -1
    for i in range(end - 1, begin - 1, -1):
        if matches(code, s, m, i):
            found = i
            if code.measures[m, OP] == SINCE_LAST:
                break
    s.results[m, FOUND] = found + 1
    put(s, m, t - s.facts[found, AT] if found >= 0 else 0, 1 if found >= 0 else 0)
    return found


@compiled
def measure(code: Code, s: Scratch, m: int, t: int) -> None:
    """Measure m at t, and the earliest instant at which the facts behind it change with no event."""
    op, source = code.measures[m, OP], code.measures[m, SOURCE]
    start, end = s.span[source, 0], s.span[source, 1]
    if op == TREND:
        trend(code, s, m, t, start, end)
        return
    change = NEVER
    while end > start and s.facts[end - 1, AT] > t - code.measures[m, BEFORE]:
        end -= 1
        change = s.facts[end, AT] + code.measures[m, BEFORE]
    after = window_start(code, m, t)
    begin = end
    latest = code.measures[m, LATEST]
    while begin > start and s.facts[begin - 1, AT] > after and (latest == 0 or end - begin < latest):
        begin -= 1
    s.results[m, FOUND] = 0
    put(s, m, 0, 0)
    if latest > 0 and end - begin < latest:
        s.results[m, CHANGE] = change
        return
    oldest = -1
    if op == COUNT:
        oldest = count_back(code, s, m, begin, end)
    elif op == DISTINCT:
        oldest = distinct(code, s, m, begin, end)
    elif op == SINCE_LAST or op == SINCE_FIRST:
        oldest = since(code, s, m, t, begin, end)
    elif op == OVERDUE:
        oldest = overdue(code, s, m, t, begin, end)
    elif op == SHARE:
        count_back(code, s, m, begin, end)
        put(s, m, s.results[m, FOUND] * SCALE, end - begin)
        oldest = begin if end > begin else -1
    elif op == RATIO:
        change = min(change, ratio(code, s, m, t, begin, end))
    else:
        oldest = amounts(code, s, m, begin, end)
    if latest > 0:
        oldest = begin
    if oldest >= 0:
        change = min(change, leaves_at(code, m, s.facts[oldest, AT]))
    s.results[m, CHANGE] = change


@compiled
def ratio(code: Code, s: Scratch, m: int, t: int, begin: int, end: int) -> int:
    """Count / count of the other source in the same window; returns when either set changes."""
    change = NEVER
    oldest = count_back(code, s, m, begin, end)
    if oldest >= 0:
        change = leaves_at(code, m, s.facts[oldest, AT])
    per = code.measures[m, PER]
    after, divisor = window_start(code, m, t), 0
    for i in range(s.span[per, 1] - 1, s.span[per, 0] - 1, -1):
        if s.facts[i, AT] > t - code.measures[m, BEFORE]:
            change = min(change, s.facts[i, AT] + code.measures[m, BEFORE])
        elif s.facts[i, AT] > after:
            if matches(code, s, m, i):
                divisor += 1
                change = min(change, leaves_at(code, m, s.facts[i, AT]))
        else:
            break
    put(s, m, s.results[m, FOUND] * SCALE, divisor)
    return change
