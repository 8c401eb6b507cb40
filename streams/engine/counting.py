"""Measures that count facts or names, newest first. Compiled."""

from __future__ import annotations

import numpy as np

from streams.engine.joining import new_stamp
from streams.engine.matching import at_of, matches, name_of
from streams.engine.scratch import DIVISOR, FOUND, VALUE, Scratch
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import SET_BIT, plain
from streams.rules.code import COLUMN, LINE, LINE_END, PURCHASES, SOURCE, TIMES, TIMES_END, Code

NONE, ONE = plain(0), plain(1)


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
        if matches(code, words, code.measures[m, SOURCE], m, i):
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
    """Different names until there are enough, with the newest instant of each; returns the oldest matching fact's
    place or -1."""
    stamp, oldest = new_stamp(s), NONE - 1
    s.results[m, FOUND] = 0
    for i in range(end - 1, begin - 1, -1):
        if matches(code, words, code.measures[m, SOURCE], m, i):
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
