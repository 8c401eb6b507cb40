"""Where chunks come in and checkpoints go out: all partitions that this worker holds, behind one gate.

The gate is open for one generation of the consumer group at a time. A chunk counts only if it belongs to that
generation, its partition was restored, and it was fetched after the last seek and begins where the partition's state
ends; if it begins later, something between fetch and here dropped records, and the consumer goes back to where the
state ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from operator import attrgetter

from faust.types import TP

from streams.engine.api import Record
from streams.engine.counts import Counts
from streams.rules.compile import Program
from streams.settings import Settings
from streams.worker.clock import Clock
from streams.worker.errors import WorkerError
from streams.worker.holding import Holding, MakePartition
from streams.worker.ledger import Ledger
from streams.worker.logs import note
from streams.worker.slices import Slices
from streams.worker.topics import TopicNames
from streams.worker.transport import Chunk, ChunkConsumer, Run
from streams.worker.written import Written

Fail = Callable[[BaseException], None]
OFFSET = attrgetter("offset")


class Desk:
    """The holdings of one worker."""

    def __init__(
        self,
        settings: Settings,
        names: TopicNames,
        partitions: int,
        make_partition: MakePartition,
        program: Program,
        clock: Clock,
        fail: Fail,
    ) -> None:
        self.names = names
        self.partitions = partitions
        self.events = 0  # records folded by this process
        self.awake = asyncio.Event()  # set when there is something to do before the next timer
        self.asleep_until_ms = 0  # boundaries from then on need not wake the pulse
        self.gate: int | None = None
        self.clock = clock
        self.program = program
        self._settings = settings
        self._make_partition = make_partition
        self._fail = fail
        self._every_s = settings.checkpoint_every_ms / 1000
        self._by_events = settings.clock == "event"
        self._slices = Slices()
        self.written = Written()
        self._past, self._past_dropped = Counts(), 0  # of partitions that are no longer here
        self._held_up = False  # rows wait for a checkpoint to be written before more of them are judged
        self._held: dict[int, Holding] = {}
        # A thread a partition, so that no partition's transaction waits for another's.
        self._executor = ThreadPoolExecutor(min(64, partitions + 2), "ledger")

    def __iter__(self) -> Iterator[Holding]:
        return iter(list(self._held.values()))

    # -- what is held

    def hold(self, numbers: Iterable[int]) -> None:
        """From now on exactly these partitions are held; those that were not restored to the end start over."""
        numbers = set(numbers)
        for lost in self._held.keys() - numbers:
            self._close(self._held.pop(lost))
        for holding in self:
            if not holding.ready:
                self._keep_counts(holding)
                holding.renew(self._make_partition(holding.number, self.partitions, self.program))
        for number in sorted(numbers - self._held.keys()):
            self._hold_anew(number)

    def _hold_anew(self, number: int) -> None:
        ledger = Ledger(self._settings, self.names, number)
        state = self._make_partition(number, self.partitions, self.program)
        self._held[number] = Holding(number, state, ledger, self._executor, self.written)

    def _close(self, holding: Holding) -> None:
        self._keep_counts(holding)
        holding.close()

    def _keep_counts(self, holding: Holding) -> None:
        self._past.add(holding.state.counted())
        self._past_dropped += holding.state.figures(0).dropped

    def counted(self) -> tuple[Counts, int]:
        """What this process has done, with partitions that were here and are not any more, and how many facts were
        dropped over ``max_facts``."""
        whole, dropped = Counts(), self._past_dropped
        whole.add(self._past)
        for holding in self:
            whole.add(holding.state.counted())
            dropped += holding.state.figures(0).dropped
        return whole, dropped

    def replace_stale(self, changelog_ends: dict[int, int]) -> bool:
        """Starts over with the partitions whose changelog somebody else wrote; True if there were any."""
        stale = [one.number for one in self if one.ready and not one.knows(changelog_ends[one.number])]
        for number in stale:
            self._close(self._held[number])
            self._hold_anew(number)
        return bool(stale)

    async def fenced(self) -> None:
        """Returns once no older owner of a held partition can write any more; raises WorkerError."""
        await asyncio.gather(*(holding.opened() for holding in self))

    def restore(self, tp: TP, run: Run, consumer: ChunkConsumer) -> None:
        """Takes a run of changelog records, if it is the one that comes next."""
        holding = self._held.get(tp.partition)
        if (
            holding is None
            or holding.ready
            or run.epoch != consumer.mark(tp).epoch
            or run.begin > holding.changelog_next
        ):
            return
        try:
            holding.state.restore([one for one in run.records if one.offset >= holding.changelog_next])
        except ValueError as error:
            self._fail(_senseless(holding, error))
            return
        holding.changelog_next = run.records[-1].offset + 1

    async def restored(self, changelog_ends: dict[int, int]) -> None:
        """The changelogs are read up to these ends; raises WorkerError where what they hold makes no sense."""
        fresh = [holding for holding in self if not holding.ready]
        for holding in fresh:  # one after the other: each needs as much again while it opens
            await self._finish(holding, changelog_ends[holding.number])

    async def _finish(self, holding: Holding, changelog_end: int) -> None:
        """Opens a restored state in a thread: it may take a while, and the web server should answer meanwhile."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._executor, holding.open_state, self.clock.now_ms())
        except ValueError as error:
            raise _senseless(holding, error) from error
        holding.changelog_next = changelog_end

    # -- the rules

    def switch(self, program: Program) -> None:
        """From now on these are the rules; the rows are judged anew by their next event or in slices."""
        self.program = program
        self._slices = Slices()
        self.follow_rules(holding for holding in self if holding.ready)
        self.awake.set()

    def follow_rules(self, holdings: Iterable[Holding]) -> None:
        """Brings partitions that no thread touches to the rules of now, which may have changed while they opened."""
        for holding in holdings:
            if holding.state.program.digest != self.program.digest:
                holding.state.switch(self.program, self.clock.now_ms())

    def stale(self) -> int:
        """Rows that are still to be judged under the rules of now."""
        return sum(holding.state.stale() for holding in self if holding.ready)

    # -- the gate

    def open_gate(self, generation: int) -> None:
        """From now on chunks of this generation are taken, for each partition as soon as it is ready."""
        self.gate = generation
        self.awake.set()

    @property
    def open(self) -> bool:
        """Whether all held partitions are at work."""
        return self.gate is not None and all(holding.ready for holding in self)

    def close_gate(self) -> None:
        """No chunk is taken any more, no boundary fired."""
        self.gate = None

    async def take(self, chunk: Chunk, consumer: ChunkConsumer) -> None:
        """Folds a fetched chunk into its partition, or has it fetched again if something before it is missing."""
        holding = self._held.get(chunk.partition)
        if holding is None or not holding.ready or self.gate is None or chunk.generation_id != self.gate:
            return
        run = chunk.value
        if run.epoch != consumer.mark(chunk.tp).epoch:
            return  # fetched before the last seek
        position = holding.position(chunk.topic)
        if run.begin > position:
            await self.seek_back(consumer, chunk.tp, position, run.begin)
            return
        known = bisect_left(run.records, position, key=OFFSET)
        self._fold(holding, chunk.topic, run.records[known:] if known else run.records)
        holding.behind[chunk.topic] = run.left
        self.settle(holding)
        await holding.room()

    def _fold(self, holding: Holding, topic: str, records: Sequence[Record]) -> None:
        if records:
            holding.state.fold(topic, records, self.clock.now_ms())
            self.events += len(records) if topic != self.names.identity else 0
            # By the wall clock only time makes boundaries pass, and the pulse is there for it: what the chunk brought
            # must not wait for that.
            if (self._by_events and self.advance(holding)) or self._sooner(holding):
                self.awake.set()

    def advance(self, holding: Holding) -> bool:
        """Judges a slice of the rows whose boundary has passed or whose rules changed; True: more can be done now."""
        if holding.crowded():
            self._held_up = True
            return False
        started = time.perf_counter()
        more = holding.state.advance(self.clock.now_ms(), self._slices.most)
        if more:  # else the slice was not a full one
            self._slices.took(time.perf_counter() - started)
        return more

    def _sooner(self, holding: Holding) -> bool:
        boundary = holding.state.next_boundary()
        return boundary is not None and boundary < self.asleep_until_ms

    async def seek_back(self, consumer: ChunkConsumer, tp: TP, position: int, got: int) -> None:
        """Reads a partition again from where its state ends."""
        text = "%s %d: expected offset %d, got %d; reading again from there"
        more = {"topic": tp.topic, "partition": tp.partition, "offset": position}
        note("read again", text, tp.topic, tp.partition, position, got, level=logging.WARNING, more=more)
        await consumer.seek_wait({tp: position})

    async def reached(self, consumer: ChunkConsumer, holding: Holding, topic: str) -> int:
        """The offset up to which a topic is read: past the state's position where only transactions' markers follow."""
        tp = TP(topic, holding.number)
        before = consumer.mark(tp)
        passed = await consumer.position(tp) or 0
        mark, position = consumer.mark(tp), holding.position(topic)
        # A fetch or a seek in between would make the consumer's position mean something else.
        return max(passed, position) if mark == before and mark.next_offset <= position else position

    async def hint(self, consumer: ChunkConsumer) -> None:
        """Tells the consumer group what is read and written, for lag monitors; nothing else depends on it."""
        settled = [holding for holding in self if holding.settled()]
        for holding in settled:
            holding.state.touch()
        read = {
            TP(topic, holding.number): await self.reached(consumer, holding, topic)
            for holding in settled
            for topic in self.names.inputs
        }
        await consumer.hint(read)

    # -- checkpoints

    def settle(self, holding: Holding) -> None:
        """Starts a checkpoint of the partition if one is due."""
        if self.gate is not None and holding.due(self._every_s):
            holding.start_checkpoint(self._checkpointed(holding))

    async def checkpoint_all(self) -> None:
        """Writes everything that is dirty and returns when it is committed."""
        await asyncio.gather(*(self._checkpoint(holding) for holding in self))

    async def _checkpoint(self, holding: Holding) -> None:
        await holding.written()
        if holding.ready and holding.state.dirty():
            holding.start_checkpoint(self._checkpointed(holding))
            await holding.written()

    def _checkpointed(self, holding: Holding) -> Callable[[asyncio.Task[None]], None]:
        def done(task: asyncio.Task[None]) -> None:
            if task.cancelled():
                return
            if error := task.exception():
                self.close_gate()
                self._fail(error)
                return
            self.settle(holding)
            if rests_s := holding.rests_s():
                asyncio.get_running_loop().call_later(rests_s, self.settle, holding)
            if self._held_up:
                self._held_up = False
                self.awake.set()

        return done


def _senseless(holding: Holding, error: ValueError) -> WorkerError:
    return WorkerError(f"the changelog of partition {holding.number} makes no sense: {error}")
