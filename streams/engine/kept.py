"""What the local store has of the rows that are in memory, so that it is known what differs and what may leave."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import DIRTY, KNOWN, Rows
from streams.rows.layout import NEVER, STALE

#: the generation of a row that is not stored
UNSTORED = -1


class Kept:
    """By row: the boundary and the generation as stored, and when it was last asked for, as a running number."""

    def __init__(self) -> None:
        self.due = np.zeros(0, np.int64)
        self.generation = np.zeros(0, np.int64)
        self._used = np.zeros(0, np.int64)
        self._now = 0

    def grow(self, rows: int) -> None:
        """Room for so many rows."""
        more = rows - len(self.due)
        if more > 0:
            more += len(self.due) // 2
            self.due = np.concatenate([self.due, np.full(more, NEVER, np.int64)])
            self.generation = np.concatenate([self.generation, np.full(more, UNSTORED, np.int64)])
            self._used = np.concatenate([self._used, np.zeros(more, np.int64)])

    def use(self, which: NDArray[np.int64]) -> None:
        """These rows are asked for."""
        self._now += 1
        self._used[which] = self._now

    def store(self, which: NDArray[np.int64], due: Any, generation: Any) -> None:
        """These rows are stored so."""
        self.due[which], self.generation[which] = due, generation

    def drop(self, which: NDArray[np.int64]) -> None:
        """These rows are somebody else's from now on."""
        self.due[which], self.generation[which] = NEVER, UNSTORED

    def unsaved(self, rows: Rows, customers: int, generation: int) -> NDArray[np.bool_]:
        """Which rows were judged since they were stored: that is not to be done again. A row that is still to be judged
        is stored as such anyway, as its generation is not that of now."""
        due = rows.due[:customers]
        differs = (due != self.due[:customers]) | (self.generation[:customers] != generation)
        differs &= (due != STALE) & (rows.head[:customers, KNOWN] != NEVER)
        return differs

    def least_used(self, rows: Rows, customers: int, generation: int, most: int) -> NDArray[np.int64]:
        """At most so many rows that may leave as the store has them, those first that were not asked for the
        longest."""
        free = ~self.unsaved(rows, customers, generation)
        free &= (rows.head[:customers, DIRTY] == 0) & (rows.due[:customers] != STALE)
        free &= self.generation[:customers] != UNSTORED
        which = np.flatnonzero(free)
        if len(which) > most:
            which = which[np.argpartition(self._used[which], most)[:most]]
        return which
