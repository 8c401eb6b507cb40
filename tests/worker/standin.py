"""A partition that only counts, so that what must come out of a worker is obvious; and a worker that runs it.

Run as a module it is a worker with the settings of the environment and the options of ``microseg run``.
An event's value is a whole number; ``bad`` is refused; ``timer:N`` is counted and published again N ms later.
Of rules only the names count: a customer ``…uN`` is in a segment ``every-M`` if M divides N.
"""

from __future__ import annotations

import heapq
import json
import os
import random
import sys
import time
from collections import Counter as Tally
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from faust.types import TP

from streams.engine.api import Checkpoint, Record
from streams.engine.counts import Counts
from streams.engine.figures import Figures
from streams.rulebook import folder_watch
from streams.rules.compile import Program
from streams.settings import load_settings
from streams.worker import live_rules
from streams.worker.desk import Desk
from streams.worker.process import Options, run_worker
from streams.worker.topics import TopicNames
from streams.worker.transport import Chunk, ChunkConsumer

POSITION = b"\0p"
#: What folding a record costs in addition, so that a kill finds work under way.
PACE_SECONDS = float(os.environ.get("STANDIN_PACE", "0"))
#: An edit is over sooner than for the worker that people run, so that tests wait less.
QUIET_SECONDS = 0.3


@dataclass
class Counter:
    """A customer: events so far, a sum that depends on their order within a topic, and the records published."""

    count: int = 0
    total: int = 0
    seq: int = 0


@dataclass
class CountingPartition:
    """Counts the events of each customer and publishes each count."""

    number: int
    partitions: int
    program: Program
    positions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rows: dict[bytes, Counter] = {}
        self._stale: list[bytes] = []
        self._segments: dict[bytes, list[str]] = {}
        self._timers: list[tuple[int, bytes]] = []
        self._dirty: set[bytes] = set()
        self._moved: set[str] = set()
        self._changes: list[tuple[bytes, bytes | None]] = []
        self._refused: list[tuple[bytes | None, bytes]] = []
        self._counts = Counts()

    def begin(self) -> int:
        return 0

    def keep(self, checkpoint: Checkpoint, changelog_next: int) -> None:
        """Nothing is kept but in Kafka."""

    def kept(self) -> None:
        """So there is nothing to do then."""

    def touch(self) -> None:
        """Nor is anything older than Kafka."""

    def close(self) -> None:
        """It is all memory."""

    def restore(self, records: Sequence[Record]) -> None:
        for record in records:
            assert record.key is not None
            assert record.value is not None
            if record.key.startswith(POSITION):
                self.positions[record.key[2:].decode()] = int(record.value)
            else:
                self._rows[record.key] = Counter(*json.loads(record.value))

    def open(self, now_ms: int) -> None:
        self._segments = {key: self._judged(key) for key in self._rows}

    def fold(self, topic: str, records: Sequence[Record], now_ms: int) -> None:
        assert records[0].offset >= self.positions.get(topic, 0)
        for record in records:
            self._count(topic, record, now_ms)
        self.positions[topic] = records[-1].offset + 1
        self._moved.add(topic)
        time.sleep(PACE_SECONDS * len(records))

    def _count(self, topic: str, record: Record, now_ms: int) -> None:
        key, value = record.key or b"", record.value or b""
        if value == b"bad":
            self._counts.refuse("json")
            self._refused.append((key, json.dumps({"topic": topic, "offset": record.offset}).encode()))
            return
        if value.startswith(b"timer:"):
            heapq.heappush(self._timers, (now_ms + int(value[6:]), key))
            value = b"0"
        row = self._rows.setdefault(key, Counter())
        self._counts.events += 1
        row.count += 1
        row.total = (row.total + int(value) * (record.offset + 1)) % (1 << 61)
        self._publish(key, row, now_ms)

    def _publish(self, key: bytes, row: Counter, at_ms: int) -> None:
        row.seq += 1
        self._segments[key] = segments = self._judged(key)
        said: dict[str, object] = {"seq": row.seq, "count": row.count, "total": row.total, "at": at_ms}
        said |= {"segments": segments, "rules": self.program.digest}
        self._changes.append((key, json.dumps(said).encode()))
        self._dirty.add(key)

    def _judged(self, key: bytes) -> list[str]:
        number = int(key.rpartition(b"u")[2])
        every = {rule.name: int(rule.name.partition("-")[2]) for rule in self.program.rule_set.rules}
        return [name for name, divisor in every.items() if number % divisor == 0]

    def switch(self, program: Program, now_ms: int) -> None:
        self.program = program
        self._stale = list(self._rows)

    def stale(self) -> int:
        return len(self._stale)

    def sizes(self) -> dict[str, int]:
        return dict(Tally(name for names in self._segments.values() for name in names))

    def _judge_stale(self, now_ms: int, most: int) -> None:
        for key in self._stale[:most]:
            if self._judged(key) != self._segments.get(key):
                self._publish(key, self._rows[key], now_ms)
        time.sleep(PACE_SECONDS * len(self._stale[:most]))
        del self._stale[:most]

    def advance(self, now_ms: int, most: int = 5000) -> bool:
        self._judge_stale(now_ms, most)
        while self._timers and self._timers[0][0] <= now_ms and most:
            at_ms, key = heapq.heappop(self._timers)
            self._publish(key, self._rows[key], at_ms)
            most -= 1
        return bool(self._stale) or (bool(self._timers) and self._timers[0][0] <= now_ms)

    def next_boundary(self) -> int | None:
        return self._timers[0][0] if self._timers else None

    def counted(self) -> Counts:
        return self._counts

    def figures(self, now_ms: int) -> Figures:
        return Figures()

    def dirty(self) -> int:
        return len(self._dirty) + len(self._moved) + len(self._changes) + len(self._refused)

    def take(self) -> Checkpoint:
        rows: list[tuple[bytes, bytes | None]] = [(key, self._packed(key)) for key in self._dirty]
        rows += [(POSITION + topic.encode(), b"%d" % self.positions[topic]) for topic in self._moved]
        taken = Checkpoint(changes=self._changes, rows=rows, refused=self._refused)
        self._dirty, self._moved, self._changes, self._refused = set(), set(), [], []
        return taken

    def _packed(self, key: bytes) -> bytes:
        row = self._rows[key]
        return json.dumps([row.count, row.total, row.seq]).encode()

    def customers(self) -> int:
        return len(self._rows)


