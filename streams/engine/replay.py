"""Replay: events from lines of JSON through the core, with no broker and no clock."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
import orjson

from streams.engine.api import DAY_MS, Policy
from streams.engine.merging import Merging
from streams.engine.partition import Partition
from streams.engine.publish import Change
from streams.events.rates import NO_RATES, Rates
from streams.events.traffic import ONLY_SAID, Traffic
from streams.intake.collected import Collected
from streams.rows.arena import KNOWN
from streams.rows.layout import NEVER
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet

#: room for so many times the records of the events is taken at once: rows that grow move, and what they leave behind is
#: squeezed out only then. With 4 a million events took 0.1 s less and 40 MB more
_GROWTH = 2


@dataclass(slots=True)
class Replay:
    """Events collected from lines, and what follows from them."""

    rules: RuleSet
    timezone: str = "UTC"
    retention_ms: int = 730 * DAY_MS
    max_facts: int = 20_000
    rates: Rates = NO_RATES
    traffic: Traffic = ONLY_SAID
    _collected: Collected = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is read yet."""
        self._collected = Collected(self.rates)

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in events; blank lines are skipped, refused ones noted."""
        self._collected.read(lines)

    @property
    def refused(self) -> list[tuple[int, str]]:
        """The lines that were no events: the number of each, from 1 on over all that was read, and the reason."""
        return self._collected.refused()

    def run(self, until_ms: int | None = None) -> Partition:
        """All customers as of ``until_ms`` (default: the last event's instant), with every change on the way."""
        last_ms = self._collected.last_ms() if until_ms is None else until_ms
        policy = Policy(
            clock="event",
            retention_ms=self.retention_ms,
            max_facts=self.max_facts,
            timezone=self.timezone,
            traffic=self.traffic,
        )
        program = compile_rules(self.rules, self.retention_ms, self.timezone, self.traffic)
        partition = Partition(0, 1, program, policy, tombstones=False)
        partition.open(0)
        partition.machine.expect(_GROWTH * self._collected.records())
        merging = Merging(partition, self._collected.customers())
        with _no_search_for_cycles():
            for step in self._collected.steps(partition.machine.names, last_ms):
                merging.take(step)
            partition.advance_to(last_ms)
        return partition


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Changes are many and hold no cycles: to look for these again and again took a tenth of a replay's time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def changes_in_order(partition: Partition) -> list[Change]:
    """The changes ordered by instant and customer."""
    found = partition.publisher.changes
    ats = np.fromiter(map(attrgetter("at_ms"), found), np.int64, len(found))
    order = np.argsort(ats, kind="stable")
    changes, bounds = [found[place] for place in order.tolist()], np.diff(ats[order], prepend=-1, append=NEVER)
    starts = np.flatnonzero(bounds)  # of each instant, and the end
    for several in np.flatnonzero(np.diff(starts) > 1).tolist():
        start, end = starts[several : several + 2].tolist()
        changes[start:end] = sorted(changes[start:end], key=attrgetter("key"))
    return changes


def segments_of_all(partition: Partition) -> list[tuple[str, list[str]]]:
    """Every known customer with their segments, ordered by customer."""
    machine, publisher = partition.machine, partition.publisher
    known = np.flatnonzero(machine.rows.head[: machine.customers, KNOWN] != NEVER).tolist()
    return sorted((publisher.users[row], publisher.segments_of(row)) for row in known)


def replay_events(
    lines: Iterable[bytes],
    rules: RuleSet,
    *,
    until_ms: int | None = None,
    timezone: str = "UTC",
    retention_ms: int = 730 * DAY_MS,
    traffic: Traffic = ONLY_SAID,
) -> list[dict[str, Any]]:
    """Every membership change of the events in the lines, in order of instant and customer."""
    replay = Replay(rules, timezone, retention_ms, traffic=traffic)
    replay.read(lines)
    return [orjson.loads(change.value or b"null") for change in changes_in_order(replay.run(until_ms))]


def final_segments(
    lines: Iterable[bytes],
    rules: RuleSet,
    *,
    until_ms: int | None = None,
    timezone: str = "UTC",
    retention_ms: int = 730 * DAY_MS,
) -> dict[str, list[str]]:
    """Each known customer's segments at ``until_ms``."""
    replay = Replay(rules, timezone, retention_ms)
    replay.read(lines)
    return dict(segments_of_all(replay.run(until_ms)))
