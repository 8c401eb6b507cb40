"""The kernel with its memory: rows, names and scratch of one partition, grown as they fill."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from streams.engine import slots
from streams.engine.clash import stands
from streams.engine.reasons import COUNT_OUT, FOR_CHANGES, LAST_EVENT, MEMBERS_OUT, REASONS_OUT, Changes, new_changes
from streams.engine.scratch import Scratch, most_states, new_scratch
from streams.engine.step import DONE, OUT_FULL, ROWS_FULL, UNDECIDED, Times, Visit, run
from streams.engine.unused import Unused
from streams.rows.arena import (
    BITS,
    CLOCK,
    EVALUATED,
    KNOWN,
    NEXT_DUE,
    SIZE,
    STATS,
    SWITCHED,
    TAIL,
    Rows,
    more_customers,
    more_records,
    new_rows,
)
from streams.rows.batch import B_AT, B_END, B_ERASE, B_FIRST, B_REST, B_REST_END, B_ROW, B_VERDICT, EVENT_WIDTH, Batch
from streams.rows.layout import NEVER, STALE
from streams.rows.names import Names
from streams.rules.compile import Program, bit_words, refresh_sets

_NO_EVENTS = (Batch(np.zeros((0, EVENT_WIDTH), np.int64), np.zeros((0, 3), np.int64)), np.zeros(0, np.int64))
_NO_TIMES = Times(0, 0, 0, 0)
_RECORDS = 256


class Machine:
    """Folds and judges; every method that can change memberships is a generator of filled ``Changes``, to be read at
    once.

    ``segments[bit]`` names the bits: the program's plain segments, and behind them those that are published though
    their rule is gone, which customers leave when they are judged next.
    """

    def __init__(self, program: Program) -> None:
        self.names = Names()
        self.program = program
        self.segments: list[str] = list(program.names)
        self.rows: Rows = new_rows(bit_words(len(self.segments)))
        self.customers = 0
        self.unused = Unused()

    def bind(self, gone: Sequence[str] = ()) -> None:
        """Take up the program with the dictionary as it is now, as the rules' own names may be new to it."""
        self.segments = [*self.program.names, *gone]
        self._code = self.program.bind(self.names)
        self._sets = len(self.names.sets)
        self._new_scratch(_RECORDS)

    def switch(self, program: Program, now_ms: int, gone: Sequence[str] = ()) -> None:
        """Take up other rules: every row is to be judged under them, at ``now_ms`` or its own latest instant. ``gone``:
        segments without a rule that customers are in who have no row here."""
        bits = self.rows.head[:, BITS:]
        new = list(dict.fromkeys([*program.names, *slots.gone(bits, self.segments, program.names), *gone]))
        if new != self.segments:  # else the bits stay where they are, and a copy of all rows is saved
            head = np.hstack([self.rows.head[:, :BITS], slots.moved(bits, self.segments, new)])
            self.rows = self.rows._replace(head=head)
        self.program = program
        self.bind(new[len(program.names) :])
        self.make_stale(now_ms)

    def make_stale(self, now_ms: int) -> None:
        """Have every known customer judged anew when they are visited next, or before their next event."""
        known = self.rows.head[: self.customers, KNOWN] != NEVER
        self.rows.due[: self.customers][known] = STALE
        self.rows.stat[SWITCHED] = now_ms
        if known.any():
            self.rows.stat[NEXT_DUE] = STALE

    def stale(self) -> int:
        """How many rows are still to be judged under the rules that hold now."""
        return int(np.count_nonzero(self.rows.due[: self.customers] == STALE))

    def add_customers(self, count: int) -> int:
        """Rows for so many new customers; returns the first one's number."""
        first = self.customers
        self.customers += count
        self.rows = more_customers(self.rows, self.customers)
        return first

    def expect(self, records: int) -> None:
        """Take memory for so many records at once, before there are any, so that they are not copied again and again;
        what is not used costs nothing."""
        self.rows = more_records(self.rows, records)

    def fold(self, batch: Batch, times: Times) -> Generator[Changes, None, int]:
        """Fold a batch and judge its customers."""
        self._keep_up_with_names()
        self.unused.note(batch)
        order = np.lexsort((batch.events[:, B_AT], batch.events[:, B_ROW]))
        place, why = 0, OUT_FULL
        while why != DONE:
            place, why = self._run(batch, order, place, times, Visit(0, 0, 0, FOR_CHANGES))
            yield from self._drain()
            if why == ROWS_FULL:
                self._grow_for(batch, int(batch.events[order[place], B_ROW]))
            elif why == UNDECIDED:
                event = int(self._changes.n[LAST_EVENT])
                batch.events[event, B_VERDICT] = 1 if stands(self.rows, batch, event, self.names) else -1
        if batch.events[:, B_ERASE].any():
            self.unused.search(self.names)
        return place

    def visit(
        self, start: int, clock_ms: int, most: int, mode: int = int(FOR_CHANGES)
    ) -> Generator[Changes, None, int]:
        """Judge at most ``most`` customers (NEVER: all) from row ``start`` on, as ``step.Visit`` says; the generator
        returns the row to go on with."""
        if not self.customers:
            return 0
        self._keep_up_with_names()
        place, why = start, OUT_FULL
        while why != DONE:
            before, visit = place, Visit(self.customers, clock_ms, most, mode)
            place, why = self._run(*_NO_EVENTS, place, _NO_TIMES, visit)
            yield from self._drain()
            most -= place - before  # rows with nothing to do count too: the kernel does not tell how many had
            if most <= 0:
                break
            if why == ROWS_FULL:
                self._grow(int(self.rows.head[place, SIZE]))
        return place

    def look_at(self, rows: Rows, head: NDArray[np.int64]) -> None:
        """Take up rows of another machine, to be visited by looking only: its records, and heads with the bits of this
        one's segments. Where the kernel wants more room they are copied, so their end must be known."""
        stat = np.zeros(STATS, np.int64)
        stat[TAIL] = rows.stat[TAIL]
        self.rows = Rows(rows.words, head, np.full(len(head), NEVER, np.int64), stat)
        self.customers = len(head)
        self.fit(int(head[:, SIZE].max(initial=0)))

    def take_names(self) -> list[tuple[bytes, bytes]]:
        """Changelog records of the names that came since the last call, and of those that nobody uses any more."""
        self.unused.step(self.rows, self.customers, self.names)
        return self.names.take_fresh()

    def fresh_names(self) -> int:
        """About how many they are; above 0 while unused names are searched for."""
        return self.names.fresh() + self.unused.searching

    def set_clock(self, kept_ms: int) -> None:
        """After a restore: the newest instant is the one kept, or that at which any customer was judged."""
        judged = self.rows.head[: self.customers, EVALUATED]
        self.rows.stat[CLOCK] = max(int(self.rows.stat[CLOCK]), kept_ms, int(judged.max(initial=0)))

    def clock_ms(self) -> int:
        """The newest instant that events have brought."""
        return int(self.rows.stat[CLOCK])

    def fit(self, largest: int) -> None:
        """Make the scratch large enough for rows of so many records."""
        if largest >= len(self._scratch.entries):
            self._new_scratch(2 * largest)

    def _run(self, batch: Batch, order: NDArray[np.int64], place: int, times: Times, visit: Visit) -> tuple[int, int]:
        return run(self.rows, self._code, self._scratch, batch, order, place, times, visit, self._changes)

    def _drain(self) -> Iterator[Changes]:
        n = self._changes.n
        if n[COUNT_OUT]:
            yield self._changes
            n[COUNT_OUT] = n[MEMBERS_OUT] = n[REASONS_OUT] = 0

    def _grow_for(self, batch: Batch, row: int) -> None:
        """Room for all that the batch has for a row."""
        mine = batch.events[batch.events[:, B_ROW] == row]
        records = mine[:, B_END] - mine[:, B_FIRST] + mine[:, B_REST_END] - mine[:, B_REST]
        self._grow(int(self.rows.head[row, SIZE] + records.sum()))

    def _grow(self, wanted: int) -> None:
        """Room for a row of so many records and what is to be remembered of it, wherever it may move."""
        self.fit(wanted)
        states = most_states(self._code, wanted + 1, len(self._scratch.mark))
        self.rows = more_records(self.rows, 3 * (wanted + states) + 16)

    def _keep_up_with_names(self) -> None:
        if len(self.names.sets) != self._sets:
            self._code, self._sets = refresh_sets(self._code, self.names), len(self.names.sets)
        if len(self.names.shown) >= len(self._scratch.mark):
            self._new_scratch(len(self._scratch.entries))

    def _new_scratch(self, records: int) -> None:
        words = bit_words(len(self.segments))
        self._scratch: Scratch = new_scratch(self._code, words, 2 * len(self.names.shown) + 1024, records)
        self._changes: Changes = new_changes(self._scratch)
