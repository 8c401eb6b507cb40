"""What candidate rules would make of a partition's customers, as counts; nothing of the partition changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.engine import slots
from streams.engine.machine import Machine
from streams.engine.partition import Partition
from streams.engine.pieces import Piece
from streams.engine.reasons import COUNT_OUT, ENTERED, EXITED, LOOKING, O_KEY, O_KIND, O_MEMBERS, O_MEMBERS_END, O_ROW
from streams.engine.sizes import family_members
from streams.memberships.records import family_segment
from streams.rows.arena import BITS, KNOWN, Rows
from streams.rows.layout import NEVER
from streams.rules.compile import Program
from streams.rules.marks import is_mark


@dataclass(slots=True)
class Flow:
    """Customers of one segment: before and after, those who would enter and leave, and the ids of a few of them."""

    before: int = 0
    after: int = 0
    entering: int = 0
    leaving: int = 0
    entering_ids: list[str] = field(default_factory=list)
    leaving_ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Findings:
    """``segments`` by NAME, or NAME/value of families, live and candidate ones; ``overlaps``: customers in both of two
    rules (of families: in any of their segments) under the candidates, the lesser name first, and of a rule with itself
    those in it. ``at_ms``: the instant of the oldest part."""

    customers: int = 0
    at_ms: int = 0
    segments: dict[str, Flow] = field(default_factory=dict)
    overlaps: dict[str, dict[str, int]] = field(default_factory=dict)

    def plus(self, other: Findings) -> Findings:
        """Both together."""
        total = Findings.from_dict(self.as_dict())
        total.customers += other.customers
        total.at_ms = min(self.at_ms or other.at_ms, other.at_ms or self.at_ms)
        for name, flow in other.segments.items():
            mine = total.segments.setdefault(name, Flow())
            for part, value in asdict(flow).items():
                setattr(mine, part, getattr(mine, part) + value)
        for name, others in other.overlaps.items():
            for second, count in others.items():
                counts = total.overlaps.setdefault(name, {})
                counts[second] = counts.get(second, 0) + count
        return total

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: dict[str, Any]) -> Findings:
        """From what ``as_dict`` gave."""
        flows = {name: Flow(**flow) for name, flow in found["segments"].items()}
        overlaps = {name: dict(others) for name, others in found["overlaps"].items()}
        return cls(found["customers"], found["at_ms"], flows, overlaps)


class Survey:
    """Judges a partition's customers under other rules, a slice at a time; between slices the partition may go on."""

    def __init__(self, partition: Partition, program: Program, now_ms: int, show: int = 0) -> None:
        live = partition.machine
        self._partition, self._show = partition, show
        self._at_ms = now_ms if partition.policy.clock == "wall" else live.clock_ms()
        self._machine = Machine(program)
        self._machine.names = live.names
        self._machine.bind()
        self._pieces = partition.pieces()
        self._users: Sequence[str] = ()
        self._columns = {family: column for column, family in enumerate(program.families)}
        self._members_named: dict[int, str] = {}
        names = dict.fromkeys((*live.program.names, *live.program.families, *program.names, *program.families))
        plain = [name for name in names if "/" not in name and not is_mark(name)]
        self.findings = Findings(0, self._at_ms, {name: Flow() for name in plain})
        for family in (*live.program.families, *program.families):
            self.findings.segments.pop(family, None)

    def step(self, most: int = 5000) -> bool:
        """Judge so many customers more; whether there are still others."""
        pieces = self._pieces.next(most)
        for piece in pieces:
            self._slice(piece)
        return bool(pieces)

    def _slice(self, piece: Piece) -> None:
        live, mine, found = self._partition.machine, self._machine, self.findings
        head, self._users = piece.rows.head, piece.users
        names = list(mine.program.names)
        shown = [(slot, name) for slot, name in enumerate(names) if not is_mark(name)]
        bits = head[:, BITS:]
        mine.look_at(piece.rows, np.hstack([head[:, :BITS], slots.moved(bits, live.segments, names)]))
        found.customers += int((head[:, KNOWN] != NEVER).sum())
        self._count_before(bits)
        families = self._families(piece.rows)
        for out in mine.visit(0, self._at_ms, NEVER, int(LOOKING)):
            n = int(out.n[COUNT_OUT])
            heads = out.heads[:n]
            for slot, name in shown:
                before, after = slots.column(out.before[:n], slot), slots.column(out.after[:n], slot)
                self._flow(name, heads[after > before, O_ROW], heads[after < before, O_ROW])
            for row, first, last in heads[:, [O_ROW, O_MEMBERS, O_MEMBERS_END]].tolist():
                self._members(row, out.members[first:last, [O_KEY, O_KIND]].tolist(), families[row])
        lost = [name for name in live.segments if name not in names and not is_mark(name)]
        for name in lost:
            self._flow(name, _NOBODY, np.flatnonzero(slots.column(bits, live.segments.index(name))))
        self._overlaps(mine.rows.head[:, BITS:], shown, families)

    def _count_before(self, bits: NDArray[np.int64]) -> None:
        for slot, name in enumerate(self._partition.machine.segments):
            if is_mark(name):
                continue
            flow = self.findings.segments.setdefault(name, Flow())
            count = int(slots.column(bits, slot).sum())
            flow.before += count
            flow.after += count

    def _families(self, live: Rows) -> NDArray[np.int64]:
        """How many segments of each of the candidates' families each customer of the slice is in, (customers,
        families); the sizes of all live ones are counted."""
        rows, keys = family_members(live, 0, len(live.head))
        for key, count in zip(*(part.tolist() for part in np.unique(keys, return_counts=True)), strict=True):
            flow = self.findings.segments.setdefault(self._member(key), Flow())
            flow.before += count
            flow.after += count
        found = np.zeros((len(live.head), len(self._columns)), np.int64)
        for family, column in self._columns.items():
            np.add.at(found, (rows[keys >> 32 == self._machine.names.exact(family)], column), 1)
        return found

    def _member(self, key: int) -> str:
        if key not in self._members_named:
            self._members_named[key] = family_segment(self._machine.names.shown, key)
        return self._members_named[key]

    def _members(self, row: int, members: list[list[int]], mine: NDArray[np.int64]) -> None:
        """Take up who enters and leaves segments of families."""
        one = np.array([row])
        for key, kind in members:
            name = self._member(key)
            column = self._columns.get(name.partition("/")[0])
            if kind == ENTERED:
                self._flow(name, one, _NOBODY)
            elif kind == EXITED:
                self._flow(name, _NOBODY, one)
            if column is not None:
                mine[column] += int(kind == ENTERED) - int(kind == EXITED)

    def _flow(self, name: str, entering: NDArray[np.int64], leaving: NDArray[np.int64]) -> None:
        flow, users = self.findings.segments.setdefault(name, Flow()), self._users
        flow.entering += len(entering)
        flow.leaving += len(leaving)
        flow.after += len(entering) - len(leaving)
        for ids, rows in ((flow.entering_ids, entering), (flow.leaving_ids, leaving)):
            ids += [users[row] for row in rows[: max(0, self._show - len(ids))].tolist()]

    def _overlaps(self, bits: NDArray[np.int64], shown: list[tuple[int, str]], families: NDArray[np.int64]) -> None:
        columns = {name: slots.column(bits, slot) for slot, name in shown}
        for family, column in self._columns.items():
            columns[family] = (families[:, column] > 0).astype(np.int64)
        order = sorted(columns)
        if not order:
            return
        table = np.stack([columns[name] for name in order])
        both = table @ table.T
        for i, first in enumerate(order):
            counts = self.findings.overlaps.setdefault(first, {})
            for j in range(i, len(order)):
                if both[i, j]:
                    counts[order[j]] = counts.get(order[j], 0) + int(both[i, j])


_NOBODY = np.zeros(0, np.int64)
