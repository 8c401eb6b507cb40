"""Whether a fact matches the ``where`` of a measure. Compiled."""

from __future__ import annotations

import numpy as np

from streams.rows.compiled import inlined
from streams.rows.layout import AT_SHIFT, FLAG_SHIFT, NAME_MASK, NO_AMOUNT, SET_BIT
from streams.rules.code import (
    FIRST,
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
    PURCHASES,
    RANGE,
    STAMP,
    TEXT,
    Code,
)


@inlined
def name_of(words: np.ndarray, column: int, i: int) -> int:
    """The name in a text field of fact i."""
    return words[i, NAMES] >> 32 if column == FIRST else words[i, NAMES] & NAME_MASK


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
def text_matches(code: Code, words: np.ndarray, source: int, column: int, i: int, start: int, end: int) -> bool:
    """Whether the text field of fact i is one of the values; of a purchase, that of any of its lines."""
    if source == PURCHASES:
        for line in range(words[i, LINE], words[i, LINE_END]):
            if one_of(code, name_of(words, column, line), start, end):
                return True
        return False
    return one_of(code, name_of(words, column, i), start, end)


@inlined
def matches(code: Code, words: np.ndarray, source: int, m: int, i: int) -> bool:
    """Whether fact i of a source matches the ``where`` of measure m: of its own source, or of the other of a ratio."""
    for p in range(code.measures[m, MATCH], code.measures[m, MATCH_END]):
        kind, column = code.matches[p, M_KIND], code.matches[p, M_COLUMN]
        start, end = code.matches[p, M_VALUES], code.matches[p, M_VALUES_END]
        fits = False
        if kind == TEXT:
            fits = text_matches(code, words, source, column, i, start, end)
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
