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

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from threading import Event

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.outcomes.book import Book
from streams.rows.home import home_partition
from streams.settings import Settings
from streams.tracking.errors import explained
from streams.tracking.intake import Intake
from streams.tracking.restore import read_whole
from streams.tracking.terms import LiveTerms
from streams.tracking.topics import Places
from streams.tracking.writer import Out, Writer
from streams.worker.errors import AWAY
from streams.worker.logs import librdkafka_log, note
from streams.worker.security import Config, librdkafka_config
from streams.worker.topics import MEMBERSHIPS

BATCH_RECORDS = 2_000
POLL_SECONDS = 0.05
SESSION_MS = 10_000


class Agent:
    """Reads, counts and writes until it is told to stop. All methods are called from one thread."""

    def __init__(self, settings: Settings, places: Places, terms: LiveTerms, *, until_drained: bool = False) -> None:
        self.intake = Intake(settings.money(), partial(home_partition, partitions=places.partitions))
        self._settings, self._places, self._terms = settings, places, terms
        self._until_drained = until_drained
        self._moved = self._assigned = False
        self._ended: set[tuple[str, int]] = set()
        self._books: dict[int, Book] = {}
        self._consumer = Consumer(_consumer_config(settings, ends=until_drained), logger=librdkafka_log)
        self._writer = Writer(settings)

    def busy_seconds(self) -> float:
        """For how long the broker has been asked for what is asked of it now; may be called from any thread."""
        return self._writer.busy_seconds()

    def customers(self) -> int:
        """How many customers are known here."""
        return sum(book.customers() for book in self._books.values())

    def run(self, stop: Event) -> None:
        """Works until ``stop`` is set, or all that is there is counted where that was asked for.

        Raises:
            TrackError: another process has taken over, or the broker has not answered; nothing is half written.
        """
        try:
            self._writer.open()
            topics = list(self._places.inputs)
            self._consumer.subscribe(topics, on_assign=self._take, on_revoke=self._give, on_lost=self._give)
            while not stop.is_set() and not (self._until_drained and self._drained()):
                self._turn()
            self._consumer.close()
        except KafkaException as error:
            raise explained(self._settings.worker, error) from error

    def _turn(self) -> None:
        messages = self._read()
        recounted = self._terms.changed()
        if recounted:
            for book in self._books.values():
                book.recount(self._terms.now)
        if messages:
            self._fold(messages)
        if messages or (recounted and self._books):
            self._write()
        self._writer.serve()

    def _drained(self) -> bool:
        held = {(one.topic, one.partition) for one in self._consumer.assignment()}
        return self._assigned and held <= self._ended

    # -- reading

    def _read(self) -> list[Message]:
        fetched = self._consumer.consume(BATCH_RECORDS, POLL_SECONDS)
        if self._moved:
            self._open()
            return []
        messages, ended = [], set()
        for one in fetched:
            if (error := one.error()) is None:
                messages.append(one)
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(_place(one))
            elif error.code() not in AWAY:
                raise explained(self._settings.worker, error)
        # an end that was told in the same fetch as records comes after them
        self._ended = (self._ended - {_place(one) for one in messages}) | ended
        return messages

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._moved = self._assigned = True

    def _give(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._moved = True

    def _open(self) -> None:
        """Books of the partitions that are held now, each as it was last written by whoever that was; reading goes on
        where they say. What was fetched before is dropped."""
        self._moved = False
        self._ended.clear()
        held = self._consumer.assignment()
        self._books = {number: self._restored(number) for number in sorted({one.partition for one in held})}
        published: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        for key, value in read_whole(self._settings, self._places.totals) if held else ():
            mine = published[int(key.partition(b"/")[0])]
            mine.pop(key, None)
            if value is not None:
                mine[key] = value
        for number, book in self._books.items():
            book.open(published[number])
        self._consumer.assign([TopicPartition(one.topic, one.partition, self._next(one)) for one in held])
        if held:
            told = sorted(self._books)
            text = "tracks partitions %s, %d customers"
            note("tracking", text, told, self.customers(), more={"partitions": told, "customers": self.customers()})

    def _restored(self, number: int) -> Book:
        book = Book(number, self._terms.now, self._settings.retention_ms)
        book.restore(read_whole(self._settings, self._places.state, number))
        return book

    def _next(self, place: TopicPartition) -> int:
        return self._books[place.partition].positions.get(place.topic, OFFSET_BEGINNING)

    def _fold(self, messages: list[Message]) -> None:
        """Takes messages into their books."""
        ends: dict[tuple[str, int], int] = {}
        for one in messages:
            topic, number = _place(one)
            book = self._books[number]
            if topic == MEMBERSHIPS:
                self.intake.membership(book, one.key(), one.value())
            else:
                self.intake.event(book, number, one.key(), one.value())
            ends[topic, number] = (one.offset() or 0) + 1
        for (topic, number), end in ends.items():
            self._books[number].moved(topic, end)

    def _write(self) -> None:
        """Commits what has changed in all books, with where they stand."""
        positions = [
            TopicPartition(topic, number, offset)
            for number, book in self._books.items()
            for topic, offset in book.positions.items()
        ]
        self._writer.write(self._changed(), positions, self._consumer.consumer_group_metadata())

    def _changed(self) -> Iterator[Out]:
        for number, book in self._books.items():
            changed = book.changed()
            yield from (Out(self._places.state, number, key, value) for key, value in changed.state)
            yield from (Out(self._places.totals, 0, key, value) for key, value in changed.totals)


def _place(one: Message) -> tuple[str, int]:
    return one.topic() or "", one.partition() or 0


def _consumer_config(settings: Settings, *, ends: bool) -> Config:
    return librdkafka_config(
        settings,
        group_id=f"{settings.application}-track",
        group_instance_id=settings.worker,
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=1_000,
        partition_assignment_strategy="range",  # so that whoever has a partition of one topic has it of all
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        enable_partition_eof=ends,
        fetch_wait_max_ms=50,
        queued_min_messages=20_000,
    )
