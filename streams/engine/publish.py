"""From the kernel's changes to the records that are published."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from streams.engine.counts import Counts, Moves
from streams.engine.machine import Machine
from streams.engine.reasons import (
    COUNT_OUT,
    ENTERED,
    ERASED,
    EXITED,
    NO_REASON,
    O_KEY,
    O_KIND,
    O_REASON,
    O_ROW,
    Changes,
)
from streams.engine.step import BY_RULES, BY_TIME, BY_WAITING
from streams.engine.tally import Tally
from streams.memberships.records import Families, Recorder
from streams.rows.arena import BITS, SEQ
from streams.rows.ids import held_id
from streams.rows.layout import FLAG_SHIFT, MEMBER, NAME_MASK
from streams.rows.parts import states

_EVENT = b'{"kind":"event","id":%b}'
_json = orjson.dumps


class Change(NamedTuple):
    """One record: its key, its value (None: a tombstone), and the instant at which it is true (ms)."""

    key: bytes
    value: bytes | None
    at_ms: int


class Publisher:
    """Collects change records, numbering them per customer.

    ``users[row]`` names the rows, ``id_of`` the events of the batch being folded; ``cause`` (JSON) is said of all
    changes where it is set; ``counts`` takes the changes, and ``tally`` where there is one. Without ``tombstones``
    (replay) an erasure shows as leaving every segment.
    """

    def __init__(self, machine: Machine, tombstones: bool, counts: Counts | None = None) -> None:
        self.users: list[str] = []
        self.id_of: Callable[[int], str] = str
        self.cause: bytes | None = None
        self.changes: list[Change] = []
        self.tally: Tally | None = None
        self._machine = machine
        self.tombstones = tombstones
        self._counts = counts or Counts()
        self._moves = Moves((), ())
        self.take_up_rules()

    def take_up_rules(self) -> None:
        """From now on records are those of the machine's rules."""
        machine = self._machine
        self.count()
        self._moves = Moves(machine.segments, machine.names.shown)
        self._recorder = Recorder(machine.program, machine.segments, machine.names.shown)

    def count(self) -> None:
        """Add the changes up, by segment."""
        self._moves.add_up(self._counts)

    def segments_of(self, row: int) -> list[str]:
        """The segments of a row as published."""
        rows = self._machine.rows
        found = states(rows, row)
        members = found[(found[:, 0] >> FLAG_SHIFT & MEMBER != 0) & (found[:, 1] & NAME_MASK != 0), 1].tolist()
        plain = self._recorder.segments(int.from_bytes(rows.head[row, BITS:].tobytes(), "little"))
        return sorted([*plain, *map(self._recorder.member, members)]) if members else plain

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
        n, head = int(out.n[COUNT_OUT]), self._machine.rows.head
        before, after = _numbers(out.before[:n]), _numbers(out.after[:n])
        rows = out.heads[:n, O_ROW]
        seqs = dict(zip(rows.tolist(), head[rows, SEQ].tolist(), strict=True))
        for (row, at_ms, cause, mode, first, end), value, old, new in zip(
            out.heads[:n].tolist(), out.value[:n].reshape(n, -1).tolist(), before, after, strict=True
        ):
            families = _families(out, first, end) if end > first else None
            if mode == ERASED and self.tombstones:
                self.changes.append(Change(self.users[row].encode(), None, at_ms))
                self._note(old, 0, families.ended() if families else None)
                old, families = 0, families.anew() if families else None
            if old != new or (families and (families.entered or families.exited)):
                seqs[row] += 1
                self._note(old, new, families)
                said, user = self.cause or self._cause(row, cause), self.users[row]
                record = self._recorder.record(user, seqs[row], at_ms, old, new, said, value, families)
                self.changes.append(Change(user.encode(), record, at_ms))
        head[list(seqs), SEQ] = list(seqs.values())
        if self._moves.full():
            self.count()

    def _note(self, before: int, after: int, families: Families | None) -> None:
        self._moves.note(before, after, families)
        if self.tally is not None:
            self.tally.note(before, after, families)

    def _cause(self, row: int, cause: int) -> bytes:
        if cause >= 0:
            return _EVENT % _json(self.id_of(cause))
        if cause == BY_TIME:
            return b'{"kind":"time"}'
        if cause == BY_RULES:
            return b'{"kind":"rules"}'
        event_id = held_id(self._machine.rows, row, BY_WAITING - cause)
        return b'{"kind":"event"}' if event_id is None else _EVENT % _json(event_id)


def _families(out: Changes, first: int, end: int) -> Families:
    """The members of families of one change, and the results behind those that entered or left."""
    found = Families([], [], [], {})
    for key, kind, reason in out.members[first:end, [O_KEY, O_KIND, O_REASON]].tolist():
        (found.entered if kind == ENTERED else found.exited if kind == EXITED else found.stays).append(key)
        if reason != NO_REASON:
            found.values[key] = out.reasons[reason].ravel().tolist()
    return found


def _numbers(bits: NDArray[np.int64]) -> list[int]:
    """One number of one bit a segment for each line of words."""
    if bits.shape[1] == 1:
        numbers: list[int] = bits[:, 0].view(np.uint64).tolist()
        return numbers
    return [int.from_bytes(line.tobytes(), "little") for line in bits]
