"""A partition on a test bench: raw events in, changes out, and the changelog kept so that it can be started anew."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from streams.engine.api import Checkpoint, Policy
from streams.engine.partition import Partition
from streams.events.traffic import ONLY_SAID, Traffic
from streams.rows.arena import COUNTS, OFF, SIZE
from streams.rows.layout import NAME_MASK, SAID_GROUPS
from streams.rules.compile import Program, compile_rules
from streams.rules.load import load_rules
from streams.rules.model import RuleSet
from tests.laws.runs import TOPIC, Line, Published, Raw

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000
#: 2026-01-01T00:00:00Z
T = 1_767_225_600_000


@cache
def rules_of(**texts: str) -> RuleSet:
    """A rule set of ``name="WHEN"``, or of whole files where a text has a line ``when:``; "_" in a name is "-"."""
    with tempfile.TemporaryDirectory() as folder:
        active = Path(folder) / "active"
        active.mkdir()
        for name, text in texts.items():
            whole = text if "when:" in text else f"when: {text}\n"
            (active / f"{name.replace('_', '-')}.yaml").write_text(f"title: T\n{whole}", encoding="utf-8")
        return load_rules(Path(folder))


@cache
def program_of(rules: RuleSet, timezone: str = "UTC", traffic: Traffic = ONLY_SAID) -> Program:
    """The rule set compiled with the default retention."""
    return compile_rules(rules, Policy().retention_ms, timezone, traffic)


@dataclass
class Bench:
    """One partition, number 0 of ``partitions``, with what a worker would have written so far.

    ``settings`` are those of ``Policy``; ``clock`` is "event" unless they say otherwise.
    """

    rules: RuleSet
    settings: Raw = field(default_factory=dict)
    now_ms: int = 0
    partitions: int = 1
    changelog: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    checkpoint: Checkpoint = field(default_factory=Checkpoint)

    def __post_init__(self) -> None:
        """Restore from the changelog and open."""
        policy = Policy(**{"clock": "event", **self.settings})
        self.partition = Partition(0, self.partitions, program_of(self.rules, policy.timezone, policy.traffic), policy)
        self.partition.restore([Line(offset, key, value) for offset, (key, value) in enumerate(self.changelog)])
        self.partition.open(self.now_ms)

    def fold(self, *events: Raw, now_ms: int = 0) -> None:
        """Events of customer ana at T, where they do not say otherwise, as one chunk."""
        self.records([(b"ana", orjson.dumps({"at": T, **event})) for event in events], now_ms)

    def records(self, found: Iterable[tuple[bytes | None, bytes | None]], now_ms: int = 0, topic: str = TOPIC) -> None:
        """Keys and values as one chunk of a topic."""
        first = self.partition.positions.get(topic, 0)
        self.partition.fold(topic, [Line(first + n, key, value) for n, (key, value) in enumerate(found)], now_ms)

    def advance(self, now_ms: int = 0) -> None:
        """Let fire all that is due."""
        while self.partition.advance(now_ms):
            pass

    def take(self) -> list[Published]:
        """What was published since the last time; the checkpoint is written."""
        self.checkpoint = self.partition.take()
        self.changelog += self.checkpoint.rows
        return [
            (key.decode(), None if value is None else orjson.loads(value)) for key, value in self.checkpoint.changes
        ]

    def changes(self) -> list[Raw]:
        """What ``take`` yields, where no tombstone is among it."""
        return [change for _, change in self.take() if change is not None]

    def segments(self) -> dict[str, list[str]]:
        """Each customer's segments as published by all checkpoints of this bench; fires nothing."""
        found: dict[str, list[str]] = {}
        for user, change in self.take():
            found[user] = change["segments"] if change else []
        return found

    def again(self, rules: RuleSet | None = None, now_ms: int = 0, **settings: Any) -> Bench:
        """A new partition from the changelog, perhaps under other rules or settings."""
        return Bench(rules or self.rules, {**self.settings, **settings}, now_ms, self.partitions, list(self.changelog))


def brief(changes: Iterable[Raw]) -> list[tuple[int, list[str], list[str]]]:
    """Number, entered and exited of each change."""
    return [(change["seq"], change["entered"], change["exited"]) for change in changes]


def view(event_id: str, at_ms: int = T, category: str = "shoes", product: str = "p1", **more: Any) -> Raw:
    """A raw view."""
    return {"type": "view", "id": event_id, "at": at_ms, "product": product, "category": category, **more}


def row_of(partition: Partition, user: str) -> int:
    """The number of a customer's row."""
    return partition.publisher.users.index(user)


def facts_of(partition: Partition, user: str = "ana") -> list[tuple[object, ...]]:
    """A customer's records in their order, the numbers of names replaced by the names, and how many each group has."""
    machine = partition.machine
    head = machine.rows.head[row_of(partition, user)]
    shown, off = machine.names.shown, int(head[OFF])

    def spelled(word: int) -> object:
        first, second = word >> 32, word & NAME_MASK
        return [sorted(shown[n] for n in machine.names.members(one)) for one in (first, second)]

    facts: list[tuple[object, ...]] = [tuple(head[COUNTS : COUNTS + SAID_GROUPS].tolist())]
    for word_0, word_1, word_2, word_3, word_4 in machine.rows.words[off : off + int(head[SIZE])].tolist():
        kind = word_0 & 31
        names_3 = kind in (0, 1, 3, 7)
        facts.append(
            (word_0, word_1, word_2, spelled(word_3) if names_3 else word_3, spelled(word_4) if kind == 6 else word_4)
        )
    return facts


def in_chunks(events: Sequence[Raw], sizes: Sequence[int]) -> list[Sequence[Raw]]:
    """The events cut into chunks of the given sizes, over and over."""
    found: list[Sequence[Raw]] = []
    while sum(map(len, found)) < len(events):
        start = sum(map(len, found))
        found.append(events[start : start + sizes[len(found) % len(sizes)]])
    return found
