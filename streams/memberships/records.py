"""Change records: the JSON that subscribers read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from streams.events.instants import stamp
from streams.events.text import compared
from streams.memberships.arms import Arms
from streams.memberships.reasons import Reasons, Tell, Values, escaped
from streams.rows.layout import NAME_MASK
from streams.rules.compile import Program
from streams.rules.marks import is_mark

_CACHED = 100_000
_json = orjson.dumps
#: the form of a record's form: in it go the lists, the rules and the reasons; in that user, seq, at, cause and values
_FORM = b'{"user":%%b,"seq":%%d,"at":"%%b",%b,"rules":%b,"cause":%%b,"why":{%b}}'


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
    """A change of plain segments: who entered, left and is in, why those did, and the whole record as a form, in which
    ``told_by`` say the values."""

    entered: list[str]
    exited: list[str]
    segments: list[str]
    why: list[tuple[bytes, Reasons]]
    form: bytes
    told_by: tuple[Tell, ...]


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
        self._segments = [(bit, name) for bit, name in enumerate(segments) if not is_mark(name)]
        self._shown = shown
        self._digest = _json(program.digest)
        self._listed: dict[int, list[str]] = {}
        self._moves: dict[tuple[int, int], _Move] = {}
        self._at_ms, self._at = 0, stamp(0).encode()
        self._members: dict[int, str] = {}
        self._why = {name: Reasons(program, name, shown) for name in program.leaves}
        # a plain segment whose rule became a family is left without reasons: the family's are those of its values
        self._arms = Arms(program.rule_set.rules)
        self._families = {rule.name for rule in program.rule_set.rules if rule.for_each}

    def segments(self, bits: int) -> list[str]:
        """The names of the plain segments in a number of one bit a segment, sorted."""
        listed = self._listed.get(bits)
        if listed is None:
            if len(self._listed) > _CACHED:
                self._listed.clear()
            found = sorted(name for bit, name in self._segments if bits >> bit & 1)
            listed = self._listed[bits] = found
        return listed

    def _move(self, before: int, after: int) -> _Move:
        """What records of this move have in common."""
        move = self._moves.get((before, after))
        if move is None:
            if len(self._moves) > _CACHED:
                self._moves.clear()
            lists = self.segments(after & ~before), self.segments(before & ~after), self.segments(after)
            told_of = [name for name in (*lists[0], *lists[1]) if name in self._why and name not in self._families]
            why = [(_json(name) + b":", self._why[name]) for name in told_of]
            told = b",".join(escaped(name) + reasons.form for name, reasons in why)
            form = _FORM % (escaped(_listed(*lists)), escaped(self._digest), told)
            told_by = tuple(tell for _, reasons in why for tell in reasons.told_by)
            move = self._moves[before, after] = _Move(*lists, why, form, told_by)
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
        cause: bytes,
        values: Values,
        families: Families | None = None,
    ) -> bytes:
        """One change: ``before`` and ``after`` one bit a plain segment, ``cause`` as JSON, ``values`` the results then.

        Put together of pieces of JSON that are mostly there already: when rules change this is what takes longest.
        """
        move = self._move(before, after)
        head = _json(user), seq, self._stamp(at_ms), cause
        if families is None:
            segments = move.segments
            record = move.form % (*head, *[tell(values, segments) for tell in move.told_by])
            return self._arms.told(record, user, segments) if self._arms else record
        segments = sorted([*move.segments, *map(self.member, families.entered), *map(self.member, families.stays)])
        entered = sorted([*move.entered, *map(self.member, families.entered)])
        exited = sorted([*move.exited, *map(self.member, families.exited)])
        why = self._family_reasons(families, segments)
        why += [name + reasons.told(values, segments) for name, reasons in move.why]
        form = _FORM % (escaped(_listed(entered, exited, segments)), escaped(self._digest), escaped(b",".join(why)))
        record = form % head
        return self._arms.told(record, user, segments) if self._arms else record

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
