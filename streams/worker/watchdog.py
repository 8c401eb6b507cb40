"""Notices when the worker has silently stopped reading, and ends it so that its supervisor starts it again.

Consumers have been seen to do that: nothing fails, the group is content, and no record comes any more. What counts is
seen from outside: the broker, asked by a client of its own, has records beyond where a partition's state ends, and that
place does not move. Whatever else may hold up reading for a while excuses it, see ``Watchdog._excuse``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from faust.types import TP

from streams.settings import Settings
from streams.worker.errors import WorkerError
from streams.worker.holding import Holding
from streams.worker.ledger import COMMIT_SECONDS, TRANSACTION_MS
from streams.worker.logs import note
from streams.worker.watch import BrokerWatch

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

#: Looks within the time after which the worker ends; of these so many until it is said to be suspected.
LOOKS, SUSPECTS = 12, 6
MOST_LOOK_SECONDS = 5.0
#: No checkpoint takes longer and comes to a good end: the broker ends its transaction, or the commit gives up.
LONGEST_WRITE_SECONDS = TRANSACTION_MS / 1000 + 2 * COMMIT_SECONDS


class Place(NamedTuple):
    """How far a topic-partition is read, and where it ends."""

    reached: int
    end: int


class Stillness:
    """For how long each topic-partition with something to read has stood still.

    Time is counted in looks, not taken from a clock: a process that was stopped, or a machine that slept, has looked at
    nothing meanwhile.
    """

    def __init__(self) -> None:
        self._still: dict[TP, tuple[int, int]] = {}  # the place, and for how many looks it has been that

    def look(self, places: Mapping[TP, Place]) -> tuple[TP, int] | None:
        """What has stood still longest, and for how many looks."""
        still: dict[TP, tuple[int, int]] = {}
        for tp, place in places.items():
            if place.end > place.reached:
                before, looks = self._still.get(tp, (-1, 0))
                still[tp] = (place.reached, looks + 1 if before == place.reached else 0)
        self._still = still
        return max(((tp, looks) for tp, (_, looks) in still.items() if looks), key=lambda one: one[1], default=None)

    def excuse(self) -> None:
        """Something else holds it up: time begins anew."""
        self._still.clear()


class Watchdog:
    """Watches a worker's reading. ``suspicion`` says what has stood still for half of the time; empty: nothing has."""

    def __init__(self, app: WorkerApp, settings: Settings, broker: BrokerWatch) -> None:
        self.suspicion = ""
        self._app, self._desk, self._broker = app, app.desk, broker
        self._after_s = settings.stall_after_ms / 1000
        self._look_s = min(MOST_LOOK_SECONDS, self._after_s / LOOKS)
        self._stillness = Stillness()
        self._ends: dict[TP, int] = {}
        self._stale = 0

    async def run(self) -> None:
        """Watches until cancelled."""
        while True:
            await asyncio.sleep(self._look_s)
            ends = await asyncio.to_thread(self._broker.ends, [tp for tp, _ in self._inputs()])
            self._ends = ends or {}
            if ends is None or self._excuse():
                self._stillness.excuse()
                self._clear()
            else:
                self._judge(self._stillness.look(self.places()))

    def places(self) -> dict[TP, Place]:
        """Of each input at work here how far it is read and where it ends, as far as is known."""
        found = {}
        for tp, holding in self._inputs():
            fetched = self._app.consumer.fetched(tp)
            end = max(self._ends.get(tp, 0), fetched.end if fetched else 0)
            found[tp] = Place(self._reached(tp, holding), end)
        return found

    def _inputs(self) -> Iterator[tuple[TP, Holding]]:
        for holding in self._desk:
            if holding.ready:
                for topic in self._desk.names.inputs:
                    yield TP(topic, holding.number), holding

    def _reached(self, tp: TP, holding: Holding) -> int:
        """Where its state ends, or behind that where the consumer stands, if there were only transactions' markers."""
        position = holding.position(tp.topic)
        fetched = self._app.consumer.fetched(tp)
        only_markers = fetched is not None and self._app.consumer.mark(tp).next_offset <= position
        return max(position, fetched.position) if fetched is not None and only_markers else position

    def _excuse(self) -> bool:
        """Whether reading may stand still for now: in a rebalance, while partitions are restored, while rows are judged
        under new rules, while a checkpoint is written, and while the broker is away, which is another's business."""
        stale, before = self._desk.stale(), self._stale
        self._stale = stale
        writing = any(0 < one.writing_s() < LONGEST_WRITE_SECONDS for one in self._desk)
        return not self._desk.open or self._broker.away or writing or stale != before

    def _judge(self, longest: tuple[TP, int] | None) -> None:
        tp, looks = longest or (None, 0)
        seconds = looks * self._look_s
        if tp is None or seconds < self._after_s * SUSPECTS / LOOKS:
            self._clear()
            return
        said = self._told(tp, seconds)
        if seconds >= self._after_s:
            self._app.fail(WorkerError(f"{said}; it ends, so that its supervisor starts it again"))
        elif not self.suspicion:
            more = {"topic": tp.topic, "partition": tp.partition}
            note("stall suspected", "%s", said, level=logging.WARNING, more=more)
        self.suspicion = said

    def _told(self, tp: TP, seconds: float) -> str:
        place, fetched = self.places()[tp], self._app.consumer.fetched(tp)
        stands = "not assigned" if fetched is None else f"at {fetched.position}"
        member = "" if self._app.consumer.in_group else "not "
        queued = sum(topic.queue.qsize() for topic in self._app.topics)
        return (
            f"nothing was read of {tp.topic} {tp.partition} for {seconds:.0f} s, though it goes on from "
            f"{place.reached} to {place.end} (consumer {stands}, {member}in its group; {queued} chunks queued)"
        )

    def _clear(self) -> None:
        if self.suspicion:
            note("stall over", "reading goes on")
        self.suspicion = ""
