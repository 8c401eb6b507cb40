"""A read-committed subscriber that takes nothing on trust: no number may be missing or come twice."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field

from streams.clients.changes import Arrived, Change, ChangeReader

QUIET_SECONDS = 2.0


@dataclass(slots=True)
class Subscriber:
    """Everything that arrived so far; ``faults`` tells, in words, what must not happen.

    ``lost`` counts the numbers that never came, ``repeated`` those that came again and the entries of members and exits
    of others.
    """

    reader: ChangeReader
    records: int = 0
    segments: dict[str, list[str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    lost: int = 0
    repeated: int = 0
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
        self._check_number(change)
        self._check_segments(change)
        self._numbers[change.user] = change.seq
        self.segments[change.user] = change.segments

    def _check_number(self, change: Change) -> None:
        due = self._numbers[change.user] + 1
        if change.seq != due:
            self.faults.append(f"customer {change.user}: seq {change.seq} came where {due} was due")
            self.lost += max(0, change.seq - due)
            self.repeated += change.seq < due

    def _check_segments(self, change: Change) -> None:
        before, entered, exited = set(self.segments.get(change.user, [])), set(change.entered), set(change.exited)
        again = entered & before | exited - before
        if again:
            self.faults.append(f"customer {change.user}: seq {change.seq} enters or leaves again {sorted(again)}")
            self.repeated += len(again)
        if set(change.segments) != before - exited | entered:
            self.faults.append(f"customer {change.user}: seq {change.seq} does not follow from the segments before it")
