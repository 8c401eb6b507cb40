"""What a row holds as a batch again, to be folded into another row: merges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import Rows
from streams.rows.batch import B_END, B_FIRST, B_REST, B_REST_END, EVENT_WIDTH, Batch
from streams.rows.layout import (
    AT_SHIFT,
    DISCOUNT,
    FLAG_MASK,
    FLAG_SHIFT,
    ID_FORMS,
    ITEM,
    KIND_MASK,
)
from streams.rows.parts import facts, rests

_META = FLAG_MASK << FLAG_SHIFT | KIND_MASK
#: instant, form and the two words of an id
_Key = tuple[int, int, int, int]


def held(rows: Rows, row: int, to: int) -> Batch:
    """All events of a row, as events of the customer of row ``to``; what is remembered of memberships stays behind."""
    said = facts(rows, row).tolist()
    found, rest = _by_event(said), rests(rows, row)
    table = np.zeros((len(found), EVENT_WIDTH), np.int64)
    lines: list[list[int]] = []
    texts: list[NDArray[np.int64]] = []
    first_rest = len(said)
    for event, ((at, form, word_1, word_2), records) in zip(table, found.items(), strict=True):
        mine = rest[(rest[:, 0] >> AT_SHIFT == at) & (rest[:, 1] == word_2), 2:]
        first, end_rest = len(lines), first_rest + len(mine)
        lines += records
        texts.append(mine)
        event[:] = (to, at, form, word_1, word_2, first, len(lines), first_rest, end_rest, 0, 0)
        first_rest = end_rest
    return Batch(table, np.concatenate([np.array(lines, np.int64).reshape(-1, 3), *texts]))


def _by_event(said: Iterable[Sequence[int]]) -> dict[_Key, list[list[int]]]:
    """The records as a batch has them (``batch.R_META`` …), by the event that said them, in its order."""
    found: dict[_Key, list[list[int]]] = {}
    mine: list[list[int]] = []
    for word_0, word_1, word_2, word_3, word_4 in said:
        if ITEM <= word_0 & KIND_MASK <= DISCOUNT:
            mine.append([word_0 & _META | word_2 << AT_SHIFT, word_3, word_4])
            continue
        key = (word_0 >> AT_SHIFT, word_0 >> FLAG_SHIFT & ID_FORMS, word_1, word_2)
        mine = found.setdefault(key, [])
        mine.append([word_0 & _META, word_3, word_4])
    return found


def joined(batches: Sequence[Batch]) -> Batch:
    """Several batches as one, in their order."""
    pile = Pile(sum(len(batch.events) for batch in batches), sum(len(batch.records) for batch in batches))
    for batch in batches:
        pile.add(batch)
    return pile.batch()


class Pile:
    """A batch that grows, with room for so many events and records at first."""

    def __init__(self, events: int, records: int) -> None:
        self._events, self._records = np.empty((events, EVENT_WIDTH), np.int64), np.empty((records, 3), np.int64)
        self._count, self._end = 0, 0

    def add(self, batch: Batch) -> None:
        """Put a batch behind what is there."""
        first, start = self._count, self._end
        self._count, self._end = first + len(batch.events), start + len(batch.records)
        self._events, self._records = _with_room(self._events, self._count), _with_room(self._records, self._end)
        self._records[start : self._end] = batch.records
        table = self._events[first : self._count]
        table[:] = batch.events
        for column in (B_FIRST, B_END, B_REST, B_REST_END):
            table[:, column] += start

    def batch(self) -> Batch:
        """What is there; it is no copy."""
        return Batch(self._events[: self._count], self._records[: self._end])


def _with_room(lines: NDArray[np.int64], wanted: int) -> NDArray[np.int64]:
    """The lines, with more behind them where they are fewer than wanted; memory that nobody writes to costs nothing."""
    if wanted <= len(lines):
        return lines
    more = np.empty((max(wanted, 2 * len(lines)), lines.shape[1]), np.int64)
    more[: len(lines)] = lines
    return more


def taken_out(batch: Batch, events: NDArray[np.int64]) -> Batch:
    """The events at these places, in that order, and only their records, in the same order."""
    table = batch.events[events]
    facts = _behind(table, B_FIRST, B_END, 0)
    texts = _behind(table, B_REST, B_REST_END, len(facts))
    return Batch(table, batch.records[np.concatenate([facts, texts]) if len(texts) else facts])


def _behind(table: NDArray[np.int64], first: int, end: int, start: int) -> NDArray[np.int64]:
    """Where the records are that two columns of events tell of; from now on these tell that they lie one behind the
    other from ``start`` on."""
    counts = table[:, end] - table[:, first]
    ends = np.cumsum(counts)
    before = table[:, first] - ends + counts
    table[:, first], table[:, end] = start + ends - counts, start + ends
    return np.repeat(before, counts) + np.arange(counts.sum())
