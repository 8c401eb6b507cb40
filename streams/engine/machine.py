"""The kernel with its memory: rows, names and scratch of one partition, grown as they fill."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import numpy as np
from numpy.typing import NDArray

from streams.engine.clash import stands
from streams.engine.scratch import Scratch, new_scratch
from streams.engine.step import (
    COUNT_OUT,
    LAST_EVENT,
    OUT_FULL,
    ROWS_FULL,
    UNDECIDED,
    Changes,
    Times,
    Visit,
    new_changes,
    run,
)
from streams.rows.arena import CLOCK, EVALUATED, SIZE, Rows, more_customers, more_records, new_rows
from streams.rows.batch import B_AT, B_END, B_FIRST, B_REST, B_REST_END, B_ROW, B_VERDICT, EVENT_WIDTH, Batch
from streams.rows.names import Names
from streams.rules.compile import Program, refresh_sets

_NO_EVENTS = (Batch(np.zeros((0, EVENT_WIDTH), np.int64), np.zeros((0, 3), np.int64)), np.zeros(0, np.int64))


class Machine:
    """Folds and judges; every method that can change memberships is a generator of filled ``Changes``, to be read at
    once."""

    def __init__(self, program: Program) -> None:
        self.names = Names()
        self.rows: Rows = new_rows(program.bit_words)
        self.customers = 0
        self._bit_words = program.bit_words
        self._program = program

    def bind(self) -> None:
        """Take up the dictionary as it is now: after a restore, as the rules' own names may be new to it."""
        self._code = self._program.bind(self.names)
        self._sets = len(self.names.sets)
        self._scratch: Scratch = self._new_scratch(256)
        self._changes: Changes = new_changes(self._code, self._bit_words)

    def add_customers(self, count: int) -> int:
        """Rows for so many new customers; returns the first one's number."""
        first = self.customers
        self.customers += count
        self.rows = more_customers(self.rows, self.customers)
        return first

    def fold(self, batch: Batch, times: Times) -> Generator[Changes, None, int]:
        """Fold a batch and judge its customers."""
        self._keep_up_with_names()
        order = np.lexsort((batch.events[:, B_AT], batch.events[:, B_ROW]))
        place, why = 0, OUT_FULL
        while why:
            place, why = self._run(batch, order, place, times, Visit(0, 0, 0, 0))
            yield from self._drain()
            if why == ROWS_FULL:
                self._grow(batch, int(batch.events[order[place], B_ROW]))
            elif why == UNDECIDED:
                event = int(self._changes.n[LAST_EVENT])
                batch.events[event, B_VERDICT] = 1 if stands(self.rows, batch, event, self.names) else -1
        return place

    def visit(self, start: int, clock_ms: int, most: int, *, anew: bool = False) -> Generator[Changes, None, int]:
        """Judge at most ``most`` customers from row ``start`` on at their boundaries up to an instant, or all of them
        ``anew``
        under changed rules; the generator returns the row to go on with."""
        if not self.customers:
            return 0
        place, _ = self._run(*_NO_EVENTS, start, Times(0, 0, 0, 0), Visit(self.customers, clock_ms, most, int(anew)))
        yield from self._drain()
        return place

    def set_clock(self) -> None:
        """After a restore the newest instant is that at which any customer was judged."""
        judged = self.rows.head[: self.customers, EVALUATED]
        self.rows.stat[CLOCK] = max(int(self.rows.stat[CLOCK]), int(judged.max(initial=0)))

    def clock_ms(self) -> int:
        """The newest instant that events have brought."""
        return int(self.rows.stat[CLOCK])

    def fit(self, largest: int) -> None:
        """Make the scratch large enough for rows of so many records."""
        if largest >= len(self._scratch.entries):
            self._scratch = self._new_scratch(2 * largest)

    def _run(self, batch: Batch, order: NDArray[np.int64], place: int, times: Times, visit: Visit) -> tuple[int, int]:
        return run(self.rows, self._code, self._scratch, batch, order, place, times, visit, self._changes)

    def _drain(self) -> Iterator[Changes]:
        if self._changes.n[COUNT_OUT]:
            yield self._changes
            self._changes.n[COUNT_OUT] = 0

    def _grow(self, batch: Batch, row: int) -> None:
        mine = batch.events[batch.events[:, B_ROW] == row]
        records = mine[:, B_END] - mine[:, B_FIRST] + mine[:, B_REST_END] - mine[:, B_REST]
        wanted = int(self.rows.head[row, SIZE] + records.sum())
        self.fit(wanted)
        self.rows = more_records(self.rows, 2 * wanted + 8)

    def _keep_up_with_names(self) -> None:
        if len(self.names.sets) != self._sets:
            self._code, self._sets = refresh_sets(self._code, self.names), len(self.names.sets)
        if len(self.names.shown) >= len(self._scratch.mark):
            self._scratch = self._new_scratch(len(self._scratch.entries))

    def _new_scratch(self, records: int) -> Scratch:
        return new_scratch(self._code, self._bit_words, 2 * len(self.names.shown) + 1024, records)
