"""All rows of a partition in a few flat arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.layout import GROUPS, LONG_AGO, NEVER, WORDS

#: entries of ``Rows.stat``
TAIL, GARBAGE, CLOCK, NEXT_DUE, DROPPED, SWITCHED, MACHINES = range(7)
STATS = 7

#: columns of ``Rows.head``: where the records lie, how many they are and may be; the latest instant at which the
#: customer was judged; those of the first event and of an erasure (NEVER, LONG_AGO: none); flags; the number of the
#: last record published; whether the row changed since it was last packed; the counts of the groups; one bit for each
#: segment published
OFF, SIZE, ROOM, EVALUATED, KNOWN, ERASED, ROW_FLAGS, SEQ, DIRTY, COUNTS = range(10)
BITS = COUNTS + GROUPS


class Rows(NamedTuple):
    """Row r holds the records ``words[head[r, OFF] : head[r, OFF] + head[r, SIZE]]``.

    ``due[r]`` is the next instant at which its segments may change with no event (ms, NEVER: none, STALE: the rules
    changed). ``stat``: TAIL, GARBAGE (records of the arena in use and lost), CLOCK (the newest event), NEXT_DUE (a
    lower bound of all ``due``), DROPPED (facts dropped over the limit of a row), SWITCHED (when the rules changed),
    MACHINES (events that were a machine's). Few arrays, as each one costs compile time in every function.
    """

    words: NDArray[np.int64]
    head: NDArray[np.int64]
    due: NDArray[np.int64]
    stat: NDArray[np.int64]


def new_rows(bit_words: int, customers: int = 1024, records: int = 16_384) -> Rows:
    """Empty arrays with room for so many customers and records; ``bit_words`` 64-bit words of segments a row."""
    head = np.zeros((customers, BITS + bit_words), np.int64)
    head[:, EVALUATED], head[:, KNOWN], head[:, ERASED] = LONG_AGO, NEVER, LONG_AGO
    stat = np.zeros(STATS, np.int64)
    stat[NEXT_DUE] = NEVER
    return Rows(np.empty((records, WORDS), np.int64), head, np.full(customers, NEVER, np.int64), stat)


def more_customers(rows: Rows, customers: int) -> Rows:
    """The same rows with room for at least so many customers."""
    have = len(rows.due)
    if customers <= have:
        return rows
    fresh = new_rows(rows.head.shape[1] - BITS, max(customers, have + have // 2), 0)
    fresh.head[:have], fresh.due[:have] = rows.head, rows.due
    return fresh._replace(words=rows.words, stat=rows.stat)


def more_records(rows: Rows, wanted: int) -> Rows:
    """The same rows with room for ``wanted`` more records: where there is none garbage is squeezed out, or where
    there is little the arena grows."""
    tail, garbage = int(rows.stat[TAIL]), int(rows.stat[GARBAGE])
    if tail + wanted <= len(rows.words):
        return rows
    if garbage > tail // 4:
        return _squeezed(rows, wanted)
    words = np.empty((max(tail + wanted, len(rows.words) * 3 // 2), WORDS), np.int64)
    words[:tail] = rows.words[:tail]
    return rows._replace(words=words)


def free_rows(rows: Rows, which: NDArray[np.int64]) -> None:
    """Make these rows empty, as new ones are; their records are garbage from now on."""
    rows.stat[GARBAGE] += int(rows.head[which, ROOM].sum())
    rows.head[which] = 0
    rows.head[which, EVALUATED], rows.head[which, KNOWN], rows.head[which, ERASED] = LONG_AGO, NEVER, LONG_AGO
    rows.due[which] = NEVER


def _squeezed(rows: Rows, wanted: int) -> Rows:
    """The rows laid one after the other, each with its room."""
    room, off = rows.head[:, ROOM], rows.head[:, OFF]
    live = int(room.sum())
    words = np.empty((max(live + wanted, live * 5 // 4), WORDS), np.int64)
    starts = np.cumsum(room) - room
    words[:live] = rows.words[np.repeat(off - starts, room) + np.arange(live)]
    rows.head[:, OFF] = starts
    rows.stat[TAIL], rows.stat[GARBAGE] = live, 0
    return rows._replace(words=words)
