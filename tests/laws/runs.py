"""The engine run in the several ways that must not make a difference."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.engine.api import Policy, Record
from streams.engine.partition import Partition
from streams.engine.replay import replay_events
from streams.events.traffic import ONLY_SAID, Traffic
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet

Raw = dict[str, Any]
#: A customer and a change, or None: the tombstone of an erasure.
Published = tuple[str, Raw | None]
FIELDS = ("user", "at", "entered", "exited", "segments")
TOPIC = "views"


@dataclass(slots=True)
class Line:
    """A record as the consumer hands it over."""

    offset: int
    key: bytes | None
    value: bytes | None


def lines(events: Sequence[Raw]) -> list[bytes]:
    """The events as lines of JSON."""
    return [orjson.dumps(event) for event in events]


def replayed(events: Sequence[Raw], rules: RuleSet, **settings: Any) -> list[Raw]:
    """The changes that replay prints, without what the contract does not compare."""
    return [compared(change) for change in replay_events(lines(events), rules, **settings)]


def compared(change: Raw) -> Raw:
    """A change without seq, cause and reasons."""
    return {name: change[name] for name in FIELDS}


@dataclass
class Worker:
    """One partition driven as a worker drives it, with ``clock = event``; remembers what it has checkpointed."""

    rules: RuleSet
    retention_ms: int
    timezone: str = "UTC"
    traffic: Traffic = ONLY_SAID
    published: list[Published] = field(default_factory=list)
    changelog: list[tuple[bytes, bytes | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with nothing."""
        self.partition = self.started()

    def started(self) -> Partition:
        """A partition restored from what is in the changelog."""
        policy = Policy(clock="event", retention_ms=self.retention_ms, timezone=self.timezone, traffic=self.traffic)
        program = compile_rules(self.rules, self.retention_ms, self.timezone, self.traffic)
        partition = Partition(0, 1, program, policy)
        partition.restore([Line(offset, key, value) for offset, (key, value) in enumerate(self.changelog)])
        partition.open(0)
        return partition

    def fold(self, records: Sequence[Record]) -> None:
        """Take in a chunk and let fire what is due."""
        self.partition.fold(TOPIC, records, 0)
        while self.partition.advance(0):
            pass

    def checkpoint(self) -> None:
        """What a transaction would write is written."""
        taken = self.partition.take()
        self.changelog += taken.rows
        self.published += [
            (key.decode(), None if value is None else orjson.loads(value)) for key, value in taken.changes
        ]

    def crash(self) -> int:
        """Lose all that is not checkpointed; the offset to go on from."""
        self.partition = self.started()
        return self.partition.positions.get(TOPIC, 0)


def records(events: Iterable[Raw]) -> list[Record]:
    """The events as records of one topic-partition."""
    return [Line(offset, str(event["user"]).encode(), orjson.dumps(event)) for offset, event in enumerate(events)]


def chunks(found: Sequence[Record], sizes: Sequence[int]) -> Iterator[Sequence[Record]]:
    """The records cut into chunks of the given sizes, over and over."""
    start = 0
    for size in itertools.cycle(sizes):
        if start >= len(found):
            return
        yield found[start : start + size]
        start += size


def last_words(published: Iterable[Published]) -> dict[str, list[str]]:
    """Each customer's segments after what was published, without those who are in none."""
    found = {user: change["segments"] if change else [] for user, change in published}
    return {user: segments for user, segments in found.items() if segments}
