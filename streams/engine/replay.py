"""Replay: events from lines of JSON through the core, with no broker and no clock."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np
import orjson

from streams.engine.api import DAY_MS, Policy
from streams.engine.merging import Merging
from streams.engine.partition import Partition
from streams.engine.publish import Change
from streams.events.decode import Refusal, decode_event
from streams.events.native import Event, Merge
from streams.events.rates import NO_RATES, Rates
from streams.rows.arena import KNOWN
from streams.rows.layout import NEVER
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet

_CHUNK = 20_000


@dataclass(slots=True)
class Replay:
    """Events collected from lines, and what follows from them."""

    rules: RuleSet
    timezone: str = "UTC"
    retention_ms: int = 730 * DAY_MS
    max_facts: int = 20_000
    rates: Rates = NO_RATES
    refused: list[tuple[int, str]] = field(default_factory=list)
    lines: int = 0
    _events: list[Event] = field(default_factory=list)

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in events; blank lines are skipped, refused ones noted with the number of their line and the reason."""
        for line in lines:
            self.lines += 1
            if line.isspace() or not line:
                continue
            event = decode_event(line.rstrip(b"\r\n"), rates=self.rates)
            if isinstance(event, Refusal):
                self.refused.append((self.lines, event.reason))
            else:
                self._events.append(event)

    def run(self, until_ms: int | None = None) -> Partition:
        """All customers as of ``until_ms`` (default: the last event's instant), with every change on the way."""
        at = attrgetter("at")
        last_ms = max(map(at, self._events), default=0) if until_ms is None else until_ms
        policy = Policy(clock="event", retention_ms=self.retention_ms, max_facts=self.max_facts, timezone=self.timezone)
        program = compile_rules(self.rules, self.retention_ms, self.timezone)
        partition = Partition(0, 1, program, policy, tombstones=False)
        partition.open(0)
        merging = Merging(partition)
        for events in _steps(sorted((event for event in self._events if at(event) <= last_ms), key=at)):
            merging.take(events)
        partition.advance_to(last_ms)
        return partition


def _steps(events: list[Event]) -> Iterator[list[Event]]:
    """The events, in order of time: all of each instant at which there is a merge alone, and chunks between them."""
    at = attrgetter("at")
    start = 0
    for instant in sorted({at(event) for event in events if event.__class__ is Merge}):
        first = bisect_left(events, instant, start, key=at)
        end = bisect_right(events, instant, first, key=at)
        yield from _chunks(events, start, first)
        yield events[first:end]
        start = end
    yield from _chunks(events, start, len(events))


def _chunks(events: list[Event], start: int, end: int) -> Iterator[list[Event]]:
    """The events of places start:end in chunks of whole instants."""
    while start < end:
        last = min(start + _CHUNK, end)
        while last < end and events[last].at == events[last - 1].at:
            last += 1
        yield events[start:last]
        start = last


def changes_in_order(partition: Partition) -> list[Change]:
    """The changes ordered by instant and customer."""
    return sorted(partition.publisher.changes, key=lambda change: (change.at_ms, change.key))


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
) -> list[dict[str, Any]]:
    """Every membership change of the events in the lines, in order of instant and customer."""
    replay = Replay(rules, timezone, retention_ms)
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
