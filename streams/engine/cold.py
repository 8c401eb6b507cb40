"""The customers of a partition who are in its local store alone, and how they come and go.

Rows in memory are the *warm* ones. A row is stored after the checkpoint that wrote it to the changelog, with the next
boundary and the *generation* of rules under which that was found; what is stored is cold once it leaves the memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from streams.engine.entries import (
    ROW,
    Entry,
    Meta,
    Store,
    after,
    due_key,
    due_of,
    end_of,
    entry_of,
    row_key,
)
from streams.engine.kept import UNSTORED, Kept
from streams.engine.lay import lay_rows
from streams.engine.machine import Machine
from streams.engine.saved import Saved
from streams.engine.tally import Tally
from streams.engine.warm import WarmCustomers
from streams.rows.arena import KNOWN, NEXT_DUE
from streams.rows.layout import NEVER, STALE

#: rows that leave the memory together at most
_LEAVING = 2_000
#: boundaries that are counted at most, for monitors
_COUNTED = 10_000


class Cold:
    """``most``: how many customers may be warm; there may be more only until the next checkpoint is written."""

    def __init__(self, store: Store, machine: Machine, customers: WarmCustomers, most: int) -> None:
        self.store, self.tally = store, Tally()
        self.stale = 0  # cold rows that are still to be judged under the rules of now
        self.count = 0  # cold rows
        self._machine, self._customers, self._most = machine, customers, most
        self._kept = Kept()
        self._meta = Meta()
        self._saved: Saved | None = None  # what is collected for the checkpoint being taken
        self._writing = False
        self._gone: set[bytes] = set()  # forgotten, but still in the store until the checkpoint is written
        self._due_from = due_key(STALE)  # no cold row has its boundary before this key
        self._judged: bytes | None = None  # all stored rows before this key are of the generation of now; None: all are

    def opened(self, meta: Meta, rules: bytes) -> None:
        """All that is stored is cold; ``rules`` stands for those that hold, and all else that judging depends on."""
        self._meta, self.count = meta, meta.rows
        if meta.rules == rules:
            self.stale = meta.rows - meta.fresh
            self._judged = ROW if self.stale else None
        else:
            self.switch(rules)

    def switch(self, rules: bytes) -> None:
        """Other rules hold: what is cold is to be judged anew."""
        one = self._meta
        self._meta = Meta(one.next, one.rows, 0, one.generation + 1, rules, one.clock_ms)
        self.stale = self.count
        self._judged = ROW if self.stale else None

    def use(self, which: NDArray[np.int64]) -> None:
        """These rows are asked for."""
        self._kept.grow(self._machine.customers)
        self._kept.use(which)

    # -- into memory

    def bring(self, users: Iterable[bytes]) -> None:
        """Bring the rows of these customers, as far as they are cold."""
        found = self.store.get([row_key(user) for user in users])
        self._bring([entry_of(value) for value in found if value is not None])

    def bring_due(self, clock_ms: int, most: int) -> None:
        """Bring cold rows whose boundary has passed, after looking at so many at most."""
        if due_of(self._due_from) > clock_ms:
            return
        end = due_key(clock_ms + 1)
        found = self.store.scan(self._due_from, end, most)
        self.bring([user for _, user in found if user.decode() not in self._customers.row_of])
        if len(found) == most:
            self._due_from = after(found[-1][0])
        else:
            later = self.store.scan(end, due_key(NEVER), 1)
            self._due_from = later[0][0] if later else due_key(NEVER)

    def bring_stale(self, most: int) -> None:
        """Bring cold rows that are to be judged anew, after looking at so many at most."""
        if self._judged is None or not self.stale:
            self._judged = None
            return
        found = self.store.scan(self._judged, end_of(ROW), most)
        entries = [entry_of(value) for _, value in found]
        self._bring([one for one in entries if one.generation != self._meta.generation])
        self._judged = after(found[-1][0]) if len(found) == most else None

    def next_due(self) -> int:
        """No cold row has anything to do before this instant (ms); NEVER: none at all."""
        return STALE if self.stale and self._judged is not None else due_of(self._due_from)

    def due(self, clock_ms: int) -> int:
        """How many cold rows' boundaries have passed, as far as they are counted."""
        if due_of(self._due_from) > clock_ms:
            return 0
        found = self.store.scan(self._due_from, due_key(clock_ms + 1), _COUNTED)
        return sum(1 for key, user in found if due_of(key) != STALE and user.decode() not in self._customers.row_of)

    def _bring(self, entries: list[Entry]) -> None:
        wanted = {one.user.decode(): one for one in entries if one.user not in self._gone}
        wanted = {user: one for user, one in wanted.items() if user not in self._customers.row_of}
        if not wanted:
            return
        users, entries = list(wanted), list(wanted.values())
        which = np.array([self._customers.row(user) for user in users], np.int64)
        self._customers.settle()
        lay_rows(self._machine, which, users, [one.row for one in entries])
        due = np.array([one.due_ms for one in entries], np.int64)
        generation = np.array([one.generation for one in entries], np.int64)
        self.use(which)
        self._kept.store(which, due, generation)
        stale = generation != self._meta.generation
        rows = self._machine.rows
        rows.due[which] = np.where(stale, STALE, due)
        rows.stat[NEXT_DUE] = min(int(rows.stat[NEXT_DUE]), int(rows.due[which].min()))
        self.count -= len(entries)
        self.stale -= int(stale.sum())

    # -- out of memory

    def tidy(self) -> None:
        """Let rows leave, those first that were not asked for the longest, while there are too many."""
        over = len(self._customers.row_of) - self._most
        if over <= 0 or self._writing:
            return
        machine = self._machine
        self._kept.grow(machine.customers)
        most = min(_LEAVING, over + self._most // 8)
        which = self._kept.least_used(machine.rows, machine.customers, self._meta.generation, most)
        if len(which):
            self._due_from = min(self._due_from, due_key(int(machine.rows.due[which].min())))
            self._kept.drop(which)
            self._customers.leave(which)
            self.count += len(which)

    # -- into the store

    def unsaved(self) -> NDArray[np.bool_]:
        """Which warm rows the store is to have anew, beside the dirty ones."""
        machine = self._machine
        self._kept.grow(machine.customers)
        return self._kept.unsaved(machine.rows, machine.customers, self._meta.generation)

    def save(self, which: NDArray[np.int64], users: Sequence[bytes], values: Sequence[bytes]) -> None:
        """These rows go into the store with the checkpoint that is being taken."""
        kept, now = self._kept, self._meta.generation
        due = self._machine.rows.due[which]
        generation = np.where(due == STALE, 0, now)
        before = kept.due[which].tolist()
        rows = list(zip(users, values, due.tolist(), generation.tolist(), before, strict=True))
        stored, fresh = kept.generation[which] != UNSTORED, kept.generation[which] == now
        self._add(int((~stored).sum()), int((generation == now).sum()) - int(fresh.sum()))
        kept.store(which, due, generation)
        self._collected().rows += rows

    def unstored(self) -> NDArray[np.int64]:
        """The rows of known customers that the store does not have."""
        machine = self._machine
        self._kept.grow(machine.customers)
        known = machine.rows.head[: machine.customers, KNOWN] != NEVER
        return np.flatnonzero(known & (self._kept.generation[: machine.customers] == UNSTORED))

    def leaving(self, user: bytes) -> bool:
        """Whether a forgotten customer is in the store until the next checkpoint is written."""
        return user in self._gone

    def forget(self, row: int, user: bytes) -> None:
        """An erased customer."""
        which, kept = np.array([row]), self._kept
        if kept.generation[row] != UNSTORED:
            self._add(-1, -int(kept.generation[row] == self._meta.generation))
            self._collected().gone.append((user, int(kept.due[row])))
            self._gone.add(user)
        kept.drop(which)
        self._customers.free(which)

    def take(self, notes: Sequence[tuple[bytes, bytes | None]]) -> Saved:
        """All that was collected, and these records of the checkpoint; no row leaves before ``written``."""
        saved, self._saved, self._writing = self._collected(), None, True
        one = self._meta
        self._meta = Meta(one.next, one.rows, one.fresh, one.generation, one.rules, self._machine.clock_ms())
        saved.meta, saved.notes, saved.sizes = self._meta, notes, self.tally.take_changed()
        return saved

    def written(self) -> None:
        """What ``take`` gave is in the store."""
        self._writing = False
        self._gone.clear()

    def _collected(self) -> Saved:
        if self._saved is None:
            self._saved = Saved(self._meta)
        return self._saved

    def _add(self, rows: int, fresh: int) -> None:
        one = self._meta
        self._meta = Meta(one.next, one.rows + rows, one.fresh + fresh, one.generation, one.rules, one.clock_ms)
