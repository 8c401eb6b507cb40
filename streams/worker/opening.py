"""From an assignment of partitions to an open gate: fence, restore, seek.

Takes the place of Faust's recovery, which restores record by record, waits for a last record that transactions do not
have, and resumes the inputs before it seeks.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from faust.tables.manager import TableManager
from faust.types import TP
from mode import Service

from streams.worker.errors import WorkerError
from streams.worker.logs import log
from streams.worker.transport import ChunkConsumer

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

LOOK_SECONDS = 0.02
#: To join again would throw out the other one, which would join again, and so on.
LOST = "another worker runs under the name {}, or this one was stopped for too long; it ends"


class Opening(Service):
    """Opens the assigned partitions, one assignment at a time; a new rebalance drops the opening under way."""

    app: WorkerApp

    def __init__(self, app: WorkerApp, **kwargs: Any) -> None:
        self.app = app
        self.completed = asyncio.Event()  # Faust waits for the first opening before it says that it has started
        self.seconds = 0.0  # how long the last opening took
        self._task: asyncio.Task[None] | None = None
        super().__init__(**kwargs)

    def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Closes the gate, as the first thing in a rebalance and at the end of the process."""
        self.app.desk.close_gate()
        if self._task is not None:
            self._task.cancel()
            if not self.app.consumer.in_group:
                self.app.fail(WorkerError(LOST.format(self.app.conf.consumer_group_instance_id)))

    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        """Starts to open; the rest runs beside the group's callback, which would send no heartbeats while it waits."""
        self.app.desk.close_gate()
        if self._task is not None:
            self._task.cancel()
        try:
            self.app.desk.hold(self._numbers(assigned))
        except WorkerError as error:
            self.app.fail(error)
            return
        self._task = asyncio.create_task(self._open_or_fail(assigned, generation_id))

    def _numbers(self, assigned: set[TP]) -> set[int]:
        """The partitions, which must be the same of every topic."""
        names = self.app.desk.names
        by_topic = {name: {tp.partition for tp in assigned if tp.topic == name} for name in names.inputs}
        by_topic[names.changelog] = {
            tp.partition for tp in self.app.assignor.assigned_actives() if tp.topic == names.changelog
        }
        if len({frozenset(numbers) for numbers in by_topic.values()}) > 1:
            shown = ", ".join(f"{name} {sorted(numbers)}" for name, numbers in by_topic.items())
            raise WorkerError(
                f"the topics' partitions are not assigned together ({shown}); do all workers have the same settings?"
            )
        return by_topic[names.changelog]

    async def _open_or_fail(self, assigned: set[TP], generation: int) -> None:
        try:
            await self._open(assigned, generation)
        except Exception as error:
            self.app.fail(error)

    async def _open(self, assigned: set[TP], generation: int) -> None:
        started = time.monotonic()
        desk, consumer = self.app.desk, self.app.consumer
        ends = await self._fenced_ends(consumer)
        await self._restore(consumer, ends)
        await desk.restored(ends)
        self.app.flow_control.resume()  # this clears the streams' queues: only while the inputs are paused
        await self._seek_inputs(consumer)
        self.seconds = time.monotonic() - started
        desk.open_gate(generation)
        consumer.resume_partitions({tp for tp in assigned if tp.topic in desk.names.inputs})
        await self._flow(consumer)
        self._tell(started)
        await self._open_for_faust()

    async def _open_for_faust(self) -> None:
        await self.app.on_rebalance_complete.send()
        self.app.tables.on_actives_ready()
        self.app.tables.on_standbys_ready()
        self.app.on_rebalance_end()
        self.completed.set()

    def _tell(self, started: float) -> None:
        held = list(self.app.desk)
        customers = sum(one.state.customers() for one in held)
        numbers = ", ".join(str(one.number) for one in held) or "none"
        log.info("partitions %s open after %.1f s, %s customers", numbers, time.monotonic() - started, f"{customers:,}")

    async def _fenced_ends(self, consumer: ChunkConsumer) -> dict[int, int]:
        """Where each held partition's changelog ends, now that nobody else can write to it."""
        desk = self.app.desk
        while True:
            await desk.fenced()
            changelogs = [TP(desk.names.changelog, holding.number) for holding in desk]
            found = await consumer.highwaters(*changelogs) if changelogs else {}
            ends = {tp.partition: found[tp] for tp in changelogs}
            if not desk.replace_stale(ends):
                return ends

    async def _restore(self, consumer: ChunkConsumer, ends: dict[int, int]) -> None:
        """Reads the changelogs of the partitions that are new here, up to their ends."""
        fresh = [one.number for one in self.app.desk if not one.ready and ends[one.number] > 0]
        changelogs = {TP(self.app.desk.names.changelog, number) for number in fresh}
        if not changelogs:
            return
        await consumer.seek_wait(dict.fromkeys(changelogs, 0))
        consumer.resume_partitions(changelogs)
        self.app.flow_control.resume()
        await self._flow(consumer)
        while not await self._read_to(consumer, ends, changelogs):
            await asyncio.sleep(LOOK_SECONDS)
        consumer.pause_partitions(changelogs)

    async def _read_to(self, consumer: ChunkConsumer, ends: dict[int, int], changelogs: set[TP]) -> bool:
        """Whether the consumer stands at every end: the last offsets are a transaction's marker and never arrive."""
        for tp in changelogs:
            if (await consumer.position(tp) or 0) < ends[tp.partition]:
                return False
        return await self._all_restored(consumer, changelogs)

    async def _all_restored(self, consumer: ChunkConsumer, changelogs: set[TP]) -> bool:
        """Whether nothing was dropped between fetch and restore; what was is read again."""
        reached = {
            TP(tp.topic, one.number): one.changelog_next
            for one in self.app.desk
            for tp in changelogs
            if tp.partition == one.number
        }
        missing = {tp: offset for tp, offset in reached.items() if consumer.handed_on(tp) > offset}
        if missing:
            await consumer.seek_wait(missing)
        return not missing

    async def _seek_inputs(self, consumer: ChunkConsumer) -> None:
        """Moves the consumer to where each partition's state ends."""
        desk = self.app.desk
        positions = {TP(topic, one.number): one.position(topic) for one in desk for topic in desk.names.inputs}
        if not positions:
            return
        ends = await consumer.highwaters(*positions)
        for tp, position in positions.items():
            if position > ends[tp]:
                raise WorkerError(
                    f"{tp.topic} {tp.partition} ends at offset {ends[tp]}, but was read up to {position}: "
                    "was the topic made anew? Choose another application name to start over"
                )
        await consumer.seek_wait(positions)

    async def _flow(self, consumer: ChunkConsumer) -> None:
        consumer.resume_flow()
        await self.app._fetcher.maybe_start()


class WorkerTables(TableManager):
    """Faust's table manager with the opening above as its recovery."""

    app: WorkerApp
    _opening: Opening | None = None

    @property
    def recovery(self) -> Opening:  # type: ignore[override]
        """What brings tables up to date."""
        if self._opening is None:
            self._opening = Opening(self.app, beacon=self.beacon, loop=self.loop)
        return self._opening

    async def on_start(self) -> None:
        """Starts at once; stock Faust sleeps for a second first."""
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()

    async def on_stop(self) -> None:
        """Stops the opening and the tables."""
        await self.app._fetcher.stop()
        await self.recovery.stop()
        for table in self.values():
            await table.stop()
