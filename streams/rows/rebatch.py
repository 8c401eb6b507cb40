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
    tables, before = [], 0
    for batch in batches:
        table = batch.events.copy()
        table[:, [B_FIRST, B_END, B_REST, B_REST_END]] += before
        tables.append(table)
        before += len(batch.records)
    return Batch(np.concatenate(tables), np.concatenate([batch.records for batch in batches]))
