"""Faust's transport with one change: an agent gets one event per fetched run of records, not one per record.

The stock path costs about 150 microseconds an event, this one that much a run. It touches private names of Faust and
aiokafka, hence their exact versions in pyproject.toml; ``tests/worker/test_private_names.py`` tells when they change.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import ConsumerStoppedError, IllegalStateError, KafkaError
from faust import App
from faust.events import Event
from faust.topics import Topic
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, EventT, Message

from streams.engine.api import Record

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

#: How long a fetch waits for records before the consumer looks around, in seconds.
POLL_SECONDS = 0.2
#: How long the consumer sleeps when it may read no partition at all, in seconds.
NAP_SECONDS = 0.02
#: How long the broker holds an empty fetch; a seek takes effect only after the fetch under way.
FETCH_WAIT_MS = 100
#: Records of one run at most; a run is folded without a pause for anything else.
RUN_RECORDS = 4_000


class Run(NamedTuple):
    """Records of one topic-partition that were fetched together.

    ``begin`` is the offset from which they were asked for, lower than the first record's where offsets are taken by
    transaction markers or were compacted away; ``left``: how many the partition had behind them at that time; ``epoch``
    is the number of the last seek before the fetch.
    """

    records: list[Record]
    begin: int
    left: int
    epoch: int


class Mark(NamedTuple):
    """How far a topic-partition was handed on: the next offset, and the number of the last seek."""

    next_offset: int
    epoch: int


class Fetched(NamedTuple):
    """The next offset to fetch of a topic-partition, and where it ended when it was last fetched, open transactions
    aside."""

    position: int
    end: int


NOWHERE = Mark(0, 0)


class Chunk(ConsumerMessage):
    """A Faust message whose value is a Run."""

    value: Run  # type: ignore[assignment]
    tp: TP


class ChunkTopic(Topic):
    """A channel whose events hold a Run as it is, with nothing decoded."""

    def _compile_decode(self) -> None:
        async def decode(message: Message, *, propagate: bool = False) -> EventT[Any]:
            return Event(self.app, None, message.value, None, message)

        self.decode = decode  # type: ignore[method-assign]


class BareRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """The records of a fetch as the batch has them: a ``ConsumerRecord`` of each would take longer than reading it."""

    def _consumer_record(self, tp: TopicPartition, record: Record) -> Record:
        return record


fetcher.PartitionRecords = BareRecords


class ChunkThread(driver.AIOKafkaConsumerThread):
    """The thread with aiokafka's consumer; it knows where each run begins because every seek and fetch passes here."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.marks: dict[TP, Mark] = {}
        self._seeks = 0

    def on_crash(self, msg: str, *fmt: Any, **kwargs: Any) -> None:
        """Silent: the worker tells the reason in its own words."""

    def _create_worker_consumer(self, transport: driver.Transport) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"  # Faust would set it for its own transactions only
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # Faust has 1500 built in
        return consumer

    async def _seek_wait(self, consumer: AIOKafkaConsumer, partitions: Mapping[TP, int]) -> None:
        self._seeks += 1
        self.marks.update({tp: Mark(offset, self._seeks) for tp, offset in partitions.items()})
        await super()._seek_wait(consumer, partitions)

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Any:
        fetched = await super()._fetch_records(consumer, active_partitions, timeout, max_records)
        return {TP(*tp): self._run(consumer, TP(*tp), records) for tp, records in fetched.items()}

    def _run(self, consumer: AIOKafkaConsumer, tp: TP, records: list[Record]) -> Run:
        mark = self.marks.get(tp) or Mark(records[0].offset, 0)
        self.marks[tp] = Mark(records[-1].offset + 1, mark.epoch)
        assignment = consumer._subscription.subscription.assignment
        state = assignment.state_value(tp) if assignment else None
        left = max(0, state.lso - state.position) if state is not None and state.lso is not None else 1
        return Run(records, mark.next_offset, left, mark.epoch)

    @property
    def member_id(self) -> str:
        """The id that the group gave to this member; empty once the group does not know it any more."""
        coordinator = self._ensure_consumer()._coordinator
        return str(coordinator.member_id)

    async def committed(self, partitions: Iterable[TP]) -> dict[TP, int]:
        """The group's offsets, 0 where there is none."""
        consumer = self._ensure_consumer()
        return {tp: await consumer.committed(TopicPartition(*tp)) or 0 for tp in partitions}

    async def commit_hint(self, offsets: Mapping[TP, int]) -> None:
        """Group offsets for lag monitors; nothing depends on them, so a failure is nobody's business."""
        own = {TopicPartition(*tp): offset for tp, offset in offsets.items() if tp in self.assignment()}
        if own:
            with suppress(KafkaError):
                await self._ensure_consumer().commit(own)


