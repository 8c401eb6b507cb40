"""The tracking agent: events and memberships in, totals out, each batch in one transaction with its offsets.

What makes it exactly once:

- What is known of customers, the totals that follow, and where each input topic goes on are written in one transaction.
  Reading begins where the state says, whatever the group's offsets are.
- The group's offsets are committed in the same transaction, after all of it has been sent, for the group generation in
  which the batch was read: a process whose partitions have gone to another cannot commit, and what it sent before lies
  below the end up to which the new owner reads, who waits until its transaction has ended.
- The transactional id is that of the process's name (the setting ``worker``), so that a restart ends what a killed
  process left open, and of two processes under one name the older stops.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from threading import Event

from confluent_kafka import OFFSET_BEGINNING, KafkaException, Message, TopicPartition

from streams.clients.whole import read_whole
from streams.jobs.errors import Job, explained
from streams.jobs.reading import GroupReader, Place, place_of
from streams.jobs.writer import Out, Writer
from streams.outcomes.book import Book
from streams.outcomes.messages import Message as MergeMessage
from streams.outcomes.messages import encoded, message_key
from streams.rows.home import home_partition
from streams.settings import Settings
from streams.tracking.intake import Intake
from streams.tracking.terms import LiveTerms
from streams.tracking.topics import Places
from streams.worker.logs import note
from streams.worker.topics import MEMBERSHIPS

#: The more at once, the more is of one customer, whose outcomes are summed up once.
BATCH_RECORDS = 10_000


def job_of(settings: Settings) -> Job:
    """What this process is called."""
    return Job.of_worker(settings, "track")


class Agent:
    """Reads, counts and writes until it is told to stop. All methods are called from one thread."""

    def __init__(self, settings: Settings, places: Places, terms: LiveTerms, *, until_drained: bool = False) -> None:
        self._settings, self._places, self._terms = settings, places, terms
        self._until_drained = until_drained
        self.seconds = self.cpu_seconds = 0.0  # from the first records to the end of the newest transaction
        self._began: tuple[float, float] | None = None
        self._books: dict[int, Book] = {}
        # by ranges: whoever has a partition of one topic has it of all
        self._reader = GroupReader(settings, "track", "range", ends=until_drained, most=BATCH_RECORDS)
        self._job = job_of(settings)
        self._writer = Writer(settings, self._job)
        self._home = partial(home_partition, partitions=places.partitions)
        self.intake = Intake(settings.money(), self._home)
        self._owed: set[bytes] = set()  # what was said of merges, and not come back yet
        self._taken: list[Out] = []

    def busy_seconds(self) -> float:
        """For how long the broker has been asked for what is asked of it now; may be called from any thread."""
        return self._writer.busy_seconds()

    def customers(self) -> int:
        """How many customers are known here."""
        return sum(book.customers() for book in self._books.values())

    def run(self, stop: Event) -> None:
        """Works until ``stop`` is set, or all that is there is counted where that was asked for.

        Raises:
            JobError: another process has taken over, or the broker has not answered; nothing is half written.
        """
        try:
            self._writer.open()
            self._reader.join(self._places.inputs)
            while not stop.is_set() and not (self._until_drained and self._drained()):
                self._turn()
            self._reader.close()
        except KafkaException as error:
            raise explained(self._job, error) from error

    def _drained(self) -> bool:
        return self._reader.drained() and not self._owed

    def _turn(self) -> None:
        messages = self._reader.read()
        if messages is None:
            self._open()
        recounted = self._terms.changed()
        if recounted:
            for book in self._books.values():
                book.recount(self._terms.now)
        if messages:
            self._began = self._began or (time.monotonic(), time.process_time())
            self._fold(messages)
        if messages or (recounted and self._books):
            self._write()
        if messages and self._began:
            self.seconds, self.cpu_seconds = time.monotonic() - self._began[0], time.process_time() - self._began[1]
        self._writer.serve()

    # -- reading

    def _open(self) -> None:
        """Books of the partitions that are held now, each as it was last written by whoever that was; reading goes on
        where they say. What was fetched before is dropped."""
        held = self._reader.held()
        self._owed.clear()
        self._books = {number: self._restored(number) for number in sorted({number for _, number in held})}
        published: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        for key, value in read_whole(self._settings, self._places.totals) if held else ():
            mine = published[int(key.partition(b"/")[0])]
            mine.pop(key, None)
            if value is not None:
                mine[key] = value
        for number, book in self._books.items():
            book.open(published[number])
        self._reader.go_on([TopicPartition(topic, number, self._next(topic, number)) for topic, number in held])
        if held:
            told = sorted(self._books)
            text = "tracks partitions %s, %d customers"
            note("tracking", text, told, self.customers(), more={"partitions": told, "customers": self.customers()})

    def _restored(self, number: int) -> Book:
        book = Book(number, self._terms.now, self._settings.retention_ms)
        book.restore(read_whole(self._settings, self._places.state, [number]))
        return book

    def _next(self, topic: str, number: int) -> int:
        return self._books[number].positions.get(topic, OFFSET_BEGINNING)

    def _fold(self, messages: list[Message]) -> None:
        """Takes messages into their books."""
        ends: dict[Place, int] = {}
        for one in messages:
            topic, number = place_of(one)
            book = self._books[number]
            if topic == MEMBERSHIPS:
                self.intake.membership(book, one.key(), one.value())
            elif topic == self._places.merges:
                self._told(book, number, one)
            else:
                self.intake.event(book, number, one.key(), one.value())
            ends[topic, number] = (one.offset() or 0) + 1
        for (topic, number), end in ends.items():
            self._books[number].moved(topic, end)

    def _told(self, book: Book, number: int, one: Message) -> None:
        key, value = one.key() or b"", one.value()
        self.intake.message(book, value)
        if value is not None:  # it holds facts of people only until it is taken
            self._owed.discard(key)
            self._taken.append(Out(self._places.merges, key, None, number))

    def _write(self) -> None:
        """Commits what has changed in all books, with where they stand."""
        positions = [
            TopicPartition(topic, number, offset)
            for number, book in self._books.items()
            for topic, offset in book.positions.items()
        ]
        self._writer.write(self._changed(), positions, self._reader.group())

    def _changed(self) -> Iterator[Out]:
        taken, self._taken = self._taken, []
        yield from taken
        for number, book in self._books.items():
            changed = book.changed()
            yield from (Out(self._places.state, key, value, number) for key, value in changed.state)
            yield from (Out(self._places.totals, key, value, 0) for key, value in changed.totals)
            yield from map(self._letter, changed.messages)

    def _letter(self, message: MergeMessage) -> Out:
        value = encoded(message)
        key, home = message_key(value), self._home(message.to)
        if home in self._books:
            self._owed.add(key)
        return Out(self._places.merges, key, value, home)
