"""Change records: the JSON that subscribers read."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson

from streams.events.amounts import SCALE
from streams.events.instants import stamp
from streams.memberships.durations import duration_text
from streams.rules import code as c
from streams.rules.compile import Program

_CACHED = 100_000
#: from dividends and divisors of all measures to what is said of one
Reason = Callable[[Sequence[int]], dict[str, object]]


class Recorder:
    """Makes change records under one rule set."""

    def __init__(self, program: Program) -> None:
        self._names = program.names
        self._digest = program.digest
        self._listed: dict[int, list[str]] = {}
        self._why = {name: _reasons(program, name) for name in program.names}

    def segments(self, bits: int) -> list[str]:
        """The names of the segments in a number of one bit a segment, sorted."""
        listed = self._listed.get(bits)
        if listed is None:
            if len(self._listed) > _CACHED:
                self._listed.clear()
            listed = self._listed[bits] = [name for bit, name in enumerate(self._names) if bits >> bit & 1]
        return listed

    def record(
        self,
        user: str,
        seq: int,
        at_ms: int,
        before: int,
        after: int,
        cause: dict[str, str],
        value: Sequence[int],
        gone: Sequence[str] = (),
    ) -> bytes:
        """One change: ``before`` and ``after`` one bit a segment, ``value`` dividend and divisor of each measure then,
        ``gone`` the segments left because their rule is no more."""
        entered, exited = self.segments(after & ~before), self.segments(before & ~after)
        if gone:
            exited = sorted([*exited, *gone])
        return orjson.dumps(
            {
                "user": user,
                "seq": seq,
                "at": stamp(at_ms),
                "entered": entered,
                "exited": exited,
                "segments": self.segments(after),
                "rules": self._digest,
                "cause": cause,
                "why": {name: [reason(value) for reason in self._why.get(name, ())] for name in (*entered, *exited)},
            }
        )


def _reasons(program: Program, name: str) -> list[Reason]:
    """What says each comparison of a rule, given the measures' values."""
    return [
        _reason(program, int(program.code.conditions[place, c.SUBJECT]), compare.measure.op, compare.measure.field)
        for place, compare in program.compares.get(name, ())
    ]


def _reason(program: Program, m: int, op: str, field: str | None) -> Reason:
    source = c.SOURCE_NAMES[int(program.code.measures[m, c.SOURCE])]
    over, under = 2 * m, 2 * m + 1
    if op.startswith("since"):
        subject = f"{op.removeprefix('since ')} {source}"
        return lambda value: {"since": subject, "value": duration_text(value[over]) if value[under] else None}
    subject = f"{source}.{field}" if field else source
    if op in ("count", "distinct"):
        return lambda value: {op: subject, "value": value[over] if value[under] else None}
    amount = field is not None and c.COLUMNS[source][field] in (c.AMOUNT, c.DISCOUNTED_BY)
    scale = SCALE if amount or op in ("share", "average", "trend", "ratio") else 1
    return lambda value: {op: subject, "value": _number(value[over], value[under] * scale)}


def _number(value: int, divisor: int) -> float | int | None:
    """A quotient as JSON shows it, to four decimals; None where it is undefined."""
    if not divisor:
        return None
    return value // divisor if value % divisor == 0 else round(value / divisor, 4)
