"""What a partition has done, as plain numbers that cost next to nothing to keep; monitors read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.memberships.records import Families
from streams.rules.marks import is_mark

#: different changes that are kept apart until they are added up by segment
_APART = 10_000


@dataclass(slots=True)
class Counts:
    """Events folded, records sent home, records refused by class of reason, customers that entered and left each
    segment; the segments of a family count under its name; events that were a machine's."""

    events: int = 0
    forwarded: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    entered: dict[str, int] = field(default_factory=dict)
    exited: dict[str, int] = field(default_factory=dict)
    machines: int = 0

    def refuse(self, kind: str) -> None:
        """One more record refused for a reason of that class."""
        self.refused[kind] = self.refused.get(kind, 0) + 1

    def add(self, other: Counts) -> None:
        """All of another's as well."""
        self.events += other.events
        self.machines += other.machines
        self.forwarded += other.forwarded
        for mine, its in ((self.refused, other.refused), (self.entered, other.entered), (self.exited, other.exited)):
            for name, number in its.items():
                mine[name] = mine.get(name, 0) + number


class Moves:
    """Changes, counted as they come and added up by segment when that is asked for.

    ``segments`` names the bits of the numbers ``before`` and ``after``, ``shown`` the numbers of the dictionary.
    """

    def __init__(self, segments: Sequence[str], shown: Sequence[str]) -> None:
        self._segments, self._shown = tuple(segments), shown
        self._plain: dict[tuple[int, int], int] = {}
        self._families: dict[tuple[bool, int], int] = {}

    def note(self, before: int, after: int, families: Families | None) -> None:
        """One more change."""
        pair = before, after
        self._plain[pair] = self._plain.get(pair, 0) + 1
        if families is not None:
            for entered, keys in ((True, families.entered), (False, families.exited)):
                for key in keys:
                    self._families[entered, key >> 32] = self._families.get((entered, key >> 32), 0) + 1

    def full(self) -> bool:
        """Whether it is time to add up."""
        return len(self._plain) > _APART

    def add_up(self, counts: Counts) -> None:
        """Into ``counts``; from now on they are forgotten here."""
        for (before, after), number in self._plain.items():
            self._add(counts.entered, after & ~before, number)
            self._add(counts.exited, before & ~after, number)
        for (entered, name), number in self._families.items():
            of = counts.entered if entered else counts.exited
            of[self._shown[name]] = of.get(self._shown[name], 0) + number
        self._plain.clear()
        self._families.clear()

    def _add(self, of: dict[str, int], bits: int, number: int) -> None:
        while bits:
            name = self._segments[(bits & -bits).bit_length() - 1]
            if not is_mark(name):
                of[name] = of.get(name, 0) + number
            bits &= bits - 1
