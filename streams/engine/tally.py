"""How many customers are in each segment, kept up as changes come: nobody can count rows that are not in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from streams.memberships.records import Families, family_segment
from streams.rows.layout import NAME_MASK
from streams.rules.marks import is_mark


class Tally:
    """Sizes by member: of a plain segment the number of its name, of a family's segment word 1 of its STATE record.

    ``numbers`` are the names of the bits.
    """

    def __init__(self) -> None:
        self.numbers: Sequence[int] = ()
        self._sizes: dict[int, int] = {}
        self._changed: set[int] = set()

    def note(self, before: int, after: int, families: Families | None) -> None:
        """One customer's change, as ``counts.Moves.note`` takes it."""
        bits = before ^ after
        while bits:
            low = bits & -bits
            self.add(self.numbers[low.bit_length() - 1], 1 if after & low else -1)
            bits ^= low
        if families is not None:
            for key in families.entered:
                self.add(key, 1)
            for key in families.exited:
                self.add(key, -1)

    def add(self, member: int, count: int) -> None:
        """So many more, or fewer."""
        self._sizes[member] = self._sizes.get(member, 0) + count
        self._changed.add(member)

    def take_changed(self) -> dict[int, int]:
        """The sizes that changed since the last call."""
        changed = {member: self._sizes[member] for member in self._changed}
        for member, size in changed.items():
            if not size:
                del self._sizes[member]
        self._changed.clear()
        return changed

    def restore(self, sizes: Iterable[tuple[int, int]]) -> None:
        """Begin with these sizes."""
        self._sizes = dict(sizes)

    def sizes(self, segments: Sequence[str], shown: Sequence[str]) -> dict[str, int]:
        """By segment, as ``sizes.sizes``."""
        found = dict.fromkeys(segments, 0)
        for member, size in self._sizes.items():
            if size:
                found[shown[member] if member <= NAME_MASK else family_segment(shown, member)] = size
        return {name: size for name, size in found.items() if not is_mark(name)}

    def gone(self, shown: Sequence[str], names: Iterable[str]) -> list[str]:
        """The plain segments that somebody is in and that are not among the names."""
        known = set(names)
        found = {shown[member] for member, size in self._sizes.items() if size and member <= NAME_MASK}
        return sorted(found - known)


def restored_sizes(pairs: Iterable[tuple[bytes, bytes]]) -> Mapping[int, int]:
    """Sizes from what a store keeps of them."""
    return {int.from_bytes(key[1:], "big"): int(value) for key, value in pairs}
