"""All state of one input partition: what the worker drives and what a checkpoint writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from streams.engine.api import Checkpoint, Policy, Record
from streams.engine.counts import Counts
from streams.engine.customers import Customers
from streams.engine.dirty import take_dirty
from streams.engine.figures import Figures, figures
from streams.engine.identity import Identity
from streams.engine.intake import Intake, Taken
from streams.engine.machine import Machine
from streams.engine.merged import Arrivals, through
from streams.engine.pieces import ColdPieces, Pieces
from streams.engine.publish import Publisher
from streams.engine.restore import CLOCK_KEY, Restored
from streams.engine.sizes import sizes
from streams.engine.step import Times
from streams.events.native import Event
from streams.events.refusals import FIELD
from streams.rows.arena import CLOCK, MACHINES, NEXT_DUE, SWITCHED
from streams.rows.batch import Batch
from streams.rows.layout import NEVER, STALE
from streams.rules.compile import Program

POSITION_PREFIX = b"\0p"
RULES_KEY = b"\0r"


class Partition:
    """Rows, names, timers, positions, and what is not yet in a checkpoint. Knows no Kafka and no clock."""

    def __init__(
        self, number: int, partitions: int, program: Program, policy: Policy, *, tombstones: bool = True
    ) -> None:
        self.positions: dict[str, int] = {}
        self.counts = Counts()
        self._policy = policy
        self._machine = Machine(program)
        self._publisher = Publisher(self._machine, tombstones, self.counts)
        self._customers = self._new_customers()
        self._arrivals = Arrivals(self._machine, self._publisher, self._customers, policy, self._fold_batch)
        self.identity = Identity(number, partitions, policy, self._customers, self._arrivals)
        self._intake = Intake(
            number, partitions, policy, self._machine.names, self._customers, self.counts, self.identity
        )
        self._restored: Restored | None = Restored()
        self._moved: set[str] = set()
        self._swept = 0
        # about how many rows changed since the last take; counting them would take time for each that did not
        self._touched = 0
        # of the rules under which all rows were judged, and when these came: while the digest is not the program's,
        # some rows are still to be
        self._digest, self._switched_ms = b"", 0
        self._clock_kept = 0
        self._segments = np.zeros(0, np.int64)

    def begin(self) -> int:
        """Where in the changelog ``restore`` is to begin; may take a while, and may be called in a thread."""
        return 0

    def restore(self, records: Iterable[Record]) -> None:
        """Changelog records of this partition, in order; may be called many times before ``open``."""
        if self._restored is None:
            raise RuntimeError("the partition is open")
        self._restored.take(records)

    def open(self, now_ms: int) -> None:
        """Finish the rows and find the boundaries; raises ValueError where the changelog does not make sense."""
        restored, self._restored = self._restored or Restored(), None
        self.positions = restored.positions
        names = self._machine.names
        names.restore(restored.names)
        self._machine.bind()
        self._customers.restored(restored.rows_into(self._machine), restored.erased)
        self._arrivals.histories.restore(self._customers.row_of, restored.merged)
        self.identity.restore(restored.merged)
        self._machine.set_clock(restored.clock_ms)
        self._clock_kept = restored.clock_ms
        self._take_up_rules()
        self._switched_ms = restored.switched_ms
        changed = restored.digest != self.program.digest.encode()
        # Rules tell what is from their instant on: who was judged at it, without a change, was not written then.
        self._machine.make_stale(self._instant(now_ms) if changed else restored.switched_ms)
        if restored.names:
            self._machine.unused.search(names)
        row = 0
        while row < self._machine.customers:  # only what is stale: of boundaries this finds the next
            row = self._publisher.drain(self._machine.visit(row, STALE, self._machine.customers))

    def switch(self, program: Program, now_ms: int) -> None:
        """Take up another rule set: each customer is judged under it by ``advance``, or before their next event.

        With ``clock = wall`` at ``now_ms``, else at their own latest instant.
        """
        self._machine.switch(program, self._instant(now_ms), self._gone(program))
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
        if topic == self._policy.identity:
            for reason, record in self.identity.take(records, now_ms):
                self._intake.refuse(reason, topic, record, FIELD)
            self._touched += len(records)
        else:
            self._fold(self._intake.take(topic, records, now_ms), now_ms)
        if records:
            self.positions[topic] = records[-1].offset + 1
            self._moved.add(topic)

    def fold_events(self, events: Sequence[Event], now_ms: int = 0) -> None:
        """Fold settled events of customers whose home this is."""
        self._fold(self._intake.settled(events), now_ms)

    def fold_batch(self, batch: Batch, id_of: Callable[[int], str]) -> None:
        """With ``clock = event``: fold events whose rows and names are this partition's; ``id_of`` tells their ids."""
        self._fold(Taken(batch, id_of), 0)

    def advance(self, now_ms: int, most: int = 5000) -> bool:
        """Fire the due boundaries of at most ``most`` customers, of whom one with many facts counts for several; True
        when more are due.

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
            + self._intake.waiting()
            + self.identity.waiting()
            + len(self._moved)
            + self._machine.fresh_names()
        )

    def take(self) -> Checkpoint:
        """Everything since the last ``take``, as bytes; it is forgotten here."""
        rows: list[tuple[bytes, bytes | None]] = []
        rows += self._machine.take_names()
        rows += self._dirty_rows()
        rows += self.identity.take_fresh()
        rows += [(POSITION_PREFIX + topic.encode(), b"%d" % self.positions[topic]) for topic in sorted(self._moved)]
        rows += self._moved_clock()
        if self._digest != self.program.digest.encode() and not self.stale():
            self._digest, self._switched_ms = self.program.digest.encode(), int(self._machine.rows.stat[SWITCHED])
        if rows:
            rows.append((RULES_KEY, b"%b %d" % (self._digest, self._switched_ms)))
        changes = [(change.key, change.value) for change in self._publisher.take()]
        self._moved.clear()
        self._touched = 0
        refused, strays = self._intake.let_go()
        return Checkpoint(changes, rows, refused, [*strays, *self.identity.take_messages()])

    def keep(self, checkpoint: Checkpoint, changelog_next: int) -> None:
        """A checkpoint was committed, and the changelog ends at this offset; may be called in a thread."""

    def kept(self) -> None:
        """``keep`` has ended well."""

    def touch(self) -> None:
        """The changelog holds nothing that is not known here."""

    def close(self) -> None:
        """Let go of what is not memory."""

    def customers(self) -> int:
        """How many customers have a row."""
        return len(self._customers.row_of)

    def counted(self) -> Counts:
        """What was done since the partition was made."""
        self._publisher.count()
        self.counts.machines = int(self._machine.rows.stat[MACHINES])
        return self.counts

    def figures(self, now_ms: int) -> Figures:
        """What is to be told of its memory."""
        return figures(self._machine, now_ms if self._policy.clock == "wall" else self._machine.clock_ms())

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
        return self._customers.row_of.get(user)

    def pieces(self) -> Pieces | ColdPieces:
        """All customers, for those who only read."""
        return Pieces(self)

    @property
    def machine(self) -> Machine:
        """The kernel and its memory, for readers."""
        return self._machine

    @property
    def publisher(self) -> Publisher:
        """What was published since the last ``take``, for readers."""
        return self._publisher

    def _fold(self, taken: Taken, now_ms: int) -> None:
        count, (batch, id_of) = len(taken.batch.events), taken
        if not count:
            return
        self.counts.events += count
        self._touched += count
        places = self._arrivals.divert(batch, id_of, now_ms)
        if places is not None:
            batch, id_of = Batch(batch.events[places], batch.records), through(id_of, places)
        self._fold_batch(batch, id_of, now_ms)

    def _fold_batch(self, batch: Batch, id_of: Callable[[int], str], now_ms: int) -> None:
        """Fold events as they came."""
        wall = self._policy.clock == "wall"
        times = Times(int(wall), now_ms, now_ms - self._policy.late_after_ms, self._policy.max_facts)
        self._publisher.id_of = id_of
        self._publisher.drain(self._machine.fold(batch, times))

    def _new_customers(self) -> Customers:
        return Customers(self._machine, self._publisher)

    def _gone(self, program: Program) -> Sequence[str]:
        """Segments without a rule of the program that customers are in who have no row in memory."""
        return ()

    def _instant(self, now_ms: int) -> int:
        """At which rules are taken up; 0: at each customer's own latest instant."""
        return now_ms if self._policy.clock == "wall" else 0

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
        names.pinned.update(self._segments.tolist())
        self._publisher.take_up_rules()

    def known_customers(self, users: Iterable[str]) -> list[int]:
        """The rows of customers whose home this is, new ones where they have none."""
        rows = [self._customers.row(user) for user in users]
        self._customers.settle()
        return rows

    def _dirty_rows(self) -> Iterable[tuple[bytes, bytes | None]]:
        users = self._publisher.users
        kept, gone = take_dirty(self._machine.rows, self._machine.customers, users, self._segments)
        for row in gone:
            self._arrivals.histories.unknown(row)
            kept += self._customers.forget(row)
        return [*kept, *self._arrivals.take_fresh()]
