"""Frees the names that no fact uses any more: what an erased customer alone had must not stay in the dictionary.

Which names these are is found by looking at all rows, some at each checkpoint. What comes meanwhile is looked at on its
way, so that a name that is used again stays.
"""

from __future__ import annotations

import numpy as np

from streams.rows.arena import Rows
from streams.rows.batch import Batch
from streams.rows.names import Names
from streams.rows.used import Unseen, see_batch, see_rows

#: rows that are looked at for one checkpoint: those of customers with 50 facts take about 5 ms
ROWS_AT_ONCE = 10_000


class Unused:
    """One search after the other. ``enabled``: whether rows are all in memory, without which there is none."""

    def __init__(self) -> None:
        self.enabled = True
        self._unseen: Unseen | None = None
        self._row = 0
        self._again = False

    @property
    def searching(self) -> bool:
        """Whether a search is under way."""
        return self._unseen is not None

    def search(self, names: Names) -> None:
        """Something was forgotten: look which names nobody has now. Where a search is under way, another follows."""
        if self._unseen is not None:
            self._again = True
        elif self.enabled:
            size, sets = np.ones(len(names.shown), np.uint8), np.ones(len(names.sets), np.uint8)
            self._unseen, self._row, self._again = Unseen(size, sets, *names.set_table()), 0, False

    def note(self, batch: Batch) -> None:
        """Events are about to be put into rows."""
        if self._unseen is not None:
            see_batch(batch, self._unseen)

    def step(self, rows: Rows, customers: int, names: Names) -> None:
        """Go on for a checkpoint, and at the end free what was not met."""
        if self._unseen is None:
            return
        end = min(customers, self._row + ROWS_AT_ONCE)
        see_rows(rows, self._row, end, self._unseen)
        self._row = end
        if end < customers:
            return
        found, self._unseen = self._unseen, None
        names.free(np.flatnonzero(found.names).tolist(), np.flatnonzero(found.sets).tolist())
        if self._again:
            self.search(names)
