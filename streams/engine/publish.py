"""From the kernel's changes to the records that are published."""

from __future__ import annotations

from collections.abc import Generator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.engine.machine import Machine
from streams.engine.step import BY_RULES, BY_TIME, BY_WAITING, COUNT_OUT, Changes
from streams.events.native import Event
from streams.memberships.records import Recorder
from streams.rows.arena import BITS, DIRTY, EVALUATED, SEQ
from streams.rows.ids import held_id
from streams.rules.compile import Program


class Change(NamedTuple):
    """One record: its key, its value (None: a tombstone), and the instant at which it is true (ms)."""

    key: bytes
    value: bytes | None
    at_ms: int


class Publisher:
    """Collects change records, numbering them per customer.

    ``users[row]`` names the rows; ``events`` is the batch being folded; ``ghosts[row]`` the segments of rules that
    are gone by now, which a customer leaves at the first judgement under the new ones. Without ``tombstones``
    (replay) an erasure shows as leaving every segment.
    """

    def __init__(self, program: Program, machine: Machine, tombstones: bool) -> None:
        self.users: list[str] = []
        self.events: list[Event] = []
        self.ghosts: dict[int, list[str]] = {}
        self.changes: list[Change] = []
        self._recorder = Recorder(program)
        self._machine = machine
        self._tombstones = tombstones

    def segments_of(self, row: int) -> list[str]:
        """The segments of a row as published."""
        bits = self._machine.rows.head[row, BITS:]
        return self._recorder.segments(int.from_bytes(bits.tobytes(), "little"))

    def take(self) -> list[Change]:
        """The records since the last call."""
        taken, self.changes = self.changes, []
        return taken

    def drain(self, changes: Generator[Changes, None, int]) -> int:
        """Write a record for each of the kernel's changes; returns what the generator returns."""
        while True:
            try:
                self._write(next(changes))
            except StopIteration as end:
                return end.value or 0

    def _write(self, out: Changes) -> None:
        n = int(out.n[COUNT_OUT])
        before, after = _numbers(out.before[:n]), _numbers(out.after[:n])
        for (row, at_ms, cause, erased), value, old, new in zip(
            out.heads[:n].tolist(), out.value[:n].reshape(n, -1).tolist(), before, after, strict=True
        ):
            user = self.users[row]
            if erased and self._tombstones:
                self.changes.append(Change(user.encode(), None, at_ms))
                old = 0
            if old != new:
                self._publish(row, at_ms, self._cause(row, cause), old, new, value)

    def _publish(self, row: int, at_ms: int, cause: dict[str, str], old: int, new: int, value: list[int]) -> None:
        head, user = self._machine.rows.head, self.users[row]
        seq = int(head[row, SEQ]) + 1
        head[row, SEQ] = seq
        gone = self.ghosts.pop(row, ()) if self.ghosts else ()
        record = self._recorder.record(user, seq, at_ms, old, new, cause, value, gone)
        self.changes.append(Change(user.encode(), record, at_ms))

    def leave_ghosts(self) -> None:
        """Publish the leaving of segments whose rule is gone for those customers who changed in nothing else."""
        head = self._machine.rows.head
        for row in list(self.ghosts):
            bits = int.from_bytes(head[row, BITS:].tobytes(), "little")
            self._publish(row, int(head[row, EVALUATED]), {"kind": "rules"}, bits, bits, [])
            head[row, DIRTY] = 1

    def _cause(self, row: int, cause: int) -> dict[str, str]:
        if cause >= 0:
            return {"kind": "event", "id": self.events[cause].id}  # type: ignore[dict-item]
        if cause == BY_TIME:
            return {"kind": "time"}
        if cause == BY_RULES:
            return {"kind": "rules"}
        event_id = held_id(self._machine.rows, row, BY_WAITING - cause)
        return {"kind": "event"} if event_id is None else {"kind": "event", "id": event_id}


def _numbers(bits: NDArray[np.int64]) -> list[int]:
    """One number of one bit a segment for each line of words."""
    if bits.shape[1] == 1:
        numbers: list[int] = bits[:, 0].view(np.uint64).tolist()
        return numbers
    return [int.from_bytes(line.tobytes(), "little") for line in bits]
