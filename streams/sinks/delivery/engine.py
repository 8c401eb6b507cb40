"""Delivers memberships to a platform: in order, each until it is taken or refused, and keeps what the platform has."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.clients.changes import Arrived
from streams.sinks.delivery.book import NOWHERE, Book, Row, Standing, erased, told
from streams.sinks.delivery.items import Again, BatchError, Call, Done, Item, Outcome, Platform, Refused
from streams.sinks.delivery.ledger import Ledger, Letter
from streams.sinks.delivery.newest import Newest
from streams.sinks.delivery.pending import Entry, Pending
from streams.sinks.delivery.source import Source
from streams.sinks.delivery.waiting import Waiting
from streams.sinks.patience import StoppedError

#: Tombstones stay in the topic for a week after compaction; what was not kept up to date for longer is told anew.
OLD_MS = 6 * 86_400_000
#: How often at least it is written that all is up to date, in milliseconds.
TOUCH_MS = 3_600_000
POLL_SECONDS = 0.2
#: Batches that are in memory at most; all else waits in Kafka.
BATCHES = 2
LEARN_RECORDS = 10_000
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
        ClientError: Kafka refuses, or another process took over.
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
                idle = not self._step()
                if behind and idle and self._drained():
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
        why = "asked to" if anew else self._outdated()
        if why:
            self._say(f"telling of everybody: {why}")
            begins = {number: begin for number, (begin, _) in self._ends.items()}
            self._standing = Standing(begins, self._standing.generation + 1, True, self._waiting.now_ms())
            self._ledger.write((), self._standing)
        self._read = {number: max(at, self._ends[number][0]) for number, at in self._standing.positions.items()}
        self._gone = {user: (row.gone, row.offset) for user, row in self._book.all() if row.gone != NOWHERE}
        self._newest = Newest()
        if self._standing.building:
            self._learn()
        self._source.start(dict(self._read))

    def _learn(self) -> None:
        """Reads up to where the topic ends, and tells nothing."""
        at = dict(self._read)
        self._source.start(at)
        while any(at[number] < end for number, (begin, end) in self._ends.items() if end > begin):
            self._waiting.sleep(0)
            for run in self._source.read(POLL_SECONDS, LEARN_RECORDS):
                self._newest.learn(run.records, run.offsets)
                at[run.partition] = run.end
            at = {number: max(at[number], offset) for number, offset in self._source.positions().items()}

    def _outdated(self) -> str:
        """Why the ledger cannot be gone on with; empty: it can."""
        now, positions = self._waiting.now_ms(), self._standing.positions
        if not positions:
            return "the first start"
        if sorted(positions) != sorted(self._ends):
            return "the topic has other partitions now"
        if now - self._standing.written_ms > OLD_MS:
            return "it was not kept up to date for days"
        if any(positions[number] > end for number, (_, end) in self._ends.items()):
            return "the topic was made anew"
        return ""

    # -- going on -----------------------------------------------------------------------------------------------------

    def _step(self) -> bool:
        """Reads if there is room, and tells what is due; returns whether anything was done."""
        found = self._take()
        batch = self._pending.due(self._waiting.now_ms(), self._platform.most)
        if batch:
            self._deliver(batch)
        return bool(batch) or found

    def _take(self) -> bool:
        """Reads once; waits while there is nothing else to do. Returns whether there was something."""
        room = BATCHES * self._platform.most - len(self._pending)
        due_ms = self._pending.next_due_ms()
        wait = POLL_SECONDS if due_ms is None else (due_ms - self._waiting.now_ms()) / 1000
        if room <= 0:
            if wait > 0:
                self._waiting.sleep(min(wait, POLL_SECONDS))
            return False
        if self._left:
            self._take_left(room)
            return True
        runs = self._source.read(max(0.0, min(wait, POLL_SECONDS)), room)
        for run in runs:
            for arrived, offset in zip(run.records, run.offsets, strict=True):
                self._put(arrived, run.partition, offset)
            self._read[run.partition] = run.end
            self._records += len(run.records)
        return bool(runs)

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
        """Whether everything that was there at the start is told; ends the build."""
        at = self._source.positions()
        ends = self._ends.items()
        if len(self._pending) or any(max(at[one], self._read[one]) < end for one, (begin, end) in ends if end > begin):
            return False
        if self._standing.building:
            if self._left is None:
                self._left = deque(self._book.older(self._standing.generation))
            if self._left:
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
        outcomes = dict(zip(map(id, loud), self._outcomes([entry.item for entry in loud]), strict=True))
        rows: list[tuple[str, Row | None]] = []
        letters: list[Letter] = []
        for entry in batch:
            outcome = outcomes.get(id(entry), Done(entry.item.far))
            if isinstance(outcome, Again) and self._later(entry, outcome):
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

    def _outcomes(self, items: Sequence[Item]) -> list[Outcome]:
        """What became of each; a batch that is refused as a whole is halved, so that only what is bad is refused."""
        if not items:
            return []
        try:
            return self._platform.deliver(items, self._call)
        except BatchError as error:
            if error.passing:
                return [Again(error.reason)] * len(items)
            if len(items) == 1:
                return [Refused(error.reason)]
            half = len(items) // 2
            return [*self._outcomes(items[:half]), *self._outcomes(items[half:])]

    def _later(self, entry: Entry, outcome: Again) -> bool:
        """Puts an item off; False: it was tried for long enough. That somebody is out is never given up."""
        now = self._waiting.now_ms()
        if entry.tries and now - entry.since_ms > self._give_up_ms and entry.item.after:
            return False
        if not entry.tries:
            entry.since_ms = now
            self._say(f"{outcome.reason}; trying again")
        wait = min(FIRST_MS << min(entry.tries, 20), LONGEST_MS)
        entry.tries += 1
        entry.due_ms = now + int(wait * (1 + self._chance.uniform(0, 0.5)))
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
        self._standing = self._standing._replace(positions=positions, written_ms=self._waiting.now_ms())
        past = [user for user, (number, at) in self._gone.items() if number == NOWHERE or positions[number] > at]
        self._ledger.write([*rows, *((user, None) for user in past)], self._standing, letters)
        for user in past:
            del self._gone[user]
            self._book.set(user, None)
