"""Whether rows that come from outside can be what was packed: the kernel reads them without looking for its bounds.

Everything that the kernel takes for a place in some array is looked at, and that kinds, instants and amounts are those
of their group; what a row says within that may still be untrue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from streams.events.amounts import MAX_QUANTITY, MAX_UNITS
from streams.events.instants import YEAR_2000_MS, YEAR_9999_MS
from streams.rows.arena import COUNTS, ERASED, EVALUATED, KNOWN, OFF, SEQ, SIZE, Rows
from streams.rows.layout import (
    AT_SHIFT,
    CART,
    DISCOUNT,
    EMAIL,
    G_ORDER,
    GROUP_OF_KIND,
    GROUPS,
    ITEM,
    KIND_MASK,
    LONG_AGO,
    NAME_MASK,
    NEVER,
    NO_AMOUNT,
    ORDER,
    PROFILE,
    REFUND,
    SET_BIT,
    STATE,
)

#: records that are looked at together: few enough to stay in the processor's cache
BLOCK = 32_768
_GROUP_OF = np.full(KIND_MASK + 1, -1, np.int8)
_GROUP_OF[: len(GROUP_OF_KIND)] = GROUP_OF_KIND
_INSTANTS = YEAR_2000_MS, YEAR_9999_MS
_GROUPS = np.arange(GROUPS, dtype=np.int8)

Words = NDArray[np.int64]
Mask = NDArray[np.bool_]


def first_unsound(rows: Rows, customers: int, names: int, sets: int) -> int:
    """The first of so many freshly unpacked rows that cannot be what was packed, or -1; the dictionary has so many
    names, number 0 among them, and sets."""
    for start, end in _blocks(rows, customers):
        wrong = _unsound(rows, start, end, names, sets)
        if wrong.any():
            return start + int(np.argmax(wrong))
    return -1


def _blocks(rows: Rows, customers: int) -> Iterator[tuple[int, int]]:
    """Rows from, to, of about BLOCK records together."""
    ends = rows.head[:customers, OFF] + rows.head[:customers, SIZE]
    start = 0
    while start < customers:
        end = max(start + 1, int(np.searchsorted(ends, int(rows.head[start, OFF]) + BLOCK, "right")))
        end = min(end, start + BLOCK, customers)
        yield start, end
        start = end


def _unsound(rows: Rows, start: int, end: int, names: int, sets: int) -> Mask:
    """Of rows from ``start`` to ``end`` which are wrong."""
    head = rows.head[start:end]
    first, last = int(head[0, OFF]), int(head[-1, OFF] + head[-1, SIZE])
    counts = head[:, COUNTS : COUNTS + GROUPS].ravel()
    words, group = rows.words[first:last], np.repeat(np.tile(_GROUPS, end - start), counts)
    wrong = _wrong_head(head)
    records = _wrong_records(words, group, names, sets) | _wrong_order(words, group, counts)
    if records.any():
        row_of = np.repeat(np.arange(end - start), head[:, SIZE])
        wrong[row_of[records]] = True
    return wrong


def _wrong_head(head: Words) -> Mask:
    instants = head[:, EVALUATED : ERASED + 1]
    wrong: Mask = ((instants < LONG_AGO) | ((instants > YEAR_9999_MS) & (instants != NEVER))).any(axis=1)
    wrong |= (head[:, SEQ] < 0) | (head[:, EVALUATED] == NEVER) | (head[:, KNOWN] < YEAR_2000_MS)
    return wrong


def _wrong_records(words: Words, group: NDArray[np.int8], names: int, sets: int) -> Mask:
    kind = words[:, 0] & KIND_MASK
    wrong: Mask = (_GROUP_OF[kind] != group) | (_beyond(words[:, 0] >> AT_SHIFT, *_INSTANTS) & (kind != STATE))
    third, fourth = words[:, 3], words[:, 4]
    product = (kind <= CART) | (kind == ITEM)
    wrong |= product & (_no_name(third >> 32, names) | _no_category(third & NAME_MASK, names, sets))
    priced = product | (kind == REFUND)
    wrong |= priced & _beyond(fourth, 0, MAX_UNITS) & (fourth != NO_AMOUNT)
    for one, wrong_of in _RARER.items():
        mine = np.flatnonzero(kind == one)
        if mine.size:
            wrong[mine] |= wrong_of(words[mine], names)
    return wrong


def _beyond(number: Words, least: int, most: int) -> Mask:
    """Where a number is outside of least to most, both in."""
    return (number - least).view(np.uint64) > most - least


def _no_name(number: Words, names: int) -> Mask:
    return number.view(np.uint64) >= names


def _no_category(number: Words, names: int, sets: int) -> Mask:
    return (number >= names) & (_beyond(number, SET_BIT, SET_BIT + sets - 1) if sets else True)


def _wrong_pair(pair: Words, names: int) -> Mask:
    """Where two names in one word are none."""
    return _no_name(pair >> 32, names) | _no_name(pair & NAME_MASK, names)


_RARER: dict[int, Callable[[Words, int], Mask]] = {
    ORDER: lambda words, names: _beyond(words[:, 4], 0, MAX_UNITS),
    DISCOUNT: lambda words, names: _beyond(words[:, 4], 0, MAX_UNITS),
    ITEM: lambda words, names: _beyond(words[:, 2], 1, MAX_QUANTITY),
    EMAIL: lambda words, names: _wrong_pair(words[:, 4], names),
    PROFILE: lambda words, names: _wrong_pair(words[:, 3], names),
    STATE: lambda words, names: _wrong_pair(words[:, 1], names) | (words[:, 0] >> AT_SHIFT > YEAR_9999_MS),
}


def _wrong_order(words: Words, group: NDArray[np.int8], counts: Words) -> Mask:
    """Records earlier than the one before them in their group, and order lines before any order."""
    at = words[:, 0] >> AT_SHIFT
    begins = np.zeros(len(words) + 1, np.bool_)
    begins[np.cumsum(counts) - counts] = True
    begun = begins[:-1]
    wrong: Mask = np.zeros(len(words), np.bool_)
    wrong[1:] = (at[1:] < at[:-1]) & ~begun[1:] & (group[1:] != GROUPS - 1)
    wrong |= begun & (group == G_ORDER) & (words[:, 0] & KIND_MASK != ORDER)
    return wrong
