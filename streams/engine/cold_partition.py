"""A partition of more customers than memory holds: those who were not asked for lately are in a local store alone.

The changelog stays the truth. The store is written after a checkpoint's transaction, with the changelog's offset up to
which it has everything, so that whatever it misses is read again from there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import cast

import numpy as np

from streams.engine.api import Checkpoint, Policy, Record
from streams.engine.cold import Cold
from streams.engine.cold_replay import Replayed
from streams.engine.customers import Customers
from streams.engine.entries import Store
from streams.engine.figures import Figures
from streams.engine.intake import Taken
from streams.engine.partition import Partition
from streams.engine.pieces import ColdPieces
from streams.engine.saved import Saved, write_saved
from streams.engine.warm import WarmCustomers
from streams.rows.arena import CLOCK, DIRTY, KNOWN, NEXT_DUE, new_rows
from streams.rows.batch import B_ROW
from streams.rows.layout import NEVER
from streams.rows.packing import pack
from streams.rules.compile import Program, bit_words


class ColdPartition(Partition):
    """``most``: how many customers stay in memory; ``edition`` stands for what else than rules and policy decides about
    memberships: the program itself."""

    def __init__(
        self,
        number: int,
        partitions: int,
        program: Program,
        policy: Policy,
        store: Store,
        most: int,
        edition: str = "",
    ) -> None:
        super().__init__(number, partitions, program, policy)
        self._machine.unused.enabled = False  # most rows are not in memory
        self.store = store
        self._edition = edition
        self._warm = cast(WarmCustomers, self._customers)
        self.cold = self._warm.cold = Cold(store, self._machine, self._warm, most)
        self._publisher.tally = self.cold.tally
        self._replayed = Replayed(store, self.cold.tally)
        self._begun = False

    def begin(self) -> int:
        """Opens the store; may raise MicrosegError."""
        self._begun = True
        return self._replayed.begin()

    def restore(self, records: Iterable[Record]) -> None:
        """Into the store; nothing of it stays in memory."""
        if self._restored is None:
            raise RuntimeError("the partition is open")
        self._begin()
        self._replayed.take(records)

    def open(self, now_ms: int) -> None:
        """All customers are cold then; those whose boundaries are not known are judged by ``advance``."""
        self._begin()
        restored = self._restored = self._replayed.finish()
        if restored.merged:
            raise ValueError('it has merged customers, who cannot be kept on the disk yet: set store = "memory"')
        super().open(now_ms)
        self._digest = restored.digest
        if gone := self._gone(self.program):
            stat = self._machine.rows.stat
            self._machine.bind(gone)
            self._machine.rows = new_rows(bit_words(len(self._machine.segments)))._replace(stat=stat)
            self._take_up_rules()
        self.cold.opened(self._replayed.meta, self._rules(self.program))

    def switch(self, program: Program, now_ms: int) -> None:
        """As in memory; cold customers are judged by ``advance``, or before their next event, too."""
        super().switch(program, now_ms)
        self.cold.switch(self._rules(program))

    def stale(self) -> int:
        """Warm and cold."""
        return super().stale() + self.cold.stale

    def sizes(self) -> dict[str, int]:
        """As they were kept up."""
        return self.cold.tally.sizes(self._machine.segments, self._machine.names.shown)

    def fold(self, topic: str, records: Sequence[Record], now_ms: int) -> None:
        """As in memory; the customers who are cold are brought first."""
        super().fold(topic, records, now_ms)
        self.cold.tidy()

    def advance(self, now_ms: int, most: int = 5000) -> bool:
        """As in memory; those cold customers are brought who have something to do."""
        clock_ms = now_ms if self._policy.clock == "wall" else int(self._machine.rows.stat[CLOCK])
        if not self._swept:
            warm = len(self.warm)
            self.cold.bring_due(clock_ms, most)
            self.cold.bring_stale(most)
            self._touched += len(self.warm) - warm
        more = super().advance(now_ms, most)
        self.cold.tidy()
        return more or self.cold.next_due() <= clock_ms

    def next_boundary(self) -> int | None:
        """Of warm and cold ones; where none is due it may be too early."""
        due, clock_ms = int(self._machine.rows.stat[NEXT_DUE]), int(self._machine.rows.stat[CLOCK])
        due = min(due, self.cold.next_due())
        if due == NEVER or (self._policy.clock == "event" and due > clock_ms):
            return None
        return due

    def take(self) -> Checkpoint:
        """As in memory, with what the store is to have."""
        checkpoint = super().take()
        notes = [(key, value) for key, value in checkpoint.rows if key[:1] == b"\0"]
        checkpoint.local = self.cold.take(notes)
        return checkpoint

    def keep(self, checkpoint: Checkpoint, changelog_next: int) -> None:
        """Writes the store."""
        if isinstance(checkpoint.local, Saved):
            write_saved(self.store, checkpoint.local, changelog_next)

    def kept(self) -> None:
        """Now rows may leave the memory."""
        self.cold.written()
        self.cold.tidy()

    def customers(self) -> int:
        """Warm and cold."""
        return super().customers() + self.cold.count

    def figures(self, now_ms: int) -> Figures:
        """Those of the memory; boundaries that are due of cold ones too."""
        found = super().figures(now_ms)
        clock_ms = now_ms if self._policy.clock == "wall" else self._machine.clock_ms()
        return found._replace(due=found.due + self.cold.due(clock_ms))

    def row_of(self, user: str) -> int | None:
        """The row of a customer, who is warm from now on."""
        return self._warm.row_of[user] if self._warm.here(user) else None

    def pieces(self) -> ColdPieces:
        """Warm and cold."""
        return ColdPieces(self)

    @property
    def warm(self) -> Mapping[str, int]:
        """The rows of those in memory."""
        return self._warm.row_of

    def unstored(self) -> list[str]:
        """Those who are in memory alone."""
        return [self._publisher.users[row] for row in self.cold.unstored().tolist()]

    def leaving(self, user: bytes) -> bool:
        """Whether a customer was forgotten, though the store does not know yet."""
        return self.cold.leaving(user)

    def touch(self) -> None:
        """The store is as new as the changelog."""
        self.store.touch()

    def close(self) -> None:
        """Closes the store."""
        self.store.close()

    def _begin(self) -> None:
        if not self._begun:
            self.begin()

    def _new_customers(self) -> Customers:
        return WarmCustomers(self._machine, self._publisher)

    def _gone(self, program: Program) -> Sequence[str]:
        return self.cold.tally.gone(self._machine.names.shown, program.names)

    def _take_up_rules(self) -> None:
        super()._take_up_rules()
        self.cold.tally.numbers = self._segments.tolist()

    def _fold(self, taken: Taken, now_ms: int) -> None:
        self.cold.use(taken.batch.events[:, B_ROW])
        super()._fold(taken, now_ms)

    def _rules(self, program: Program) -> bytes:
        said = f"{program.digest} {self._policy!r} {self._edition}"
        return blake2b(said.encode(), digest_size=16).digest()

    def _dirty_rows(self) -> Iterable[tuple[bytes, bytes | None]]:
        """The changelog gets what is dirty; the store also what was judged and did not change by that."""
        rows, users = self._machine.rows, self._publisher.users
        head = rows.head[: self._machine.customers]
        dirty, known = head[:, DIRTY] != 0, head[:, KNOWN] != NEVER
        which = np.flatnonzero((dirty | self.cold.unsaved()) & known)
        keys = [users[row].encode() for row in which.tolist()]
        values = pack(rows, which, self._segments)
        self.cold.save(which, keys, values)
        kept: list[tuple[bytes, bytes | None]] = [
            (key, value) for key, value, changed in zip(keys, values, dirty[which].tolist(), strict=True) if changed
        ]
        gone = np.flatnonzero(dirty & ~known)
        head[:, DIRTY] = 0
        for row in gone.tolist():
            user = users[row].encode()
            kept += self._customers.forget(row)
            self.cold.forget(row, user)
        return kept
