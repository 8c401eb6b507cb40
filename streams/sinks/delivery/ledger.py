"""The ledger: what the far side has, in a compacted topic, written in transactions after it said so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.settings import Settings
from streams.sinks.delivery.book import NOWHERE, Book, Row, Standing
from streams.worker.errors import kafka_error
from streams.worker.security import librdkafka_config

OPEN_SECONDS = COMMIT_SECONDS = 30.0
ASK_SECONDS = 10.0
APPEAR_SECONDS = 15.0
_DAY_MS = 86_400_000
#: The key of where the ledger stands; no customer's id is empty.
_STANDING = b""
_COMPACTED = {
    "cleanup.policy": "compact",
    "segment.bytes": str(64 << 20),  # only closed segments are compacted, so small ones keep a start short
    "min.cleanable.dirty.ratio": "0.3",
    "max.compaction.lag.ms": str(7 * _DAY_MS),  # then an erased customer's row is gone
}
_FENCED = (KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED)


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
        ClientError: the broker cannot be reached or refuses, or another process took over; from every method.
    """

    def __init__(self, settings: Settings, sink: str) -> None:
        self._settings, self._sink = settings, sink
        self._topic, self._letters = ledger_topic(settings, sink), letters_topic(settings)
        self._producer: Producer | None = None

    def open(self) -> None:
        """Shuts out every other process of the same sink, and ends what it left open."""
        _make(self._settings, self._topic, _COMPACTED)
        _make(self._settings, self._letters, {"cleanup.policy": "delete", "retention.ms": str(30 * _DAY_MS)})
        config = librdkafka_config(
            self._settings,
            transactional_id=self._topic,
            partitioner="murmur2_random",
            compression_type="lz4",
            queue_buffering_max_messages=1_000_000,
        )
        producer = Producer(config, logger=librdkafka_log)
        try:
            producer.init_transactions(OPEN_SECONDS)
        except KafkaException as error:
            raise ClientError(f"cannot write {self._topic}: {kafka_error(error).str()}") from error
        self._producer = producer

    def load(self) -> tuple[Book, Standing]:
        """All that is kept; an empty book where there is no topic yet."""
        config = librdkafka_config(
            self._settings,
            group_id=f"{self._topic}-load",  # a name that librdkafka wants; the group is never joined
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        book, standing = Book(), Standing({})
        if not _there(self._settings, self._topic):
            return book, standing
        consumer = Consumer(config, logger=librdkafka_log)
        try:
            part = TopicPartition(self._topic, 0)
            begin, end = consumer.get_watermark_offsets(part, ASK_SECONDS)
            consumer.assign([TopicPartition(self._topic, 0, begin)])
            while begin < end and consumer.position([part])[0].offset < end:
                for message in consumer.consume(5_000, 0.1):
                    if (failed := message.error()) is not None:
                        raise KafkaException(failed)
                    key, value = message.key() or b"", message.value()
                    if key == _STANDING:
                        standing = _standing(value or b"{}")
                    else:
                        book.set(key.decode(), None if value is None else _row(value))
        except KafkaException as error:
            raise ClientError(f"cannot read {self._topic}: {kafka_error(error).str()}") from error
        finally:
            consumer.close()
        return book, standing

    def write(self, rows: Sequence[tuple[str, Row | None]], standing: Standing, letters: Sequence[Letter] = ()) -> None:
        """Keeps rows, where the ledger stands and what was not taken, in one transaction."""
        if self._producer is None:
            raise RuntimeError("write() before open()")
        try:
            self._producer.begin_transaction()
            for letter in letters:
                self._produce(self._letters, letter.user.encode(), _lettered(self._sink, letter))
            for user, row in rows:
                self._produce(self._topic, user.encode(), None if row is None else _written(row))
            self._produce(self._topic, _STANDING, _stood(standing))
            self._producer.commit_transaction(COMMIT_SECONDS)
        except KafkaException as error:
            inner = kafka_error(error)
            if inner.code() in _FENCED:
                raise ClientError(f"another process delivers to {self._sink} now; this one ends") from error
            raise ClientError(f"cannot write {self._topic}: {inner.str()}") from error

    def _produce(self, topic: str, key: bytes, value: bytes | None) -> None:
        assert self._producer is not None
        while True:
            try:
                self._producer.produce(topic, value, key)
                return
            except BufferError:  # librdkafka's queue is full: let it send
                self._producer.poll(0.05)


def _lettered(sink: str, letter: Letter) -> bytes:
    return orjson.dumps({"sink": sink, **letter._asdict()})


def _written(row: Row) -> bytes:
    body: dict[str, object] = {"seq": row.seq, "offset": row.offset, "segments": row.segments, "build": row.generation}
    if row.far:
        body["id"] = row.far
    if row.gone != NOWHERE:
        body["gone"] = row.gone
    if row.arms:
        body |= {"arms": dict(row.arms), "withheld": row.withheld}
    return orjson.dumps(body)


def _row(raw: bytes) -> Row:
    body = orjson.loads(raw)
    arms, withheld = tuple(body.get("arms", {}).items()), tuple(body.get("withheld", ()))
    place = body["seq"], body["offset"], tuple(body["segments"]), body["build"]
    return Row(*place, body.get("id", ""), body.get("gone", NOWHERE), arms, withheld)


def _stood(standing: Standing) -> bytes:
    positions = {str(number): offset for number, offset in standing.positions.items()}
    return orjson.dumps({**standing._asdict(), "positions": positions})


def _standing(raw: bytes) -> Standing:
    body = orjson.loads(raw)
    return Standing(**{**body, "positions": {int(number): offset for number, offset in body["positions"].items()}})


def _there(settings: Settings, topic: str) -> bool:
    admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
    return topic in admin.list_topics(timeout=ASK_SECONDS).topics


def _make(settings: Settings, topic: str, config: dict[str, str]) -> None:
    admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
    try:
        there = admin.list_topics(timeout=ASK_SECONDS)
        if topic in there.topics:
            return
        new = NewTopic(topic, num_partitions=1, replication_factor=min(3, len(there.brokers)), config=config)
        admin.create_topics([new])[topic].result(timeout=APPEAR_SECONDS)
    except KafkaException as error:
        if kafka_error(error).code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
            raise ClientError(f"cannot make the topic {topic}: {kafka_error(error).str()}") from error
