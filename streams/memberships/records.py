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
_json = orjson.dumps


class Families(NamedTuple):
    """Members of families, by word 1 of their STATE records (``rows.layout``): who entered, left and stays, and the
    results behind those that entered or left."""

    entered: list[int]
    exited: list[int]
    stays: list[int]
    values: dict[int, Values]

    def ended(self) -> Families:
        """As told by a tombstone, which ends all that was before."""
        return Families([], self.exited + self.stays, [], {})

    def anew(self) -> Families:
        """As after the tombstone."""
        return Families(self.entered + self.stays, [], [], self.values)


class _Move(NamedTuple):
    """A change of plain segments: who entered, left and is in, the same as JSON, and why, by the name's JSON."""

    entered: list[str]
    exited: list[str]
    segments: list[str]
    listed: bytes
    why: list[tuple[bytes, Reasons]]


def _listed(entered: list[str], exited: list[str], segments: list[str]) -> bytes:
    return b'"entered":%b,"exited":%b,"segments":%b' % (_json(entered), _json(exited), _json(segments))


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
        self._digest = _json(program.digest)
        self._listed: dict[int, list[str]] = {}
        self._moves: dict[tuple[int, int], _Move] = {}
        self._at_ms, self._at = 0, stamp(0).encode()
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

    def _move(self, before: int, after: int) -> _Move:
        """What records of this move have in common."""
        move = self._moves.get((before, after))
        if move is None:
            if len(self._moves) > _CACHED:
                self._moves.clear()
            lists = self.segments(after & ~before), self.segments(before & ~after), self.segments(after)
            why = [(_json(name) + b":", self._why[name]) for name in (*lists[0], *lists[1]) if name in self._why]
            move = self._moves[before, after] = _Move(*lists, _listed(*lists), why)
        return move

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
        """One change: ``before`` and ``after`` one bit a plain segment, ``values`` the results then.

        Put together of pieces of JSON that are mostly there already: when rules change this is what takes longest.
        """
        entered, exited, segments, listed, told = self._move(before, after)
        why: list[bytes] = []
        if families is not None:
            here = [*map(self.member, families.entered), *map(self.member, families.stays)]
            segments = sorted([*segments, *here])
            entered = sorted([*entered, *map(self.member, families.entered)])
            exited = sorted([*exited, *map(self.member, families.exited)])
            listed, why = _listed(entered, exited, segments), self._family_reasons(families, segments)
        why += [name + reasons.told(values, segments) for name, reasons in told]
        head = _json(user), seq, self._stamp(at_ms), listed, self._digest, _json(cause)
        return b'{"user":%b,"seq":%d,"at":"%b",%b,"rules":%b,"cause":%b,"why":{%b}}' % (*head, b",".join(why))

    def _stamp(self, at_ms: int) -> bytes:
        """The instant in words; under changed rules it is the same for all."""
        if at_ms != self._at_ms:
            self._at_ms, self._at = at_ms, stamp(at_ms).encode()
        return self._at

    def _family_reasons(self, families: Families, segments: list[str]) -> list[bytes]:
        """Why those entered and left whose results are known."""
        found: list[bytes] = []
        for key in (*families.entered, *families.exited):
            values, reasons = families.values.get(key), self._why.get(self._shown[key >> 32])
            if values is not None and reasons is not None:
                each = compared(self._shown[key & NAME_MASK])
                found.append(b"%b:%b" % (_json(self.member(key)), reasons.told(values, segments, each)))
        return found
