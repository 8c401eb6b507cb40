"""A partition driven as a worker drives it, in memory or with a store of which almost all is cold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import orjson

from streams.engine.api import Checkpoint, Policy, Record
from streams.engine.cold_partition import ColdPartition
from streams.engine.entries import Store
from streams.engine.partition import Partition
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet
from streams.store.in_memory import MemoryStore
from tests.laws.runs import TOPIC, Line, Published, Raw

RETENTION_MS = 730 * 86_400_000


@dataclass
class Driver:
    """Remembers the changelog and what was published. ``most``: how many customers may be warm."""

    rules: RuleSet
    make_store: Callable[[], Store] | None = MemoryStore
    most: int = 1
    clock: str = "wall"
    now_ms: int = 0
    changelog: list[tuple[bytes, bytes | None]] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    unkept: Checkpoint | None = None
    retention_ms: int = RETENTION_MS

    def __post_init__(self) -> None:
        """Start with nothing."""
        self.store = self.make_store() if self.make_store else None
        self.start()

    def start(self) -> None:
        """A process: what the changelog has more than the store is restored."""
        policy = Policy(clock=self.clock, retention_ms=self.retention_ms)
        program = compile_rules(self.rules, self.retention_ms)
        if self.store is None:
            self.partition = Partition(0, 1, program, policy)
        else:
            self.partition = ColdPartition(0, 1, program, policy, self.store, self.most)
        begin = self.begun = self.partition.begin()
        changed = enumerate(self.changelog)
        self.partition.restore([Line(offset, key, value) for offset, (key, value) in changed if offset >= begin])
        self.partition.open(self.now_ms)

    def fold(self, records: Sequence[Record]) -> None:
        """A chunk comes."""
        self.partition.fold(TOPIC, records, self.now_ms)
        if self.clock == "event":
            self.advance()

    def advance(self, most: int = 5000) -> None:
        """All that is due is done."""
        while self.partition.advance(self.now_ms, most):
            pass

    def pass_time(self, until_ms: int, most: int = 5000) -> None:
        """The clock goes on; each boundary is fired at its instant."""
        while (due := self.partition.next_boundary()) is not None and due <= until_ms:
            self.now_ms = max(self.now_ms, due)
            self.advance(most)
        self.now_ms = until_ms
        self.advance(most)

    def switch(self, rules: RuleSet) -> None:
        """Other rules."""
        self.rules = rules
        self.partition.switch(compile_rules(rules, self.retention_ms), self.now_ms)

    def take(self) -> None:
        """A transaction is committed."""
        self.written()
        taken = self.unkept = self.partition.take()
        self.changelog += taken.rows
        self.published += [
            (key.decode(), None if value is None else orjson.loads(value)) for key, value in taken.changes
        ]

    def written(self) -> None:
        """The store has it, too."""
        if self.unkept is not None:
            self.partition.keep(self.unkept, len(self.changelog))
            self.partition.kept()
            self.unkept = None

    def crash(self, retention_ms: int = RETENTION_MS) -> int:
        """All that is in memory is lost; the offset to go on from."""
        self.unkept, self.retention_ms = None, retention_ms
        if self.store is not None and self.make_store is not None and self.make_store is not MemoryStore:
            self.store.close()
            self.store = self.make_store()
        self.start()
        return self.partition.positions.get(TOPIC, 0)

    def segments(self) -> dict[str, list[str]]:
        """Each customer's segments as published."""
        found: dict[str, list[str]] = {}
        for user, change in self.published:
            found[user] = change["segments"] if change else []
        return {user: names for user, names in found.items() if names}

    def by_user(self) -> dict[str, list[Raw | None]]:
        """What was published of each customer, in order."""
        found: dict[str, list[Raw | None]] = {}
        for user, change in self.published:
            found.setdefault(user, []).append(change)
        return found

    def rows(self) -> dict[bytes, bytes]:
        """The changelog's rows."""
        newest = dict(self.changelog)
        return {key: value for key, value in newest.items() if value is not None and key[:2] not in (b"\0p", b"\0r")}
