"""The ledger: what the far side has, in a compacted topic, written in transactions after it said so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import orjson
from confluent_kafka import KafkaException

from streams.clients.topics import NoTopic, partitions_of
from streams.clients.whole import read_whole
from streams.jobs.errors import Job, explained
from streams.jobs.writer import Out, Writer
from streams.settings import Settings
from streams.sinks.delivery.book import NOWHERE, Book, Row, Standing
from streams.worker.new_topics import Plan, admin_of, make_topics

_DAY_MS = 86_400_000
#: The key of where the ledger stands; no customer's id is empty.
_STANDING = b""
_COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 << 20),  # only closed segments are compacted, so small ones keep a start short
    "min.cleanable.dirty.ratio": "0.3",
    "max.compaction.lag.ms": str(7 * _DAY_MS),  # then an erased customer's row is gone
}


class Letter(NamedTuple):
    """A change that the far side did not take."""

    user: str
    seq: int
    erased: bool
    segments: tuple[str, ...]
    reason: str


class Ledger(Protocol):
    """Keeps what the far side has."""

    def open(self) -> None:
        """Shuts out every other process of the same sink."""
        ...

    def load(self) -> tuple[Book, Standing]:
        """All that is kept."""
        ...

    def write(self, rows: Sequence[tuple[str, Row | None]], standing: Standing, letters: Sequence[Letter] = ()) -> None:
        """Keeps all of it, or nothing."""
        ...


def ledger_topic(settings: Settings, sink: str) -> str:
    """The topic of a sink's ledger."""
    return f"{settings.application}-sink-{sink}"


def letters_topic(settings: Settings) -> str:
    """The topic of what was not taken."""
    return f"{settings.application}-undelivered"


class KafkaLedger:
    """The ledger of one sink; its topics are made where they are missing.

    Raises:
        MicrosegError: the broker cannot be reached or refuses, or another process took over; from every method.
    """

    def __init__(self, settings: Settings, sink: str) -> None:
        self._settings, self._sink = settings, sink
        self._topic, self._letters = ledger_topic(settings, sink), letters_topic(settings)
        self._job = Job("microseg deliver", f"for the sink {sink}", self._topic)
        self._writer: Writer | None = None

    def open(self) -> None:
        """Shuts out every other process of the same sink, and ends what it left open."""
        letters = {"cleanup.policy": "delete", "retention.ms": str(30 * _DAY_MS)}
        try:
            make_topics(admin_of(self._settings), {self._topic: Plan(1, _COMPACTED), self._letters: Plan(1, letters)})
            self._writer = Writer(self._settings, self._job)
            self._writer.open()
        except KafkaException as error:
            raise explained(self._job, error) from error

    def load(self) -> tuple[Book, Standing]:
        """All that is kept; an empty book where there is no topic yet."""
        book, standing = Book(), Standing({})
        try:
            partitions_of(self._settings, self._topic)
        except NoTopic:
            return book, standing
        for key, value in read_whole(self._settings, self._topic):
            if key == _STANDING:
                standing = _standing(value or b"{}")
            else:
                book.set(key.decode(), None if value is None else _row(value))
        return book, standing

    def write(self, rows: Sequence[tuple[str, Row | None]], standing: Standing, letters: Sequence[Letter] = ()) -> None:
        """Keeps rows, where the ledger stands and what was not taken, in one transaction."""
        if self._writer is None:
            raise RuntimeError("write() before open()")
        try:
            self._writer.write(self._records(rows, standing, letters))
        except KafkaException as error:
            raise explained(self._job, error) from error

    def _records(
        self, rows: Sequence[tuple[str, Row | None]], standing: Standing, letters: Sequence[Letter]
    ) -> Iterator[Out]:
        for letter in letters:
            yield Out(self._letters, letter.user.encode(), _lettered(self._sink, letter))
        for user, row in rows:
            yield Out(self._topic, user.encode(), None if row is None else _written(row))
        yield Out(self._topic, _STANDING, _stood(standing))


def _lettered(sink: str, letter: Letter) -> bytes:
    return orjson.dumps({"sink": sink, **letter._asdict()})


def _written(row: Row) -> bytes:
    body: dict[str, object] = {"seq": row.seq, "offset": row.offset, "segments": row.segments, "build": row.generation}
    if row.far:
        body["id"] = row.far
    if row.gone != NOWHERE:
        body["gone"] = row.gone
    return orjson.dumps(body)


def _row(raw: bytes) -> Row:
    body = orjson.loads(raw)
    segments = tuple(body["segments"])
    return Row(body["seq"], body["offset"], segments, body["build"], body.get("id", ""), body.get("gone", NOWHERE))


def _stood(standing: Standing) -> bytes:
    positions = {str(number): offset for number, offset in standing.positions.items()}
    return orjson.dumps({**standing._asdict(), "positions": positions})


def _standing(raw: bytes) -> Standing:
    body = orjson.loads(raw)
    return Standing(**{**body, "positions": {int(number): offset for number, offset in body["positions"].items()}})
