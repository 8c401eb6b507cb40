"""From an assignment of partitions to an open gate: fence, restore, seek.

Takes the place of Faust's recovery, which restores record by record, waits for a last record that transactions do not
have, and resumes the inputs before it seeks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from faust.tables.manager import TableManager
from faust.types import TP
from mode import Service

from streams.worker.errors import WorkerError
from streams.worker.holding import Holding
from streams.worker.logs import note
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
        self._late: dict[TP, int] = {}
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
        self._tell_assigned()
        self._task = asyncio.create_task(self._open_or_fail(generation_id))

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

    async def _open_or_fail(self, generation: int) -> None:
        try:
            await self._open(generation)
        except Exception as error:
            self.app.fail(error)

    async def _open(self, generation: int) -> None:
        """Partitions that stay here go on at once, while the new ones are restored."""
        started = time.monotonic()
        desk, consumer = self.app.desk, self.app.consumer
        ends = await self._fenced_ends(consumer)
        fresh = [one for one in desk if not one.ready]
        self.app.flow_control.resume()  # this clears the streams' queues: only while all inputs are paused
        desk.open_gate(generation)
        await self._resume(consumer, [one for one in desk if one.ready])
        await self._restore(consumer, fresh, ends)
        await desk.restored(ends)
        await self._resume(consumer, fresh)
        self.seconds = time.monotonic() - started
        self._tell()
        await self._open_for_faust()

    async def _open_for_faust(self) -> None:
        await self.app.on_rebalance_complete.send()
        self.app.tables.on_actives_ready()
        self.app.tables.on_standbys_ready()
        self.app.on_rebalance_end()
        self.completed.set()

    def _tell_assigned(self) -> None:
        held = list(self.app.desk)
        numbers, fresh = [one.number for one in held], sum(1 for one in held if not one.ready)
        more = {"partitions": numbers, "to_restore": fresh}
        note("assigned", "%d partitions assigned, %d of them to be restored", len(held), fresh, more=more)

    def _tell(self) -> None:
        held = list(self.app.desk)
        customers = sum(one.state.customers() for one in held)
        numbers = ", ".join(str(one.number) for one in held) or "none"
        text = "partitions %s open after %.1f s, %s customers"
        more = {"partitions": [one.number for one in held], "seconds": round(self.seconds, 3), "rows": customers}
        note("opened", text, numbers, self.seconds, f"{customers:,}", more=more)

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

    async def _restore(self, consumer: ChunkConsumer, fresh: list[Holding], ends: dict[int, int]) -> None:
        """Reads the changelogs of partitions that are new here, up to their ends."""
        unread = {TP(self.app.desk.names.changelog, one.number): one for one in fresh if ends[one.number] > 0}
        for one in fresh:
            _check_store(one, ends[one.number])
        if not unread:
            return
        await consumer.seek_wait({tp: one.changelog_next for tp, one in unread.items()})
        await self._flow(consumer, set(unread))
        while not await self._all_read(consumer, unread, ends):
            await asyncio.sleep(LOOK_SECONDS)
        consumer.pause_partitions(unread)

    async def _all_read(self, consumer: ChunkConsumer, unread: dict[TP, Holding], ends: dict[int, int]) -> bool:
        """Whether the consumer stands at every end and everything that it fetched has been restored.

        Its position counts, since the last offsets are a transaction's marker, which never arrives as a record.
        """
        for tp in unread:
            if (await consumer.position(tp) or 0) < ends[tp.partition]:
                return False
        late = {
            tp: one.changelog_next for tp, one in unread.items() if one.changelog_next < consumer.mark(tp).next_offset
        }
        if late and late == self._late:  # not just on its way: dropped between fetch and restore
            await consumer.seek_wait(late)
        self._late = late
        return not late

    async def _resume(self, consumer: ChunkConsumer, holdings: list[Holding]) -> None:
        """Moves the consumer to where the states of these partitions end, and lets it read on from there."""
        topics = self.app.desk.names.inputs
        positions = {TP(topic, one.number): one.position(topic) for one in holdings for topic in topics}
        if positions:
            ends, beginnings = await consumer.highwaters(*positions), await consumer.earliest_offsets(*positions)
            for tp, position in positions.items():
                _check_position(tp, position, beginnings[tp], ends[tp])
            await consumer.seek_wait(positions)
        for one in holdings:
            one.ready = True
        self.app.desk.follow_rules(holdings)
        await self._flow(consumer, set(positions))

    async def _flow(self, consumer: ChunkConsumer, partitions: set[TP]) -> None:
        consumer.resume_partitions(partitions)
        consumer.resume_flow()
        await self.app._fetcher.maybe_start()


def _check_store(holding: Holding, changelog_end: int) -> None:
    """Raises WorkerError where what is kept on this machine has more than the changelog."""
    if holding.changelog_next > changelog_end:
        raise WorkerError(
            f"the changelog of partition {holding.number} ends at offset {changelog_end}, but the local store has it "
            f"up to {holding.changelog_next}: were records lost? To start from the changelog, delete the store"
        )


def _check_position(tp: TP, position: int, beginning: int, end: int) -> None:
    """Whether a topic still has what comes next; raises WorkerError where it is not the topic that was read."""
    if position > end:
        raise WorkerError(
            f"{tp.topic} {tp.partition} ends at offset {end}, but was read up to {position}: "
            "was the topic made anew? Choose another application name to start over"
        )
    if 0 < position < beginning:
        text, args = "%s %d: offsets %d to %d were deleted unread", (tp.topic, tp.partition, position, beginning - 1)
        more = {"topic": tp.topic, "partition": tp.partition, "count": beginning - position}
        note("deleted unread", text, *args, level=logging.WARNING, more=more)


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
