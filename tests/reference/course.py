"""Section 1: the course of every customer, by looking at every instant at which anything can change."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import floor
from typing import Any
from zoneinfo import ZoneInfo

from streams.events.traffic import ONLY_SAID, Traffic
from streams.rules.model import RATIO_SCALE, Compare, Group, Node, RuleSet
from tests.reference.customers import Merges
from tests.reference.events import Event, Refused, parse
from tests.reference.judge import Judgement, Memory, Snapshot, snapshot
from tests.reference.measures import Undefined, in_window, local_day, matches

DAY_MS = 86_400_000
RETENTION_MS = 730 * DAY_MS

Change = dict[str, Any]


def course(
    events: Sequence[dict[str, Any]],
    rules: RuleSet,
    until_ms: int | None = None,
    *,
    retention_ms: int = RETENTION_MS,
    timezone: str = "UTC",
    traffic: Traffic = ONLY_SAID,
) -> list[Change]:
    """Every membership change up to ``until_ms`` (None: the last event), in order of (at, user).

    ``events`` are JSON objects in any order; those that the contract refuses are skipped.
    """
    story = Story(events, rules, until_ms, retention_ms, timezone, traffic)
    changes = [change for user in story.users for change in story.changes(user)]
    return sorted(changes, key=lambda change: (change["at"], change["user"]))


def final(
    events: Sequence[dict[str, Any]],
    rules: RuleSet,
    until_ms: int | None = None,
    *,
    retention_ms: int = RETENTION_MS,
    timezone: str = "UTC",
) -> dict[str, list[str]]:
    """The segments at ``until_ms`` of every customer who is in any."""
    found: dict[str, list[str]] = {}
    for change in course(events, rules, until_ms, retention_ms=retention_ms, timezone=timezone):
        found[change["user"]] = change["segments"]
    return {user: segments for user, segments in found.items() if segments}


def stamp(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


class Story:
    """All events and rules, and how far to look."""

    def __init__(
        self,
        raw: Sequence[dict[str, Any]],
        rules: RuleSet,
        until_ms: int | None,
        retention_ms: int,
        zone: str,
        traffic: Traffic = ONLY_SAID,
    ) -> None:
        self.events = list(_accepted(raw))
        self.rules, self.retention_ms, self.zone, self.traffic = rules, retention_ms, zone, traffic
        self.merges = Merges(self.events)
        self.until_ms = max((e.at for e in self.events), default=0) if until_ms is None else until_ms
        self.users = sorted({e.user for e in self.events})

    def changes(self, user: str) -> Iterator[Change]:
        """What changes for one id, in order of time."""
        memory = Memory()
        before: frozenset[str] = frozenset()
        for t, seen in self.instants(user, memory):
            now = Judgement(self.rules, seen, memory).segments()
            if now != before:
                yield {
                    "user": user,
                    "at": stamp(t),
                    "entered": sorted(now - before),
                    "exited": sorted(before - now),
                    "segments": sorted(now),
                }
            before = now

    def instants(self, user: str, memory: Memory) -> Iterator[tuple[int, Snapshot]]:
        """Each instant at which something can change for an id, in order; the next is found when the last is judged."""
        waiting = sorted(self.fixed(user))
        done = 0
        while waiting:
            t = heapq.heappop(waiting)
            if t <= done or t > self.until_ms:
                continue
            done = t
            seen = snapshot(user, t, self.own(user), self.merges, self.retention_ms, self.zone, self.traffic)
            yield t, seen
            for later in self.moving(seen, memory):
                if later > t:
                    heapq.heappush(waiting, later)

    def own(self, user: str) -> list[Event]:
        """The events that may ever concern an id: those of all ids that become one customer with it."""
        last = max((e.at for e in self.events), default=0)
        return [e for e in self.events if self.merges.survivor(e.user, last) == self.merges.survivor(user, last)]

    def fixed(self, user: str) -> set[int]:
        """The instants that follow from an event's own: ends of windows and of retention, bounds of ``since``."""
        offsets = {0, self.retention_ms}
        days: set[int] = set()
        for compare in self.compares():
            measure, bounds = compare.measure, compare.bounds
            last, before = measure.last_ms or 0, measure.before_ms
            offsets |= {before, before + last, before + last + (measure.against_ms or 0)}
            if measure.op.startswith("since"):
                offsets |= {b + more for b in (bounds.low, bounds.high) if b is not None for more in (0, 1)}
            days |= set() if measure.last_days is None else {measure.last_days}
        starts = {e.at for e in self.own(user)}
        midnights = {self.midnight(at, day) for at in starts for day in days}
        return {at + offset for at in starts for offset in offsets} | midnights

    def midnight(self, at: int, days: int) -> int:
        """When the local day begins that is so many days after that of an instant."""
        day = local_day(at, self.zone) + timedelta(days=days)
        return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.zone)).timestamp()) * 1000

    def moving(self, seen: Snapshot, memory: Memory) -> Iterator[int]:
        """The instants that follow from the state now: of ``for``, ``keep_for`` and ``overdue``."""
        for rule in self.rules.rules:
            for kept, length in ((memory.held_ms, rule.for_ms), (memory.entered_ms, rule.keep_for_ms)):
                yield from (at + length for name, at in kept.items() if length and name.split("/")[0] == rule.name)
        values = {text for fact in seen.facts for texts in fact.texts.values() for text in texts}
        for compare in self.compares():
            if compare.measure.op == "overdue":
                for each in (None, *values):
                    yield from _due(compare, seen, each)

    def compares(self) -> list[Compare]:
        """All conditions that compare a measure."""
        return [compare for rule in self.rules.rules for compare in _compares(rule.when)]


def _accepted(raw: Sequence[dict[str, Any]]) -> Iterator[Event]:
    for one in raw:
        try:
            yield parse(one)
        except Refused:
            continue


def _compares(node: Node) -> list[Compare]:
    if isinstance(node, Group):
        return [compare for part in node.parts for compare in _compares(part)]
    return [node] if isinstance(node, Compare) else []


def _due(compare: Compare, seen: Snapshot, each: str | None) -> Iterator[int]:
    """Around the instant at which ``overdue`` reaches a bound, as long as no fact comes or goes."""
    try:
        window = in_window(compare.measure, compare.measure.source, seen.facts, seen.t, seen.zone)
    except Undefined:
        return
    at = [f.at for f in window if matches(f, compare.measure.where, each)]
    if len(at) >= 3:
        gap = Fraction(max(at) - min(at), len(at) - 1)
        for bound in (compare.bounds.low, compare.bounds.high):
            if bound is not None:
                due = floor(max(at) + gap * bound / RATIO_SCALE)
                yield from (due, due + 1)
