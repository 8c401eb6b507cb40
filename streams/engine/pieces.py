"""A partition's customers piece by piece, to be read only: while that takes its time, the partition may go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from streams.engine.entries import ROW, after, end_of, entry_of
from streams.engine.lay import apart
from streams.rows.arena import Rows

if TYPE_CHECKING:
    from streams.engine.cold_partition import ColdPartition
    from streams.engine.partition import Partition


class Piece(NamedTuple):
    """Some rows, and whose they are; not all of them need be anybody's."""

    rows: Rows
    users: Sequence[str]


class Pieces:
    """All customers of a partition in memory; those who come meanwhile too."""

    def __init__(self, partition: Partition) -> None:
        self._machine, self._users = partition.machine, partition.publisher
        self._next = 0

    def next(self, most: int) -> list[Piece]:
        """Those of at most so many customers more; empty: these were all."""
        rows, start = self._machine.rows, self._next
        self._next = end = min(self._machine.customers, start + most)
        if start >= end:
            return []
        return [Piece(rows._replace(head=rows.head[start:end], due=rows.due[start:end]), self._users.users[start:end])]


class ColdPieces:
    """All customers of a partition with a local store: in the order of the store, warm ones as they are in memory.

    Those who come meanwhile are among them or not; nobody is twice.
    """

    def __init__(self, partition: ColdPartition) -> None:
        self._partition = partition
        self._new: frozenset[str] | None = None  # those who were not stored at the beginning
        self._place: bytes | None = ROW

    def next(self, most: int) -> list[Piece]:
        """Those of at most so many customers more; empty: these were all."""
        if self._new is None:
            self._new = frozenset(self._partition.unstored())
            if self._new:
                return [self._warm(list(self._new))]
        while self._place is not None:
            found = self._partition.store.scan(self._place, end_of(ROW), most)
            self._place = after(found[-1][0]) if len(found) == most else None
            if pieces := self._pieces([value for _, value in found]):
                return pieces
        return []

    def _pieces(self, values: list[bytes]) -> list[Piece]:
        row_of, new = self._partition.warm, self._new or frozenset()
        entries = {one.user.decode(): one.row for one in map(entry_of, values) if not self._partition.leaving(one.user)}
        cold = {user: row for user, row in entries.items() if user not in row_of and user not in new}
        warm = [user for user in entries if user in row_of and user not in new]
        pieces = [self._warm(warm)] if warm else []
        if cold:
            pieces.append(Piece(apart(self._partition.machine, list(cold), list(cold.values())), list(cold)))
        return pieces

    def _warm(self, users: list[str]) -> Piece:
        rows = self._partition.machine.rows
        which = np.array([self._partition.warm[user] for user in users], np.int64)
        return Piece(rows._replace(head=rows.head[which], due=rows.due[which]), users)
