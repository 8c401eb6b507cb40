"""Several partitions and the topics between them, in one process: what a worker does, without Kafka.

A topic-partition is a list of records; a partition reads of one of its topics so many records at a time, in whatever
order a test draws, and each of its checkpoints is written whole or lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.rows.home import home_partition
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet
from tests.laws.runs import Line, Published, Raw

TOPICS = ("views", "profiles")
IDENTITY = Policy().identity


@dataclass
class Town:
    """``partitions`` partitions; ``published`` is what came out of all of them, in order."""

    rules: RuleSet
    partitions: int = 3
    policy: Policy = field(default_factory=lambda: Policy(clock="event"))
    now_ms: int = 0
    published: list[Published] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    topics: dict[tuple[str, int], list[Line]] = field(default_factory=dict)
    changelogs: dict[int, list[tuple[bytes, bytes | None]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._program = compile_rules(self.rules, self.policy.retention_ms, self.policy.timezone)
        self.homes = [self.started(number) for number in range(self.partitions)]

    def started(self, number: int) -> Partition:
        """A partition restored from what is in its changelog."""
        partition = Partition(number, self.partitions, self._program, self.policy)
        kept = self.changelogs.setdefault(number, [])
        partition.restore([Line(offset, key, value) for offset, (key, value) in enumerate(kept)])
        partition.open(self.now_ms)
        return partition

    def crash(self, number: int) -> None:
        """Lose what is not checkpointed."""
        self.homes[number] = self.started(number)

    def send(self, events: Sequence[Raw]) -> None:
        """Events to their topics, at the home of their user."""
        for event in events:
            user = str(event["user"])
            topic = "views" if event["type"] in ("view", "cart") else "profiles"
            self._put(topic, home_partition(user, self.partitions), user.encode(), orjson.dumps(event))

    def _put(self, topic: str, number: int, key: bytes | None, value: bytes | None) -> None:
        log = self.topics.setdefault((topic, number), [])
        log.append(Line(len(log), key, value))

    def unread(self) -> list[tuple[str, int]]:
        """The topic-partitions with more to read."""
        return [
            (topic, number)
            for (topic, number), log in sorted(self.topics.items())
            if self.homes[number].positions.get(topic, 0) < len(log)
        ]

    def read(self, topic: str, number: int, most: int = 1000) -> None:
        """Take in the next records of a topic-partition."""
        home = self.homes[number]
        first = home.positions.get(topic, 0)
        home.fold(topic, self.topics[topic, number][first : first + most], self.now_ms)
        while home.advance(self.now_ms):
            pass

    def checkpoint(self, number: int) -> None:
        """What a transaction would write is written."""
        taken = self.homes[number].take()
        self.changelogs[number] += taken.rows
        self.published += [
            (key.decode(), None if value is None else orjson.loads(value)) for key, value in taken.changes
        ]
        self.refused += [value for _, value in taken.refused]
        for forward in taken.forwards:
            self._put(forward.topic, forward.partition, forward.key, forward.value)

    def drain(self) -> None:
        """Read and write until nothing is left."""
        while unread := self.unread():
            for topic, number in unread:
                self.read(topic, number)
                self.checkpoint(number)

    def close_time(self, at_ms: int) -> None:
        """An instant up to which nothing more comes, in every partition."""
        for number, home in enumerate(self.homes):
            if self.policy.clock == "event":
                home.advance_to(at_ms)
            while home.advance(at_ms):
                pass
            self.checkpoint(number)

    def compacted(self, topic: str = IDENTITY) -> list[Line]:
        """What compaction leaves of a topic."""
        newest = {
            (number, line.key): line for (name, number), log in self.topics.items() if name == topic for line in log
        }
        return [line for line in newest.values() if line.value is not None]

    def ends(self) -> dict[str, list[str]]:
        """Each customer's segments as published last, without those who are in none."""
        found = {user: change["segments"] if change else [] for user, change in self.published}
        return {user: segments for user, segments in found.items() if segments}
