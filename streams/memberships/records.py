"""Change records: the JSON that subscribers read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from streams.events.instants import stamp
from streams.events.text import compared
from streams.memberships.reasons import Reasons, Values
from streams.rows.layout import NAME_MASK
from streams.rules.compile import Program

_CACHED = 100_000


class Families(NamedTuple):
    """Members of families, by word 1 of their STATE records (``rows.layout``): who entered, left and stays, and the
    results behind those that entered or left."""

    entered: list[int]
    exited: list[int]
    stays: list[int]
    values: dict[int, Values]

    def anew(self) -> Families:
        """As after a tombstone, which ends all that was before."""
        return Families(self.entered + self.stays, [], [], self.values)


def family_segment(shown: Sequence[str], key: int) -> str:
    """NAME/value of word 1 of a STATE record; the value is in its compared form."""
    return f"{shown[key >> 32]}/{compared(shown[key & NAME_MASK])}"


class Recorder:
    """Makes change records under one rule set.

    ``segments`` names the bits of plain segments, ``shown`` the numbers of the partition's dictionary.
    """

    def __init__(self, program: Program, segments: Sequence[str], shown: Sequence[str]) -> None:
        self._segments = tuple(segments)
        self._shown = shown
        self._digest = program.digest
        self._listed: dict[int, list[str]] = {}
        self._members: dict[int, str] = {}
        self._why = {name: Reasons(program, name, shown) for name in program.leaves}

    def segments(self, bits: int) -> list[str]:
        """The names of the plain segments in a number of one bit a segment, sorted."""
        listed = self._listed.get(bits)
        if listed is None:
            if len(self._listed) > _CACHED:
                self._listed.clear()
            found = sorted(name for bit, name in enumerate(self._segments) if bits >> bit & 1)
            listed = self._listed[bits] = found
        return listed

    def member(self, key: int) -> str:
        """The name of a family's segment, NAME/value; the value is in its compared form."""
        name = self._members.get(key)
        if name is None:
            if len(self._members) > _CACHED:
                self._members.clear()
            name = self._members[key] = family_segment(self._shown, key)
        return name

    def record(
        self,
        user: str,
        seq: int,
        at_ms: int,
        before: int,
        after: int,
        cause: dict[str, str],
        values: Values,
        families: Families | None = None,
    ) -> bytes:
        """One change: ``before`` and ``after`` one bit a plain segment, ``values`` the results then."""
        entered, exited, segments = self.segments(after & ~before), self.segments(before & ~after), self.segments(after)
        why: dict[str, object] = {}
        if families is not None:
            here = [*map(self.member, families.entered), *map(self.member, families.stays)]
            segments = sorted([*segments, *here])
            why = self._family_reasons(families, segments)
        why |= {
            name: reasons.told(values, segments)
            for name in (*entered, *exited)
            if (reasons := self._why.get(name)) is not None
        }
        if families is not None:
            entered = sorted([*entered, *map(self.member, families.entered)])
            exited = sorted([*exited, *map(self.member, families.exited)])
        return orjson.dumps(
            {
                "user": user,
                "seq": seq,
                "at": stamp(at_ms),
                "entered": entered,
                "exited": exited,
                "segments": segments,
                "rules": self._digest,
                "cause": cause,
                "why": why,
            }
        )

    def _family_reasons(self, families: Families, segments: list[str]) -> dict[str, object]:
        """Why those entered and left whose results are known."""
        found: dict[str, object] = {}
        for key in (*families.entered, *families.exited):
            values, reasons = families.values.get(key), self._why.get(self._shown[key >> 32])
            if values is not None and reasons is not None:
                found[self.member(key)] = reasons.told(values, segments, compared(self._shown[key & NAME_MASK]))
        return found
