"""Packed rows into empty rows of an arena that is at work."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.engine.machine import Machine
from streams.errors import MicrosegError
from streams.rows.arena import SIZE, Rows, more_records, new_rows
from streams.rows.layout import NAME_MASK, WORDS
from streams.rows.packing import members_in, unpack_rows
from streams.rows.soundness import first_unsound
from streams.rules.compile import bit_words


def lay_rows(machine: Machine, which: NDArray[np.int64], users: Sequence[str], values: Sequence[bytes]) -> None:
    """Unpack values into these rows, which are empty; ``users`` are for words. Raises MicrosegError."""
    machine.rows = more_records(machine.rows, sum(map(len, values)) // (8 * WORDS) + 1)
    _unpack(machine, machine.rows, which, users, values)
    machine.fit(int(machine.rows.head[which, SIZE].max()))


def apart(machine: Machine, users: Sequence[str], values: Sequence[bytes]) -> Rows:
    """Values as rows of an arena of their own, which is no part of the machine. Raises MicrosegError."""
    rows = new_rows(bit_words(len(machine.segments)), len(values), sum(map(len, values)) // (8 * WORDS) + 1)
    _unpack(machine, rows, np.arange(len(values)), users, values)
    return rows


def _unpack(
    machine: Machine, rows: Rows, which: NDArray[np.int64], users: Sequence[str], values: Sequence[bytes]
) -> None:
    data, starts = joined(values)
    bit_of = np.full(len(machine.names.shown), -1, np.int64)
    bit_of[[machine.names.exact(name) for name in machine.segments]] = np.arange(len(machine.segments))
    unknown = np.zeros(len(values), np.uint8)
    wrong = unpack_rows(rows, which, data, starts, bit_of, unknown)
    if wrong < 0 and unknown.any():
        wrong = int(np.argmax(unknown))
    if wrong >= 0:
        raise MicrosegError(f"the row of customer {users[wrong]!r} in the local store is damaged: delete the store")


def joined(values: Sequence[bytes]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Packed rows one behind the other, and where each begins (one more entry than rows), in words."""
    starts = np.cumsum([0, *(len(value) // 8 for value in values)], dtype=np.int64)
    return np.frombuffer(b"".join(values), "<i8"), starts


def members(values: Sequence[bytes]) -> NDArray[np.int64]:
    """The segments that the customers of packed rows are in, as ``packing.members_in`` lists them."""
    data, starts = joined(values)
    out = np.empty(len(data) // 2 + 1, np.int64)
    return out[: members_in(data, starts, out)]


def check_rows(users: Sequence[str], values: Sequence[bytes], names: int, sets: int) -> None:
    """Raises ValueError where packed rows cannot be what was packed; the dictionary has so many names, number 0 among
    them, and sets."""
    rows = new_rows(1, len(values), sum(map(len, values)) // (8 * WORDS) + 1)
    data, starts = joined(values)
    nothing = np.full(0, -1, np.int64)
    wrong = unpack_rows(rows, np.arange(len(values)), data, starts, nothing, np.zeros(len(values), np.uint8))
    if wrong < 0:
        wrong = first_unsound(rows, len(values), names, sets)
    if wrong >= 0:
        raise ValueError(f"the row of customer {users[wrong]!r} in the changelog is damaged")
    found = members(values)
    if len(found) and (int((found & NAME_MASK).max()) >= names or int(found.min()) < 1):
        raise ValueError("the changelog holds a row of a customer in a segment that has no name")
