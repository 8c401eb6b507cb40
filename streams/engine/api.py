"""The values that the core and the worker exchange; the core itself is ``engine.partition.Partition``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from streams.events.rates import NO_RATES, Rates
from streams.events.traffic import ONLY_SAID, Traffic

DAY_MS = 86_400_000


class Record(Protocol):
    """A Kafka record as the consumer hands it over."""

    @property
    def offset(self) -> int:
        """Its place in the partition."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value; None is a tombstone."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How time and bounds are treated; durations in milliseconds. ``identity``: the topic by which partitions tell each
    other of merges; ``traffic``: what counts as a machine's."""

    clock: str = "wall"
    retention_ms: int = 730 * DAY_MS
    max_facts: int = 20_000
    max_clock_skew_ms: int = 300_000
    late_after_ms: int = 3_600_000
    timezone: str = "UTC"
    rates: Rates = field(default=NO_RATES, repr=False)  # it decides what comes in, not what follows from it
    identity: str = "microseg-identity"
    traffic: Traffic = ONLY_SAID


class Forward(NamedTuple):
    """A record for another partition: a stray of the same topic, or a word about a merge (a value of ``None``: it was
    taken)."""

    topic: str
    partition: int
    key: bytes
    value: bytes | None


@dataclass(slots=True)
class Checkpoint:
    """What one Kafka transaction must write, all or nothing; keys and values are bytes, a value of ``None`` is a
    tombstone. ``local``: what is kept on this machine once that is committed."""

    changes: Sequence[tuple[bytes, bytes | None]] = field(default_factory=list)
    rows: Sequence[tuple[bytes, bytes | None]] = field(default_factory=list)
    refused: Sequence[tuple[bytes | None, bytes]] = field(default_factory=list)
    forwards: Sequence[Forward] = field(default_factory=list)
    local: object = None

    def transaction(self) -> bool:
        """Whether there is anything for Kafka in it."""
        return bool(self.changes or self.rows or self.refused or self.forwards)
