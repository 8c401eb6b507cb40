"""The records of all rows of a partition by group, as flat arrays, and how to join them by a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import COUNTS, OFF, Rows
from streams.rows.layout import AT_SHIFT, DISCOUNT, EMAIL, FLAG_SHIFT, ITEM, KIND_MASK, LINK_BITS, SET_BIT

if TYPE_CHECKING:
    from streams.rows.names import Names

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: an odd number of 64 bits, by which rows are spread over the digests of names
_SPREAD = np.int64(-7046029254386353131)


class Records(NamedTuple):
    """Records of one group, in order of row, instant and id: the row of each and its words."""

    row: Ints
    words: Ints

    @property
    def at(self) -> Ints:
        """Their instants."""
        return self.words[:, 0] >> AT_SHIFT

    @property
    def flags(self) -> Ints:
        """Their flags, above them the bits of the instant."""
        return self.words[:, 0] >> FLAG_SHIFT

    @property
    def is_line(self) -> Bools:
        """Which are lines of the event before them."""
        kind = self.words[:, 0] & KIND_MASK
        found: Bools = (kind == ITEM) | (kind == DISCOUNT)
        return found

    @property
    def joint(self) -> Ints:
        """Row and digest of a name (word 3, of an e-mail without its link) as one number, which no two pairs are
        expected to share."""
        mail = self.words[:, 0] & KIND_MASK == EMAIL
        name: Ints = np.where(mail, self.words[:, 3] >> LINK_BITS, self.words[:, 3])
        return name ^ (self.row * _SPREAD)

    def where(self, which: Bools) -> Records:
        """Some of them."""
        return Records(self.row[which], self.words[which])


def records_of(rows: Rows, customers: int, group: int) -> Records:
    """The records of a group of the first so many rows."""
    head = rows.head[:customers]
    counts = head[:, COUNTS + group]
    starts = head[:, OFF] + head[:, COUNTS : COUNTS + group].sum(axis=1)
    row = np.repeat(np.arange(customers), counts)
    places = np.arange(len(row)) + np.repeat(starts - (np.cumsum(counts) - counts), counts)
    return Records(row, rows.words[places])


def expanded(numbers: Ints, names: Names) -> tuple[Ints, Ints]:
    """Numbers of names, or of sets of names, as pairs: the place of each, and one name's number. 0 gives no pair."""
    plain = np.flatnonzero((numbers != 0) & (numbers & SET_BIT == 0))
    places, found = [plain], [numbers[plain]]
    for place in np.flatnonzero(numbers & SET_BIT).tolist():
        members = names.members(int(numbers[place]))
        places.append(np.full(len(members), place))
        found.append(np.array(members, np.int64))
    return np.concatenate(places), np.concatenate(found)


def grouped(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """Equal keys as groups in order of their first place: the group of each, and the first and last place of each
    group."""
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    group = rank[inverse]
    last = np.zeros(len(order), np.int64)
    last[group] = np.arange(len(keys))  # of several writes the last stays
    return group, first[order], last
