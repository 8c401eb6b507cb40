"""All state of one input partition: what the worker drives and what a checkpoint writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from streams.engine.api import Checkpoint, Forward, Policy, Record
from streams.engine.machine import Machine
from streams.engine.publish import Publisher
from streams.engine.restore import CLOCK_KEY, Restored, erased_key, erased_until, erased_value
from streams.engine.sizes import sizes
from streams.engine.step import Times
from streams.events.decode import Refusal, decode_event, refused_record
from streams.events.native import Event, Merge
from streams.intake.reader import PlainEvents, Reader
from streams.rows.arena import CLOCK, DIRTY, DROPPED, KNOWN, NEXT_DUE
from streams.rows.batch import B_AT, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.home import home_partition
from streams.rows.layout import NEVER, STALE
from streams.rows.packing import pack
from streams.rows.rebatch import joined
from streams.rows.tables import FREE, Numbers
from streams.rules.compile import Program

POSITION_PREFIX = b"\0p"
RULES_KEY = b"\0r"


class Partition:
    """Rows, names, timers, positions, and what is not yet in a checkpoint. Knows no Kafka and no clock."""

    def __init__(
        self, number: int, partitions: int, program: Program, policy: Policy, *, tombstones: bool = True
    ) -> None:
        self.positions: dict[str, int] = {}
        self.counters = {"events": 0, "refused": 0, "forwarded": 0}
        self._number, self._partitions, self._policy = number, partitions, policy
        self._machine = Machine(program)
        self._encoder = Encoder(self._machine.names)
        self._users = Numbers()
        self._reader = Reader(self._users, self._machine.names.by_bytes)
        self._publisher = Publisher(self._machine, tombstones)
        self._row_of: dict[str, int] = {}
        self._restored: Restored | None = Restored()
        self._erased: dict[bytes, bytes] = {}
        self._refused: list[tuple[bytes | None, bytes]] = []
        self._forwards: list[Forward] = []
        self._moved: set[str] = set()
        self._swept = 0
        # about how many rows changed since the last take; counting them would take time for each that did not
        self._touched = 0
        # of the rules under which all rows were judged: while it is not the program's, some are still to be
        self._digest = b""
        self._clock_kept = 0
        self._segments = np.zeros(0, np.int64)

    def restore(self, records: Iterable[Record]) -> None:
        """Changelog records of this partition, in order; may be called many times before ``open``."""
        if self._restored is None:
            raise RuntimeError("the partition is open")
        self._restored.take(records)

    def open(self, now_ms: int) -> None:
        """Finish the rows and find the boundaries; raises ValueError where the changelog does not make sense."""
        restored, self._restored = self._restored or Restored(), None
        self.positions = restored.positions
        self._erased = restored.erased
        names = self._machine.names
        for key, value in restored.names.items():
            names.restore(key, value)
        self._machine.bind()
        users = restored.rows_into(self._machine)
        self._row_of = {user: row for row, user in enumerate(users)}
        self._users.add([user.encode() for user in users], range(len(users)))
        self._publisher.users = users
        self._machine.set_clock(restored.clock_ms)
        self._clock_kept = restored.clock_ms
        self._take_up_rules()
        changed = restored.digest != self.program.digest.encode()
        self._machine.make_stale(now_ms if changed and self._policy.clock == "wall" else 0)
        row = 0
        while row < self._machine.customers:  # only what is stale: of boundaries this finds the next
            row = self._publisher.drain(self._machine.visit(row, STALE, self._machine.customers))

    def switch(self, program: Program, now_ms: int) -> None:
        """Take up another rule set: each customer is judged under it by ``advance``, or before their next event.

        With ``clock = wall`` at ``now_ms``, else at their own latest instant.
        """
        self._machine.switch(program, now_ms if self._policy.clock == "wall" else 0)
        self._swept = 0
        self._take_up_rules()

    def stale(self) -> int:
        """How many customers are still to be judged under the rules that hold now."""
        return self._machine.stale()

    def sizes(self) -> dict[str, int]:
        """How many customers are in each segment, as published; of families in each of their segments that has any."""
        return sizes(self._machine)

    def fold(self, topic: str, records: Sequence[Record], now_ms: int) -> None:
        """Take in a chunk of one topic from ``positions[topic]`` on, judge the customers touched, collect the
        changes."""
        wall = self._policy.clock == "wall"
        latest_ms = now_ms + self._policy.max_clock_skew_ms if wall else NEVER
        plain = self._reader.read([record.value for record in records])
        odd = self._settle_plain(plain, topic, records, latest_ms)
        events, rows = self._settle(odd, topic, records, latest_ms)
        if records:
            self.positions[topic] = records[-1].offset + 1
            self._moved.add(topic)
        batch = plain.batch if not events else joined([plain.batch, self._encoder.encode(events, rows)])
        first = len(plain)
        self._fold(batch, now_ms, lambda event: plain.id(event) if event < first else str(events[event - first].id))

    def fold_events(self, events: Sequence[Event], now_ms: int = 0) -> None:
        """Fold settled events of customers whose home this is."""
        rows = [self.known_customer(str(event.user)) for event in events]
        self._fold(self._encoder.encode(list(events), rows), now_ms, lambda event: str(events[event].id))

    def advance(self, now_ms: int, most: int = 5000) -> bool:
        """Fire the due boundaries of at most ``most`` customers; True when more are due.

        With ``clock = event`` the partition's newest event is the time.
        """
        clock_ms = now_ms if self._policy.clock == "wall" else int(self._machine.rows.stat[CLOCK])
        if self._machine.rows.stat[NEXT_DUE] <= clock_ms:
            self._touched += 1
        self._swept = self._publisher.drain(self._machine.visit(self._swept, clock_ms, most))
        if self._swept >= self._machine.customers:
            self._swept = 0
        return self._swept > 0

    def advance_to(self, at_ms: int) -> None:
        """With ``clock = event``: an instant up to which nothing more comes; all boundaries up to it are fired."""
        self._machine.rows.stat[CLOCK] = at_ms
        while self.advance(0):
            pass

    def next_boundary(self) -> int | None:
        """The earliest instant at which ``advance`` may have work, in ms; None: none before the next event."""
        due, clock_ms = int(self._machine.rows.stat[NEXT_DUE]), int(self._machine.rows.stat[CLOCK])
        if due == NEVER or (self._policy.clock == "event" and due > clock_ms):
            return None
        return due

    def dirty(self) -> int:
        """About how many records ``take`` would hand out; 0: nothing to write."""
        return (
            self._touched
            + len(self._publisher.changes)
            + len(self._refused)
            + len(self._forwards)
            + len(self._moved)
            + self._machine.names.fresh()
        )

    def take(self) -> Checkpoint:
        """Everything since the last ``take``, as bytes; it is forgotten here."""
        rows: list[tuple[bytes, bytes | None]] = []
        rows += self._machine.names.take_fresh()
        rows += self._dirty_rows()
        rows += [(POSITION_PREFIX + topic.encode(), b"%d" % self.positions[topic]) for topic in sorted(self._moved)]
        rows += self._moved_clock()
        if self._digest != self.program.digest.encode() and not self.stale():
            self._digest = self.program.digest.encode()
        if rows:
            rows.append((RULES_KEY, self._digest))
        changes = [(change.key, change.value) for change in self._publisher.take()]
        taken = Checkpoint(changes, rows, self._refused, self._forwards)
        self._refused, self._forwards = [], []
        self._moved.clear()
        self._touched = 0
        return taken

    def customers(self) -> int:
        """How many customers have a row."""
        return len(self._row_of)

    def dropped(self) -> int:
        """How many facts were dropped over ``max_facts``."""
        return int(self._machine.rows.stat[DROPPED])

    @property
    def program(self) -> Program:
        """The rules that hold."""
        return self._machine.program

    @property
    def policy(self) -> Policy:
        """How time and bounds are treated."""
        return self._policy

    def row_of(self, user: str) -> int | None:
        """The row of a customer; None where they are unknown, or forgotten."""
        return self._row_of.get(user)

    @property
    def machine(self) -> Machine:
        """The kernel and its memory, for readers."""
        return self._machine

    @property
    def publisher(self) -> Publisher:
        """What was published since the last ``take``, for readers."""
        return self._publisher

    def _settle_plain(self, plain: PlainEvents, topic: str, records: Sequence[Record], latest_ms: int) -> list[int]:
        """Give the plain events their customers' rows and drop those of strangers; which records are still to be
        settled: those that are not plain, and those that come too early, in their order."""
        events, row_of = plain.batch.events, self._row_of
        odd = plain.others
        early = events[:, B_AT] > latest_ms
        if early.any():
            odd = sorted([*odd, *(plain.record(event) for event in np.flatnonzero(early).tolist())])
            plain.keep(~early)
            events = plain.batch.events
        fresh: dict[str, int] = {}
        strangers = False
        for event in plain.unknown():
            user = plain.user(event)
            row = row_of.get(user)
            if row is None:
                row = fresh.get(user)
            if row is None:
                record = records[plain.record(event)]
                if not self._is_ours(user, int(events[event, B_AT]), topic, record):
                    strangers = True
                    continue
                row = fresh[user] = self._machine.customers + len(fresh)
            events[event, B_ROW] = row
        if fresh:
            self._add_customers(list(fresh))
        if strangers:
            plain.keep(events[:, B_ROW] != FREE)
        return odd

    def _settle(
        self, which: list[int], topic: str, records: Sequence[Record], latest_ms: int
    ) -> tuple[list[Event], list[int]]:
        """The events in these records, and their customers' rows; what is refused is noted, strangers' are dropped."""
        events: list[Event] = []
        rows: list[int] = []
        for number in which:
            record = records[number]
            event: Any = decode_event(record.value, record.key)  # its fields are settled: int and str
            if event.__class__ is Refusal:
                self._refuse(event.reason, topic, record)
            elif event.at > latest_ms:
                self._refuse("at: is too far ahead of the clock", topic, record)
            elif event.__class__ is Merge:
                self._refuse("type: merge is not taken by a worker yet", topic, record)
            else:
                if event.user in self._row_of or self._is_ours(event.user, event.at, topic, record):
                    events.append(event)
                    rows.append(self.known_customer(event.user))
        return events, rows

    def _fold(self, batch: Batch, now_ms: int, id_of: Callable[[int], str]) -> None:
        count = len(batch.events)
        if not count:
            return
        self.counters["events"] += count
        self._touched += count
        wall = self._policy.clock == "wall"
        times = Times(int(wall), now_ms, now_ms - self._policy.late_after_ms, self._policy.max_facts)
        self._publisher.id_of = id_of
        self._publisher.drain(self._machine.fold(batch, times))

    def _moved_clock(self) -> list[tuple[bytes, bytes | None]]:
        """With ``clock = event`` the newest event's instant, which rows do not tell: it may have been a mere repeat."""
        clock_ms = self._machine.clock_ms()
        if self._policy.clock == "wall" or clock_ms == self._clock_kept:
            return []
        self._clock_kept = clock_ms
        return [(CLOCK_KEY, b"%d" % clock_ms)]

    def _take_up_rules(self) -> None:
        """What follows from the machine's rules."""
        names = self._machine.names
        self._segments = np.array([names.exact(name) for name in self._machine.segments], np.int64)
        self._publisher.take_up_rules()

    def _refuse(self, reason: str, topic: str, record: Record) -> None:
        self.counters["refused"] += 1
        value = refused_record(reason, topic, self._number, record.offset, record.key, record.value)
        self._refused.append((record.key, value))

    def _is_ours(self, user: str, at_ms: int, topic: str, record: Record) -> bool:
        """Whether a customer without a row gets one; else the record is sent home, or an erasure has forgotten it."""
        home = home_partition(user, self._partitions)
        if home != self._number:
            self.counters["forwarded"] += 1
            self._forwards.append(Forward(topic, home, user.encode(), record.value or b""))
            return False
        return not self._erased or at_ms > erased_until(self._erased.get(erased_key(user)))

    def known_customer(self, user: str) -> int:
        """The row of a customer whose home this is, a new one where they have none."""
        row = self._row_of.get(user)
        return self._add_customers([user]) if row is None else row

    def _add_customers(self, users: list[str]) -> int:
        """Rows for new customers, one behind the other; returns the first one's."""
        first = self._machine.add_customers(len(users))
        rows = range(first, first + len(users))
        self._row_of.update(zip(users, rows, strict=True))
        self._publisher.users += users
        self._users.add([user.encode("utf-8", "surrogatepass") for user in users], rows)
        for user, row in zip(users, rows, strict=True) if self._erased else ():
            if marker := self._erased.get(erased_key(user)):
                Restored.mark_erased(self._machine.rows, row, marker)
        return first

    def _dirty_rows(self) -> Iterable[tuple[bytes, bytes | None]]:
        rows = self._machine.rows
        which = np.flatnonzero(rows.head[: self._machine.customers, DIRTY])
        rows.head[which, DIRTY] = 0
        users = self._publisher.users
        gone: list[tuple[bytes, bytes | None]] = []
        unknown = rows.head[which, KNOWN] == NEVER
        for row in which[unknown].tolist():
            gone += self._forget(row, users[row])
        which = which[~unknown]
        return [
            *zip([users[row].encode() for row in which.tolist()], pack(rows, which, self._segments), strict=True),
            *gone,
        ]

    def _forget(self, row: int, user: str) -> list[tuple[bytes, bytes | None]]:
        """An erased customer with no later event: of the row only a marker under a digest of the id stays."""
        marker = erased_value(self._machine.rows, row)
        self._erased[erased_key(user)] = marker
        del self._row_of[user]
        self._users.forget(user.encode())
        self._publisher.users[row] = ""
        return [(user.encode(), None), (erased_key(user), marker)]
