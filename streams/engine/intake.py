"""From a chunk of records to a batch of its events; what is no event, or not for this partition, waits for a
checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from streams.engine.api import Forward, Policy, Record
from streams.engine.counts import Counts
from streams.engine.customers import Customers
from streams.engine.identity import Identity
from streams.engine.restore import erased_key, erased_until
from streams.events.decode import Refusal, decode_event, refused_record
from streams.events.native import Event, Merge
from streams.events.refusals import EARLY, TYPE, class_of
from streams.intake.reader import PlainEvents, Reader
from streams.rows.batch import B_AT, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.home import home_partition
from streams.rows.layout import NEVER
from streams.rows.names import Names
from streams.rows.rebatch import joined
from streams.rows.tables import FREE


class Taken(NamedTuple):
    """The events of a chunk, and the ids of them."""

    batch: Batch
    id_of: Callable[[int], str]


class Intake:
    """Takes chunks in; most events are plain and are read by ``streams.intake``, the others one by one."""

    def __init__(
        self,
        number: int,
        partitions: int,
        policy: Policy,
        names: Names,
        customers: Customers,
        counts: Counts,
        identity: Identity,
    ) -> None:
        self._number, self._partitions, self._policy = number, partitions, policy
        self._customers, self._counts, self._identity = customers, counts, identity
        self._encoder = Encoder(names)
        self._reader = Reader(customers.by_bytes, names.by_bytes)
        self._refused: list[tuple[bytes | None, bytes]] = []
        self._forwards: list[Forward] = []

    def take(self, topic: str, records: Sequence[Record], now_ms: int) -> Taken:
        """The events of a chunk whose customers are at home here."""
        latest_ms = now_ms + self._policy.max_clock_skew_ms if self._policy.clock == "wall" else NEVER
        plain = self._reader.read([record.value for record in records])
        odd = self._early_and_odd(plain, latest_ms)
        self._find_rows(plain, topic, records)
        events, rows = self._decoded((records[place] for place in odd), topic, latest_ms)
        self._customers.settle()
        batch = plain.batch if not events else joined([plain.batch, self._encoder.encode(events, rows)])
        first = len(plain)
        return Taken(batch, lambda event: plain.id(event) if event < first else str(events[event - first].id))

    def settled(self, events: Sequence[Event]) -> Taken:
        """Settled events of customers whose home this is."""
        rows = [self._customers.row(str(event.user)) for event in events]
        self._customers.settle()
        return Taken(self._encoder.encode(list(events), rows), lambda event: str(events[event].id))

    def waiting(self) -> int:
        """How many records wait."""
        return len(self._refused) + len(self._forwards)

    def let_go(self) -> tuple[list[tuple[bytes | None, bytes]], list[Forward]]:
        """Those since the last call: what was refused, and what is to be sent home."""
        gone = self._refused, self._forwards
        self._refused, self._forwards = [], []
        return gone

    def _early_and_odd(self, plain: PlainEvents, latest_ms: int) -> list[int]:
        """The records, in their order, that are no plain events or come too early; the latter are dropped from the
        plain ones."""
        early = plain.batch.events[:, B_AT] > latest_ms
        if not early.any():
            return plain.others
        found = [plain.record(event) for event in np.flatnonzero(early).tolist()]
        plain.keep(~early)
        return sorted([*plain.others, *found])

    def _find_rows(self, plain: PlainEvents, topic: str, records: Sequence[Record]) -> None:
        """Give new customers rows; events of strangers are dropped."""
        events, strangers = plain.batch.events, False
        unknown = plain.unknown()
        self._customers.fetch(plain.user(event) for event in unknown)
        for event in unknown:
            row = self._row(plain.user(event), int(events[event, B_AT]), topic, records[plain.record(event)])
            events[event, B_ROW] = row
            strangers = strangers or row == FREE
        if strangers:
            plain.keep(events[:, B_ROW] != FREE)

    def _decoded(self, records: Iterable[Record], topic: str, latest_ms: int) -> tuple[list[Event], list[int]]:
        """The events of customers who are at home here, and their rows; what is none is refused."""
        events: list[Event] = []
        rows: list[int] = []
        for record in records:
            # its fields are settled: int and str
            event: Any = decode_event(record.value, record.key, self._policy.rates)
            if event.__class__ is Refusal:
                self.refuse(event.reason, topic, record, class_of(event.reason))
            elif event.at > latest_ms:
                self.refuse("at: is too far ahead of the clock", topic, record, EARLY)
            elif event.__class__ is Merge and not self._policy.identity:
                self.refuse("type: merge is not taken with customers on the disk yet", topic, record, TYPE)
            elif event.__class__ is Merge:
                self._identity.ask(event, topic, record.offset)
            elif (row := self._row(event.user, event.at, topic, record)) != FREE:
                events.append(event)
                rows.append(row)
        return events, rows

    def refuse(self, reason: str, topic: str, record: Record, kind: str) -> None:
        """A record that is none of what its topic is for."""
        self._counts.refuse(kind)
        value = refused_record(reason, topic, self._number, record.offset, record.key, record.value)
        self._refused.append((record.key, value))

    def _row(self, user: str, at_ms: int, topic: str, record: Record) -> int:
        """A customer's row; FREE where the record is sent home or to who absorbed them, or was erased."""
        customers = self._customers
        if not customers.here(user):
            home = home_partition(user, self._partitions)
            if home != self._number:
                self._counts.forwarded += 1
                self._forwards.append(Forward(topic, home, user.encode(), record.value or b""))
                return int(FREE)
            if self._identity.passed_on(user, topic, record):
                return int(FREE)
            if customers.erased and at_ms <= erased_until(customers.erased.get(erased_key(user))):
                return int(FREE)
        return customers.row(user)
