"""Delivers memberships to a platform: in order, each until it is taken or refused, and keeps what the platform has."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.clients.changes import Arrived
from streams.sinks.delivery.beginning import POLL_SECONDS, newest_of, outdated
from streams.sinks.delivery.book import NOWHERE, Book, Row, Standing, erased, told
from streams.sinks.delivery.halves import outcomes_of
from streams.sinks.delivery.items import Again, Call, Done, Item, Platform
from streams.sinks.delivery.ledger import Ledger, Letter
from streams.sinks.delivery.newest import Newest
from streams.sinks.delivery.pending import Entry, Pending
from streams.sinks.delivery.source import Source
from streams.sinks.delivery.waiting import Waiting
from streams.sinks.patience import StoppedError

#: How often at least it is written that all is up to date, in milliseconds.
TOUCH_MS = 3_600_000
#: Batches that are in memory at most; all else waits in Kafka.
BATCHES = 2
FIRST_MS, LONGEST_MS = 1_000, 300_000


class Progress(NamedTuple):
    """What one process did: records read, items told, and items that were not taken."""

    records: int
    told: int
    undelivered: int


class Delivery:
    """Follows the topic until it is stopped.

    Args:
        platform: makes calls of items.
        call: makes calls.
        source: the topic.
        ledger: what the far side has.
        waiting: lets the time pass.
        say: told in words what happens.
        give_up_ms: how long what is answered with an error is tried; a far side that is away is waited for for ever.
        chance: makes waits differ.

    Raises:
        MicrosegError: Kafka refuses, or another process took over.
    """

    def __init__(
        self,
        platform: Platform,
        call: Call,
        source: Source,
        ledger: Ledger,
        waiting: Waiting,
        say: Callable[[str], None],
        give_up_ms: int,
        chance: random.Random | None = None,
    ) -> None:
        self._platform, self._call, self._source, self._ledger = platform, call, source, ledger
        self._waiting, self._say, self._give_up_ms = waiting, say, give_up_ms
        self._chance = chance or random.Random()
        self._pending = Pending(platform.every)
        self._book, self._standing = Book(), Standing({})
        self._read: dict[int, int] = {}
        self._ends: dict[int, tuple[int, int]] = {}
        self._newest = Newest()
        self._left: deque[str] | None = None  # who is only known of an older build
        self._gone: dict[str, tuple[int, int]] = {}  # who was erased: partition and offset of the record that says so
        self._trouble = ""
        self._records = self._told = self._undelivered = 0

    @property
    def progress(self) -> Progress:
        """What was done so far."""
        return Progress(self._records, self._told, self._undelivered)

    @property
    def held(self) -> int:
        """How many items are in memory."""
        return len(self._pending)

    def run(self, *, anew: bool = False, until_drained: bool = False) -> None:
        """Delivers.

        Args:
            anew: tell the far side of everybody, whatever it is known to have.
            until_drained: end once everything that was in the topic at the start is told.
        """
        try:
            self._ledger.open()
            self._begin(anew)
            behind = True
            while True:
                self._waiting.sleep(0)  # where it is stopped, if it is
                self._step()
                if behind and self._drained():
                    behind = False
                    self._say("up to date")
                    if until_drained:
                        return
                self._touch()
        except StoppedError:
            return

    # -- the beginning ------------------------------------------------------------------------------------------------

    def _begin(self, anew: bool) -> None:
        """Takes up where the ledger stands, or begins a new build."""
        self._book, self._standing = self._ledger.load()
        self._ends = self._source.ends()
        why = "asked to" if anew else outdated(self._standing, self._ends, self._waiting.now_ms())
        if why:
            self._say(f"telling of everybody: {why}")
            begins = {number: begin for number, (begin, _) in self._ends.items()}
            self._standing = Standing(begins, self._standing.generation + 1, True, self._waiting.now_ms())
            self._ledger.write((), self._standing)
        self._read = {number: max(at, self._ends[number][0]) for number, at in self._standing.positions.items()}
        self._gone = {user: (row.gone, row.offset) for user, row in self._book.all() if row.gone != NOWHERE}
        if self._standing.building:
            self._newest = newest_of(self._source, self._read, self._ends, self._waiting)
        self._source.start(dict(self._read))

    # -- going on -----------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        """Reads if there is room, and tells what is due."""
        self._take()
        batch = self._pending.due(self._waiting.now_ms(), self._platform.most)
        if batch:
            self._deliver(batch)

    def _take(self) -> None:
        """Reads once; waits while there is nothing else to do."""
        room = BATCHES * self._platform.most - len(self._pending)
        due_ms = self._pending.next_due_ms()
        wait = POLL_SECONDS if due_ms is None else (due_ms - self._waiting.now_ms()) / 1000
        if room <= 0:
            if wait > 0:
                self._waiting.sleep(min(wait, POLL_SECONDS))
            return
        if self._left:
            self._take_left(room)
            return
        for run in self._source.read(max(0.0, min(wait, POLL_SECONDS)), room):
            for arrived, offset in zip(run.records, run.offsets, strict=True):
                self._put(arrived, run.partition, offset)
            self._read[run.partition] = run.end
            self._records += len(run.records)

    def _put(self, arrived: Arrived, partition: int, offset: int) -> None:
        if self._newest.is_old(arrived.user, offset):
            return
        last = self._pending.last(arrived.user)
        known = self._book.get(arrived.user) if last is None else self._after(last)
        more = self._newest.touched(arrived.user) if self._standing.building else frozenset()
        item = told(arrived, offset, known, self._standing, more)
        if item is not None:
            self._pending.put(Entry(item, partition, offset, offset, self._waiting.now_ms()))

    def _take_left(self, room: int) -> None:
        """Those of an older build of whom the topic knows nothing any more were erased meanwhile."""
        while self._left and room > 0:
            user = self._left.popleft()
            row = self._book.get(user)
            if row is not None and row.generation != self._standing.generation and self._pending.last(user) is None:
                self._pending.put(
                    Entry(erased(user, row, self._standing), NOWHERE, NOWHERE, NOWHERE, self._waiting.now_ms())
                )
                room -= 1

    def _drained(self) -> bool:
        """Whether everything that was there at the start is told, whatever came since; ends the build."""
        at, firsts = self._source.positions(), self._pending.firsts()
        ends = [(number, end) for number, (begin, end) in self._ends.items() if end > begin]
        if any(firsts.get(number, max(at[number], self._read[number])) < end for number, end in ends):
            return False
        if self._standing.building:
            if self._left is None:
                self._left = deque(self._book.older(self._standing.generation))
            if self._left or NOWHERE in firsts:
                return False
            self._standing, self._newest = self._standing._replace(building=False), Newest()
            self._write([], [])
        return True

    def _touch(self) -> None:
        """It is up to date, though nothing came."""
        if self._waiting.now_ms() - self._standing.written_ms > TOUCH_MS and not len(self._pending):
            self._write([], [])

    # -- telling ------------------------------------------------------------------------------------------------------

    def _deliver(self, batch: Sequence[Entry]) -> None:
        loud = [entry for entry in batch if not entry.item.quiet]
        found = outcomes_of(self._platform, [entry.item for entry in loud], self._call)
        outcomes = dict(zip(map(id, loud), found, strict=True))
        rows: list[tuple[str, Row | None]] = []
        letters: list[Letter] = []
        wait = 1 + self._chance.uniform(0, 0.5)  # one for all, so that they stay together
        for entry in batch:
            outcome = outcomes.get(id(entry), Done(entry.item.far))
            if isinstance(outcome, Again) and self._later(entry, outcome, wait):
                continue
            if isinstance(outcome, Done):
                self._told += id(entry) in outcomes
                row = self._after(entry, outcome.far)
            else:
                letters.append(self._letter(entry.item, outcome.reason))
                row = self._after(entry)._replace(segments=entry.item.before)  # so that the next one makes up for it
            self._pending.remove(entry)
            rows.append((entry.item.user, row))
            self._book.set(entry.item.user, row)
            self._gone.pop(entry.item.user, None)
            if entry.item.kind == "erased":
                self._gone[entry.item.user] = entry.partition, row.offset
        self._write(rows, letters)

    def _later(self, entry: Entry, outcome: Again, longer: float) -> bool:
        """Puts an item off; False: it was tried for long enough. That somebody is out is never given up."""
        now = self._waiting.now_ms()
        if entry.tries and now - entry.since_ms > self._give_up_ms and entry.item.after:
            return False
        if not entry.tries:
            entry.since_ms = now
            if outcome.reason != self._trouble:
                self._trouble = outcome.reason
                self._say(f"{outcome.reason}; trying again")
        entry.due_ms = now + int(min(FIRST_MS << min(entry.tries, 20), LONGEST_MS) * longer)
        entry.tries += 1
        entry.fails += not outcome.together
        return True

    def _letter(self, item: Item, reason: str) -> Letter:
        self._undelivered += 1
        if self._undelivered == 1:
            self._say(f"something is not taken: {reason}")
        return Letter(item.user, item.seq, item.kind == "erased", item.after, reason)

    def _after(self, entry: Entry, far: str = "") -> Row:
        """What the far side has once an item is told."""
        item = entry.item
        if item.kind == "erased":
            return Row(item.seq, entry.last, (), self._standing.generation, gone=entry.partition)
        return Row(item.seq, entry.last, item.after, self._standing.generation, far or item.far)

    def _write(self, rows: list[tuple[str, Row | None]], letters: list[Letter]) -> None:
        """Keeps what was told; the rows of those who were erased go once nothing older can be read again."""
        positions = {**self._read, **self._pending.firsts()}
        positions.pop(NOWHERE, None)
        self._standing = self._standing._replace(positions=positions, written_ms=self._waiting.now_ms())
        past = [
            user for user, (number, at) in self._gone.items() if number == NOWHERE or positions.get(number, at + 1) > at
        ]
        self._ledger.write([*rows, *((user, None) for user in past)], self._standing, letters)
        for user in past:
            del self._gone[user]
            self._book.set(user, None)
