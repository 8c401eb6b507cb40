"""One input partition as long as this worker holds it: its state, its transactions, and what is on the way."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Protocol, TypeVar

from streams.engine.api import Checkpoint, Record
from streams.engine.counts import Counts
from streams.engine.figures import Figures
from streams.rules.compile import Program
from streams.worker.ledger import Ledger
from streams.worker.memory import give_back
from streams.worker.slices import Slices
from streams.worker.written import Written

T = TypeVar("T")

#: Dirty records from which a checkpoint does not wait for its time.
MANY_RECORDS = 50_000
#: With so many records still to be read of a topic that takes seconds, and nobody is served by a checkpoint now: each
#: waits so many times as long and for so many times as much, and a row that changes again is written once. On the
#: benchmark's backlog rows an event fell from 0.8 to 0.5, and CPU an event by an eighth.
FAR_BEHIND = 50_000
PATIENCE = 4
#: Dirty records from which reading waits for the checkpoint under way.
TOO_MANY_RECORDS = 200_000
#: Rows of so many bytes are written no faster than this altogether: a customer with 20,000 facts, of whom every event
#: writes all again, would take the machine from all others.
LARGE_BYTES, LARGE_BYTES_PER_SECOND = 64 << 10, 8 << 20
#: What a checkpoint should take while rows are judged of themselves. What live events bring waits for the one under way
#: and is written with the next, so it is late by two of these.
CHECKPOINT_SECONDS = 0.1
FEWEST_RECORDS, MOST_RECORDS = 500, 20_000


class PartitionState(Protocol):
    """What the worker needs of ``streams.engine.partition.Partition``, which see."""

    positions: dict[str, int]

    @property
    def program(self) -> Program: ...

    def switch(self, program: Program, now_ms: int) -> None: ...

    def stale(self) -> int: ...

    def sizes(self) -> dict[str, int]: ...

    def counted(self) -> Counts: ...

    def figures(self, now_ms: int) -> Figures: ...

    def begin(self) -> int: ...

    def restore(self, records: Sequence[Record]) -> None: ...

    def open(self, now_ms: int) -> None: ...

    def fold(self, topic: str, records: Sequence[Record], now_ms: int) -> None: ...

    def advance(self, now_ms: int, most: int = ...) -> bool: ...

    def next_boundary(self) -> int | None: ...

    def dirty(self) -> int: ...

    def take(self) -> Checkpoint: ...

    def keep(self, checkpoint: Checkpoint, changelog_next: int) -> None: ...

    def kept(self) -> None: ...

    def touch(self) -> None: ...

    def close(self) -> None: ...

    def customers(self) -> int: ...


#: Makes the state of a partition from its number, the number of partitions, and the rules.
MakePartition = Callable[[int, int, Program], PartitionState]


class Holding:
    """A partition that was assigned to this worker; dropped whole when it is lost.

    Only the event loop's thread touches ``state``: a checkpoint is taken there, as bytes, and written by a thread.
    """

    def __init__(
        self, number: int, state: PartitionState, ledger: Ledger, executor: Executor, written: Written
    ) -> None:
        self.number = number
        self.state = state
        self.ready = False  # restored from the changelog to its end, and its inputs sought to where that left off
        self.changelog_next = 0  # where the changelog ended after the last record that this state knows
        self.behind: dict[str, int] = {}  # by input topic: how many records are still to be read
        self._ledger = ledger
        self._executor = executor
        self._opened = self._in_thread(self._open)
        self._writing: asyncio.Task[None] | None = None
        self._written_at = time.monotonic()
        self._began_at = 0.0  # when the checkpoint under way was begun
        self._rests_until = 0.0  # for the large rows of the last checkpoint
        self._noted = written
        self._sizes = Slices(CHECKPOINT_SECONDS, FEWEST_RECORDS, MOST_RECORDS, FEWEST_RECORDS)

    async def opened(self) -> None:
        """Returns once older owners are fenced and what is kept on this machine is found; raises MicrosegError."""
        self.changelog_next = max(self.changelog_next, await asyncio.shield(self._opened))

    def close(self) -> None:
        """Ends the producer, in a thread since it waits for its connections."""
        if self._writing is None:
            self._executor.submit(self._close)
        else:
            self._writing.add_done_callback(lambda _: self._executor.submit(self._close))

    def open_state(self, now_ms: int) -> None:
        """Makes the rows of what was restored, which blocks for a while; raises ValueError where it makes no sense."""
        self.state.open(now_ms)
        give_back()

    def renew(self, state: PartitionState) -> None:
        """Starts over with an empty state; the transactions go on."""
        self.state = state
        self.changelog_next = 0
        self.behind.clear()
        before, self._opened = self._opened, self._in_thread(state.begin)
        before.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody else asks for it

    def knows(self, changelog_end: int) -> bool:
        """Whether nobody else wrote to the changelog; the marker of the own last commit may be there or not yet."""
        return 0 <= changelog_end - self.changelog_next <= 1

    def position(self, topic: str) -> int:
        """The next offset to read of an input topic."""
        return self.state.positions.get(topic, 0)

    def due(self, every_s: float) -> bool:
        """Whether a checkpoint should be written now: all is read, or it was long ago, or there is much."""
        if self._writing is not None or not self.ready:
            return False
        dirty = self.state.dirty()
        if not dirty:
            return False
        if self.rests_s() > 0 and dirty < MANY_RECORDS:
            return False
        behind = max(self.behind.values(), default=0)
        times = PATIENCE if behind >= FAR_BEHIND else 1
        return not behind or dirty >= times * MANY_RECORDS or time.monotonic() - self._written_at >= times * every_s

    def rests_s(self) -> float:
        """For how many seconds the next checkpoint waits, as the last one had large rows."""
        return max(0.0, self._rests_until - time.monotonic())

    def settled(self) -> bool:
        """Whether everything that was read is in a committed checkpoint."""
        return self.ready and self._writing is None and not self.state.dirty()

    def start_checkpoint(self, done: Callable[[asyncio.Task[None]], None]) -> None:
        """Takes what is dirty and starts to write it; ``done`` is called with the task once it ended, well or not."""
        dirty = self.state.dirty()
        checkpoint = self.state.take()
        self._rests_until = time.monotonic() + _large_bytes(checkpoint) / LARGE_BYTES_PER_SECOND
        self._writing = asyncio.create_task(self._write(checkpoint, dirty))
        self._writing.add_done_callback(self._finished)
        self._writing.add_done_callback(done)

    async def written(self) -> None:
        """Waits for the checkpoint under way, if any; its error is for ``done`` of ``start_checkpoint``."""
        if self._writing is not None:
            await asyncio.wait([self._writing])

    def writing_s(self) -> float:
        """For how long a checkpoint has been under way; 0: none is."""
        return time.monotonic() - self._began_at if self._writing is not None else 0.0

    def crowded(self) -> bool:
        """Whether the checkpoint under way should be written before more rows are judged."""
        return self._writing is not None and self.state.dirty() >= self._sizes.most

    async def room(self) -> None:
        """Waits while there is too much that no checkpoint has yet."""
        if self._writing is not None and self.state.dirty() >= TOO_MANY_RECORDS:
            await self.written()

    async def _write(self, checkpoint: Checkpoint, dirty: int) -> None:
        self._began_at = time.monotonic()
        try:
            self.changelog_next = await self._in_thread(self._commit, self.state, checkpoint)
            self.state.kept()
        except BaseException:
            self.ready = False  # what was taken may be lost: nothing that builds on it may be written
            raise
        took_s = time.monotonic() - self._began_at
        self._noted.take(self.number, took_s, checkpoint)
        if dirty >= self._sizes.most or took_s > CHECKPOINT_SECONDS:  # else it does not tell of larger ones
            self._sizes.took(took_s)

    def _in_thread(self, work: Callable[..., T], *args: object) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._executor, work, *args)

    def _open(self) -> int:
        self._ledger.open()
        return self.state.begin()

    def _commit(self, state: PartitionState, checkpoint: Checkpoint) -> int:
        """Where the changelog ends then. What is kept on this machine comes second: what it misses is read again."""
        written = self._ledger.write(checkpoint) if checkpoint.transaction() else None
        changelog_next = self.changelog_next if written is None else written
        state.keep(checkpoint, changelog_next)
        return changelog_next

    def _close(self) -> None:
        self._ledger.close()
        self.state.close()

    def _finished(self, _: asyncio.Task[None]) -> None:
        self._writing = None
        self._written_at = time.monotonic()


def _large_bytes(checkpoint: Checkpoint) -> int:
    """How many bytes of a checkpoint are in large rows."""
    return sum(len(value) for _, value in checkpoint.rows if value is not None and len(value) >= LARGE_BYTES)
