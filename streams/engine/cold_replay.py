"""Changelog records into a local store: all of them into an empty one, else those that it has not seen yet."""

from __future__ import annotations

from collections.abc import Iterable

from streams.engine.api import Record
from streams.engine.entries import (
    META,
    NOTE,
    SIZE,
    Meta,
    Pairs,
    Store,
    due_key,
    end_of,
    entry_of,
    meta_of,
    packed_entry,
    packed_meta,
    row_key,
    size_key,
)
from streams.engine.lay import check_rows, members
from streams.engine.restore import Restored, check_versions, text_of
from streams.engine.saved import gone_pairs
from streams.engine.tally import Tally, restored_sizes
from streams.rows.layout import SET_BIT, STALE
from streams.rows.names import KEY_PREFIX as NAME_PREFIX

#: rows that are written together: so many or so large
_MANY, _MUCH = 5_000, 16 << 20
_ALL = 1 << 40


class Replayed:
    """A store from its opening to the end of the changelog. A row that comes from there is stored with no boundary: it
    is to be judged, at its own latest instant, to find it (``STALE``)."""

    def __init__(self, store: Store, tally: Tally) -> None:
        self._store, self._tally = store, tally
        self.meta = Meta()
        self._rows: dict[bytes, bytes | None] = {}
        self._notes: dict[bytes, bytes] = {}
        self._size = 0
        self._internal = Restored()
        self._names = [1, 0]  # names, number 0 among them, and sets

    def begin(self) -> int:
        """Open the store; returns the changelog's offset to go on from."""
        self._store.open()
        self.meta = meta_of(self._store.get([META])[0])
        notes = self._store.scan(NOTE, end_of(NOTE), _ALL)
        self._tally.restore(restored_sizes(self._store.scan(SIZE, end_of(SIZE), _ALL)).items())
        for key, value in notes:
            self._take_note(key[len(NOTE) :], value)
        return self.meta.next

    def take(self, records: Iterable[Record]) -> None:
        """The next records of the changelog; raises ValueError where they make no sense."""
        last = -1
        for record in records:
            key, value, last = record.key, record.value, record.offset
            if key is None:
                continue
            if key[:1] != b"\0":
                self._rows[key] = value
                self._size += len(value or b"")
            elif value is not None:
                self._take_note(key, value)
                self._notes[key] = value
        if last >= 0:
            self.meta = self._meta(next=last + 1)
        if len(self._rows) >= _MANY or self._size >= _MUCH:
            self._write()

    def finish(self) -> Restored:
        """All was taken: what the changelog says beside rows."""
        self._write()
        self._internal.clock_ms = max(self._internal.clock_ms, self.meta.clock_ms)
        return self._internal

    def _take_note(self, key: bytes, value: bytes) -> None:
        if key.startswith(NAME_PREFIX):
            self._names[int.from_bytes(key[len(NAME_PREFIX) :], "big") >= SET_BIT] += 1
        self._internal.take_note(key, value)

    def _write(self) -> None:
        """Stores what was taken since the last time, and that it was."""
        rows, self._rows, self._size = self._rows, {}, 0
        found = self._store.get([row_key(user) for user in rows])
        old = {user: entry_of(value) for user, value in zip(rows, found, strict=True) if value is not None}
        new = {user: value for user, value in rows.items() if value is not None}
        values = list(new.values())
        check_versions(values)
        if new:
            check_rows([text_of(user, "customer") for user in new], values, *self._names)
        self._count([one.row for one in old.values()], -1)
        self._count(values, 1)
        pairs: Pairs = gone_pairs((user, one.due_ms) for user, one in old.items())
        for user, value in new.items():
            key = row_key(user)
            pairs += [(key, packed_entry(STALE, 0, user, value)), (due_key(STALE, key), user)]
        pairs += [(NOTE + key, value) for key, value in self._notes.items()]
        pairs += [(size_key(member), b"%d" % size if size else None) for member, size in self._sizes()]
        fresh = sum(1 for one in old.values() if one.generation == self.meta.generation)
        newest = max((int.from_bytes(value[8:16], "little", signed=True) for value in values), default=0)
        self.meta = self._meta(
            rows=self.meta.rows + len(new) - len(old),
            fresh=self.meta.fresh - fresh,
            clock_ms=max(self.meta.clock_ms, newest),
        )
        self._notes = {}
        self._store.write([*pairs, (META, packed_meta(self.meta))])

    def _count(self, values: list[bytes], sign: int) -> None:
        for member in members(values).tolist():
            self._tally.add(member, sign)

    def _sizes(self) -> Iterable[tuple[int, int]]:
        return self._tally.take_changed().items()

    def _meta(self, **changed: int) -> Meta:
        one = self.meta
        fields = {"next": one.next, "rows": one.rows, "fresh": one.fresh, "clock_ms": one.clock_ms, **changed}
        return Meta(generation=one.generation, rules=one.rules, **fields)
