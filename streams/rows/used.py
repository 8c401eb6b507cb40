"""Which names of a dictionary the facts of rows still use. Compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import OFF, SIZE, Rows
from streams.rows.batch import B_END, B_FIRST, R_META, R_WORD3, R_WORD4, Batch
from streams.rows.compiled import compiled, entry
from streams.rows.layout import CART, EMAIL, ITEM, KIND_MASK, NAME_MASK, PROFILE, SET_BIT, STATE, VIEW


class Unseen(NamedTuple):
    """What was not met yet: 1 by a name's number, and by a set's; and the sets' members (``Names.set_table``)."""

    names: NDArray[np.uint8]
    sets: NDArray[np.uint8]
    set_ends: NDArray[np.int64]
    set_members: NDArray[np.int64]


@compiled
def see(unseen: Unseen, name: int) -> None:
    """A name or a set is in use; what is newer than the search is none of those looked for."""
    if name & SET_BIT:
        which = name ^ SET_BIT
        if which < unseen.sets.shape[0] and unseen.sets[which] != 0:
            unseen.sets[which] = 0
            for i in range(unseen.set_ends[which], unseen.set_ends[which + 1]):
                unseen.names[unseen.set_members[i]] = 0
    elif name < unseen.names.shape[0]:
        unseen.names[name] = 0


@compiled
def see_record(unseen: Unseen, kind: int, word1: int, word3: int, word4: int) -> None:
    """The names of a record are in use."""
    if kind in (VIEW, CART, ITEM, PROFILE):
        word = word3
    elif kind == EMAIL:
        word = word4
    elif kind == STATE:
        word = word1
    else:
        return
    see(unseen, word >> 32)
    see(unseen, word & NAME_MASK)


@entry
def see_rows(rows: Rows, first: int, end: int, unseen: Unseen) -> None:
    """What the rows first:end use."""
    for r in range(first, end):
        start = rows.head[r, OFF]
        for i in range(start, start + rows.head[r, SIZE]):
            see_record(unseen, rows.words[i, 0] & KIND_MASK, rows.words[i, 1], rows.words[i, 3], rows.words[i, 4])


@entry
def see_batch(batch: Batch, unseen: Unseen) -> None:
    """What the events of a batch use, which may go into rows that were looked at already."""
    for e in range(batch.events.shape[0]):
        for k in range(batch.events[e, B_FIRST], batch.events[e, B_END]):
            kind = batch.records[k, R_META] & KIND_MASK
            see_record(unseen, kind, 0, batch.records[k, R_WORD3], batch.records[k, R_WORD4])
