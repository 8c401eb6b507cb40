"""Numbers for texts by their bytes, to be looked up by compiled code: hash tables with open addressing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.compiled import compiled, entry
from streams.rows.layout import plain

#: a slot: the text's hash, where its bytes begin, how many they are (FREE: nothing is here), its number (FREE: it was
#: forgotten)
T_HASH, T_START, T_LENGTH, T_NUMBER = range(4)
_WIDTH = 4
FREE = plain(-1)
#: how many slots are looked at before a text counts as missing: texts that are made to collide must not cost more
MOST_PROBES = 64
#: FNV-1a of 64 bits (Fowler, Noll and Vo)
OFFSET_BASIS, PRIME = plain(-3750763034362895579), plain(1099511628211)


class Table(NamedTuple):
    """The slots, a power of two of them, and the bytes that they point to."""

    slots: NDArray[np.int64]
    bytes: NDArray[np.uint8]


@compiled
def slot_of(table: Table, data: np.ndarray, start: int, length: int, digest: int, probes: int) -> int:
    """Where the text ``data[start : start + length]`` is, whose hash is given, after looking at so many slots at most;
    FREE where it is not there."""
    mask = table.slots.shape[0] - 1
    slot = (digest ^ digest >> 32) & mask
    for _ in range(probes):
        if table.slots[slot, T_LENGTH] == FREE:
            break
        if table.slots[slot, T_HASH] == digest and table.slots[slot, T_LENGTH] == length:
            first, k = table.slots[slot, T_START], 0
            while k < length and table.bytes[first + k] == data[start + k]:
                k += 1
            if k == length:
                return slot
        slot = (slot + 1) & mask
    return FREE


@compiled
def look_up(table: Table, data: np.ndarray, start: int, length: int, digest: int) -> int:
    """The number of the text ``data[start : start + length]``, whose hash is given; FREE where it is not there."""
    slot = slot_of(table, data, start, length, digest, MOST_PROBES)
    return FREE if slot == FREE else table.slots[slot, T_NUMBER]


@entry
def take_out(table: Table, texts: np.ndarray, ends: np.ndarray) -> None:
    """Take out texts that lie one behind the other, also their bytes, as far as they are there."""
    start = 0
    for i in range(ends.shape[0]):
        digest = OFFSET_BASIS
        for k in range(start, ends[i]):
            digest = (digest ^ texts[k]) * PRIME
        # however far: what stayed would be found again when the table grows
        slot = slot_of(table, texts, start, ends[i] - start, digest, table.slots.shape[0])
        if slot != FREE:
            table.slots[slot, T_NUMBER] = FREE
            for k in range(table.slots[slot, T_START], table.slots[slot, T_START] + table.slots[slot, T_LENGTH]):
                table.bytes[k] = 0
        start = ends[i]


@compiled
def take_slot(table: Table, digest: int) -> int:
    """The first slot for a text of that hash that nothing is in: a text that comes and goes must not fill the table."""
    mask = table.slots.shape[0] - 1
    slot = (digest ^ digest >> 32) & mask
    while table.slots[slot, T_LENGTH] != FREE and table.slots[slot, T_NUMBER] != FREE:
        slot = (slot + 1) & mask
    return slot


@entry
def put_texts(table: Table, lengths: np.ndarray, numbers: np.ndarray, start: int) -> None:
    """Put in texts that are not there yet, whose bytes lie one behind the other in the table's own from ``start``
    on."""
    for i in range(lengths.shape[0]):
        digest = OFFSET_BASIS
        for k in range(start, start + lengths[i]):
            digest = (digest ^ table.bytes[k]) * PRIME
        slot = take_slot(table, digest)
        table.slots[slot, T_HASH], table.slots[slot, T_START] = digest, start
        table.slots[slot, T_LENGTH], table.slots[slot, T_NUMBER] = lengths[i], numbers[i]
        start += lengths[i]


@entry
def move_texts(old: Table, new: Table) -> int:
    """Put all that is not forgotten into an empty table; returns how many bytes it takes."""
    end = 0
    for i in range(old.slots.shape[0]):
        if old.slots[i, T_LENGTH] == FREE or old.slots[i, T_NUMBER] == FREE:
            continue
        slot = take_slot(new, old.slots[i, T_HASH])
        for w in range(_WIDTH):
            new.slots[slot, w] = old.slots[i, w]
        new.slots[slot, T_START] = end
        for k in range(old.slots[i, T_START], old.slots[i, T_START] + old.slots[i, T_LENGTH]):
            new.bytes[end] = old.bytes[k]
            end += 1
    return end


class Numbers:
    """A growing table of texts, each of which is put in once."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._table = _empty(1024, 16_384)
        self._used = self._end = 0
        self._new: list[tuple[bytes, int]] = []

    @property
    def table(self) -> Table:
        """What was put in so far, to be looked up now."""
        if self._new:
            self._put_new()
        return self._table

    def add(self, text: bytes, number: int) -> None:
        """Put in a text that is not there."""
        self._new.append((text, number))

    def _put_new(self) -> None:
        """All at once, as one alone takes ten times as long."""
        texts, numbers = zip(*self._new, strict=True)
        self._new = []
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        more = int(lengths.sum())
        self._make_room(len(texts), more)
        start, self._end = self._end, self._end + more
        self._table.bytes[start : self._end] = np.frombuffer(b"".join(texts), np.uint8)
        put_texts(self._table, lengths, np.array(numbers, np.int64), start)
        self._used += len(texts)

    def forget(self, texts: Sequence[bytes]) -> None:
        """Take out texts, also their bytes."""
        ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
        take_out(self.table, np.frombuffer(b"".join(texts), np.uint8), ends)

    def _make_room(self, texts: int, size: int) -> None:
        slots, held = self._table
        if 2 * (self._used + texts) <= len(slots) and self._end + size <= len(held):
            return
        live = int(np.count_nonzero(slots[:, T_NUMBER] != FREE))
        wanted = 1 << (4 * (live + texts)).bit_length()
        fresh = _empty(max(1024, wanted), max(16_384, 2 * (self._end + size)))
        self._end = move_texts(self._table, fresh)
        self._table, self._used = fresh, live


def _empty(slots: int, size: int) -> Table:
    return Table(np.full((slots, _WIDTH), FREE, np.int64), np.zeros(size, np.uint8))