def drop_chunks(part: float) -> None:
    """From now on this part of all chunks gets lost between the fetch and the desk."""
    take, chance = Desk.take, random.Random(1)

    async def lossy(desk: Desk, chunk: Chunk, consumer: ChunkConsumer) -> None:
        if chance.random() >= part:
            await take(desk, chunk, consumer)

    Desk.take = lossy  # type: ignore[assignment, method-assign]


def deaf(while_there_is: Path) -> None:
    """From now on views are not fetched while there is such a file, as if a flow control had forgotten them."""
    active = ChunkConsumer._get_active_partitions

    def deafened(consumer: ChunkConsumer) -> set[TP]:
        found: set[TP] = active(consumer)
        if not while_there_is.exists():
            return found
        return {tp for tp in found if not tp.topic.endswith("-views")}

    ChunkConsumer._get_active_partitions = deafened  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    if file := os.environ.get("STANDIN_DEAF"):
        deaf(Path(file))
    folder_watch.QUIET_SECONDS, live_rules.LOOK_SECONDS = QUIET_SECONDS, QUIET_SECONDS / 4
    if part := float(os.environ.get("STANDIN_DROP", "0")):
        drop_chunks(part)
    settings = load_settings(None, os.environ)
    own = replace(  # so that a test need not read what other tests wrote
        TopicNames.of(settings),
        memberships=f"{settings.application}-memberships",
        refused=f"{settings.application}-refused",
    )
    options = Options(until_drained="--until-drained" in sys.argv, as_json="--json" in sys.argv)
    run_worker(settings, CountingPartition, options, own)