class ChunkConsumer(driver.Consumer):
    """Hands on runs of input records as messages, and changelog records straight to the desk."""

    app: WorkerApp
    _thread: ChunkThread

    def _new_consumer_thread(self) -> ChunkThread:
        return ChunkThread(self, loop=self.loop, beacon=self.beacon)

    def mark(self, tp: TP) -> Mark:
        """How far the partition was handed on since its last seek."""
        return self._thread.marks.get(tp, NOWHERE)

    @property
    def in_group(self) -> bool:
        """Whether the consumer group still knows this member; a rebalance that was asked for by the group keeps it."""
        return bool(self._thread.member_id)

    def fetched(self, tp: TP) -> Fetched | None:
        """Where the consumer stands, as of now and without asking its thread, which may hang; None: not assigned."""
        consumer = self._thread._consumer
        subscription = consumer._subscription.subscription if consumer is not None else None
        assignment = subscription.assignment if subscription is not None else None
        if assignment is None or tp not in assignment.tps:
            return None
        state = assignment.state_value(tp)
        return Fetched(state._position or 0, state.lso or 0)

    async def hint(self, offsets: Mapping[TP, int]) -> None:
        """Commits group offsets for lag monitors."""
        await self._thread.call_thread(self._thread.commit_hint, offsets)

    async def hinted(self, partitions: Iterable[TP]) -> dict[TP, int]:
        """What the workers of the group have told with ``hint``."""
        return cast("dict[TP, int]", await self._thread.call_thread(self._thread.committed, partitions))

    async def position(self, tp: TP) -> int | None:
        """The next offset to fetch; None for a partition that is not assigned, as in the middle of a rebalance."""
        with suppress(IllegalStateError):
            return await super().position(tp)
        return None

    async def seek_wait(self, partitions: Mapping[TP, int]) -> None:
        """Seeks, unless the partitions are not assigned any more: then the next opening will."""
        with suppress(IllegalStateError):
            await super().seek_wait(partitions)

    async def perform_seek(self) -> None:
        """Nothing: positions are in the changelog, and the opening of partitions seeks to them."""

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Message]]:
        """Fetches once; yields the input runs as messages."""
        runs, active = await self._fetched(timeout)
        generation = self.app.consumer_generation_id
        for tp, run in runs.items():
            # What is dropped here is read again: every opening seeks, and a gap is noticed at the desk.
            if self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if tp.topic == self.app.desk.names.changelog:
                self.app.desk.restore(tp, run, self)
            elif tp in active:
                yield tp, _message(tp, run, generation)

    async def _fetched(self, timeout: float) -> tuple[Mapping[TP, Run], set[TP]]:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        active = set(self._get_active_partitions())  # a copy: the other thread reads it, and empty would mean all
        if not active:
            await asyncio.sleep(NAP_SECONDS)
            return {}, active
        return cast("Mapping[TP, Run]", await self._getmany(active, timeout)), active

    async def _drain_messages(self, fetcher: Any) -> None:
        """The stock loop without its read offsets, which may skip what was sought back to."""
        try:
            while not (self.should_stop or fetcher.should_stop):
                async for _, message in self.getmany(POLL_SECONDS):
                    await self.wait_first(self.callback(message), self.suspend_flow.wait())
                await asyncio.sleep(0)
        except (ConsumerStoppedError, asyncio.CancelledError):
            if not self.app.should_stop:
                raise


class ChunkTransport(driver.Transport):
    """The aiokafka driver with the consumer above."""

    Consumer = ChunkConsumer


def chunk_topic(app: App, names: Iterable[str]) -> ChunkTopic:
    """One channel of all input topics."""
    return ChunkTopic(
        app, topics=list(names), key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )


def _message(tp: TP, run: Run, generation: int) -> Chunk:
    last: Any = run.records[-1]
    return Chunk(
        tp.topic,
        tp.partition,
        last.offset,
        last.timestamp / 1000.0,
        last.timestamp_type,
        None,
        None,
        cast(Any, run),
        None,
        0,
        0,
        tp,
        generation_id=generation,
    )
