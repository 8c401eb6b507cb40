"""From changelog records back to rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from streams.engine.api import Record
from streams.events.instants import YEAR_9999_MS
from streams.rows.arena import ERASED, SEQ, SIZE, Rows, new_rows
from streams.rows.layout import HEAD_WORDS, LONG_AGO, NAME_MASK, ROW_VERSION, WORDS
from streams.rows.names import KEY_PREFIX as NAME_PREFIX
from streams.rows.packing import published_names, unpack_rows
from streams.rows.soundness import first_unsound
from streams.rules.compile import bit_words

if TYPE_CHECKING:
    from streams.engine.machine import Machine

ERASED_PREFIX = b"\0e"
CLOCK_KEY = b"\0c"
#: what is known of merges: see ``survivors`` and ``histories``
MERGED_PREFIXES = (b"\0u", b"\0m", b"\0j")
MOST_POSITION = 10**18
#: rows that are laid out together: their bytes are joined first, and all of a partition would be as much memory again
_TOGETHER = 4_096
_NUMBER = re.compile(rb"-?[0-9]{1,19}")


def erased_key(user: str) -> bytes:
    """Where the marker of an erased customer is kept: under a digest, as the id itself must be forgotten."""
    return ERASED_PREFIX + blake2b(user.encode(), digest_size=16).digest()


def erased_value(rows: Rows, row: int) -> bytes:
    """The marker: up to when all is forgotten (ms), and the number of the last record published."""
    return b"%d %d" % (int(rows.head[row, ERASED]), int(rows.head[row, SEQ]))


def erased_until(marker: bytes | None) -> int:
    """Up to when a customer's events are forgotten (ms), by their marker; LONG_AGO without one."""
    return int(marker.split()[0]) if marker else LONG_AGO


class Restored:
    """The newest value of every key of a partition's changelog."""

    def __init__(self) -> None:
        self.positions: dict[str, int] = {}
        self.names: dict[bytes, bytes] = {}
        self.erased: dict[bytes, bytes] = {}
        self.merged: dict[bytes, bytes] = {}
        self.digest = b""
        self.switched_ms = 0
        self.clock_ms = 0
        self._rows: dict[bytes, bytes] = {}

    def take(self, records: Iterable[Record]) -> None:
        """Take in records in their order."""
        rows = self._rows
        for record in records:
            key, value = record.key, record.value
            if key is None:
                continue
            if key[:1] == b"\0":
                self.take_note(key, value)
            elif value is None:
                rows.pop(key, None)
            else:
                rows[key] = value

    def take_note(self, key: bytes, value: bytes | None) -> None:
        """Take in a record that is no row; raises ValueError."""
        prefix = key[:2]
        if prefix in MERGED_PREFIXES and value is not None:
            self.merged[key] = value
        if value is None:
            self.merged.pop(key, None)
            return
        if prefix == b"\0p":
            self.positions[text_of(key[2:], "topic")] = _whole(value, "position", MOST_POSITION)
        elif prefix == NAME_PREFIX:
            self.names[key] = value
        elif prefix == ERASED_PREFIX:
            _check_marker(value)
            self.erased[key] = value
        elif prefix == b"\0r":
            self.digest, _, switched = value.partition(b" ")
            self.switched_ms = _whole(switched or b"0", "rules' instant", YEAR_9999_MS)
        elif prefix == CLOCK_KEY:
            self.clock_ms = _whole(value, "clock", YEAR_9999_MS)
        elif prefix not in MERGED_PREFIXES:
            raise ValueError(f"the changelog holds a record of an unknown kind: {key[:16]!r}")

    def rows_into(self, machine: Machine) -> list[str]:
        """Fill the machine's rows and bind its program, also to segments that are published though their rule is gone;
        returns the customers in the order of their rows. Raises ValueError."""
        users, values = [text_of(key, "customer") for key in self._rows], list(self._rows.values())
        self._rows = {}
        check_versions(values)
        unknown = _unpack(machine, users, values)
        gone = sorted({machine.names.shown[n] for row in unknown for n in _unknown(machine, users[row], values[row])})
        if gone:
            machine.bind(gone)
            _unpack(machine, users, values)
        if users:
            machine.fit(int(machine.rows.head[:, SIZE].max()))
        return users

    @staticmethod
    def mark_erased(rows: Rows, row: int, marker: bytes) -> None:
        """Put the marker of an erased customer into a new row."""
        erased_ms, seq = marker.split()
        rows.head[row, ERASED], rows.head[row, SEQ] = int(erased_ms), int(seq)


def _unpack(machine: Machine, users: list[str], values: list[bytes]) -> list[int]:
    """Fill the machine's rows; those in segments that it has no bit for."""
    names, segments = machine.names, machine.segments
    bits = [names.exact(name) for name in segments]
    machine.rows = new_rows(bit_words(len(segments)), len(users) + 64, sum(map(len, values)) // (8 * WORDS) + 1024)
    machine.customers = len(users)
    if not users:
        return []
    bit_of = np.full(len(names.shown), -1, np.int64)
    bit_of[bits] = np.arange(len(segments))
    unknown = np.zeros(len(users), np.uint8)
    wrong = -1
    for first in range(0, len(users), _TOGETHER):
        some = values[first : first + _TOGETHER]
        data, which = np.frombuffer(b"".join(some), "<i8"), np.arange(first, first + len(some))
        starts = np.cumsum([0, *(len(value) // 8 for value in some)], dtype=np.int64)
        wrong = unpack_rows(machine.rows, which, data, starts, bit_of, unknown[first : first + len(some)])
        if wrong >= 0:
            wrong += first
            break
    if wrong < 0:
        wrong = first_unsound(machine.rows, len(users), len(names.shown), len(names.sets))
    if wrong >= 0:
        raise ValueError(f"the row of customer {users[wrong]!r} in the changelog is damaged")
    found: list[int] = np.flatnonzero(unknown).tolist()
    return found


def _unknown(machine: Machine, user: str, value: bytes) -> list[int]:
    """The numbers of the published segments of a row that the machine has no bit for."""
    shown, segments = machine.names.shown, set(machine.segments)
    numbers = published_names(value)
    if max(numbers) >= len(shown) or min(numbers) < 1:
        raise ValueError(f"the row of customer {user!r} in the changelog names a segment that has no name")
    return [number for number in numbers if shown[number] not in segments]


def text_of(raw: bytes, what: str) -> str:
    """A name from the changelog; raises ValueError."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError(f"the changelog holds a {what} whose name is not UTF-8: {raw[:40]!r}") from None


def _whole(raw: bytes, what: str, most: int) -> int:
    """A number from LONG_AGO to ``most`` in decimal digits."""
    if not _NUMBER.fullmatch(raw) or not LONG_AGO <= int(raw) <= most:
        raise ValueError(f"the changelog holds a {what} that is none: {raw[:40]!r}")
    return int(raw)


def _check_marker(value: bytes) -> None:
    """Raises ValueError where the marker of an erased customer is none."""
    until, _, seq = value.partition(b" ")
    _whole(until, "marker of an erased customer", YEAR_9999_MS)
    _whole(seq, "marker of an erased customer", NAME_MASK >> 1)


def check_versions(values: list[bytes]) -> None:
    """Raises ValueError where a row is none of this program's version."""
    for value in values:
        if len(value) < 8 * HEAD_WORDS or len(value) % 8 or value[0] != ROW_VERSION:
            version = value[0] if value else 0
            raise ValueError(
                f"the changelog holds a row of version {version}; this program reads version {ROW_VERSION}"
            )
