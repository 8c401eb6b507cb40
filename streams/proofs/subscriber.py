"""A read-committed subscriber that takes nothing on trust: no number may be missing or come twice."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from streams.clients.changes import Arrived, ChangeReader

QUIET_SECONDS = 2.0


@dataclass(slots=True)
class Subscriber:
    """Everything that arrived so far; ``faults`` tells, in words, what must not happen."""

    reader: ChangeReader
    records: int = 0
    segments: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)

    def read(self, seconds: float) -> int:
        """Takes what comes within so many seconds, as soon as there is something; returns how many records."""
        arrived = self.reader.poll(seconds)
        for one in arrived:
            self._take(one)
        return len(arrived)

    def read_all(self) -> None:
        """Takes what comes until nothing has come for two seconds."""
        last = time.monotonic()
        while time.monotonic() - last < QUIET_SECONDS:
            if self.read(0.2):
                last = time.monotonic()

    def _take(self, arrived: Arrived) -> None:
        self.records += 1
        change = arrived.change
        if change is None:
            self.segments[arrived.user] = []
            return
        expected = self._numbers[change.user] + 1
        if change.seq != expected:
            self.faults.append(f"customer {change.user}: seq {change.seq} came where {expected} was due")
        before = set(self.segments.get(change.user, []))
        if set(change.segments) != before - set(change.exited) | set(change.entered):
            self.faults.append(f"customer {change.user}: seq {change.seq} does not follow from the segments before it")
        self._numbers[change.user] = change.seq
        self.segments[change.user] = change.segments
