"""One Kafka transaction a checkpoint: changes, rows, refused events and forwards together, or nothing of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.engine.api import Checkpoint
from streams.settings import Settings
from streams.worker.errors import explained, kafka_error
from streams.worker.logs import librdkafka_log
from streams.worker.security import Config, librdkafka_config
from streams.worker.topics import LARGEST_BYTES, TopicNames

TRANSACTION_MS = 30_000
OPEN_SECONDS = 25.0
COMMIT_SECONDS = 25.0
FULL_SECONDS = 0.05
#: Records handed over at once: the interpreter is held for about a third of a millisecond.
BATCH_RECORDS = 500
BY_KEY = -1  # librdkafka then asks its partitioner

Pair = tuple[bytes | None, bytes | None]


class Ledger:
    """The transactional producer of one input partition.

    Its transactional id is the partition's: opening one fences every older owner of the partition and ends what it left
    open, so that a worker that was paused while the partition moved can never write its stale rows.
    All methods block and are called from threads, one at a time.
    """

    def __init__(self, settings: Settings, names: TopicNames, number: int) -> None:
        self._names = names
        self._number = number
        self._config = _producer_config(settings, f"{settings.application}-{number}")
        self._producer: Producer | None = None
        self._last_row_offset = -1

    def open(self) -> None:
        """Fences older owners of the partition.

        Raises:
            WorkerError: the broker did not answer in time.
        """
        producer = Producer(self._config, logger=librdkafka_log)
        try:
            producer.init_transactions(OPEN_SECONDS)
        except KafkaException as error:
            raise explained(self._number, error) from error
        self._producer = producer

    def close(self) -> None:
        """Ends the producer without another word to the broker."""
        self._producer = None

    def write(self, checkpoint: Checkpoint) -> int | None:
        """Writes all of it in one transaction; returns the changelog's next offset, None if no row was written.

        Raises:
            WorkerError: it is not certain that the transaction was committed; the process must end, and its restart
                finds out from the changelog.
        """
        if self._producer is None:
            raise RuntimeError("write() before open()")
        self._last_row_offset = -1
        try:
            self._producer.begin_transaction()
            self._produce_all(self._producer, checkpoint)
            self._commit(self._producer)
        except KafkaException as error:
            raise explained(self._number, error) from error
        return self._last_row_offset + 1 if checkpoint.rows else None

    def _produce_all(self, producer: Producer, checkpoint: Checkpoint) -> None:
        _produce_many(producer, self._names.memberships, checkpoint.changes, BY_KEY)
        _produce_many(producer, self._names.refused, checkpoint.refused, BY_KEY)
        for forward in checkpoint.forwards:
            _produce(producer, forward.topic, (forward.key, forward.value), forward.partition)
        _produce_many(producer, self._names.changelog, checkpoint.rows[:-1], self._number)
        for pair in checkpoint.rows[-1:]:
            # Offsets of one producer in one partition ascend: the last row's is where the changelog ends.
            _produce(producer, self._names.changelog, pair, self._number, self._delivered)

    def _commit(self, producer: Producer) -> None:
        """Commits; a timeout is asked again once, as librdkafka allows, since the broker may be restarting."""
        try:
            producer.commit_transaction(COMMIT_SECONDS)
        except KafkaException as error:
            if not kafka_error(error).retriable():
                raise
            producer.commit_transaction(COMMIT_SECONDS)

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self._last_row_offset = message.offset() or 0


def _produce_many(producer: Producer, topic: str, pairs: Sequence[Pair], partition: int) -> None:
    """Hands records over in batches, which takes two thirds of the time of one call each. Where librdkafka's queue is
    full it takes none of the rest of a batch either, so that the records of a key stay in order."""
    for start in range(0, len(pairs), BATCH_RECORDS):
        batch: list[dict[str, Any]] = [
            {"key": key, "value": value} for key, value in pairs[start : start + BATCH_RECORDS]
        ]
        if producer.produce_batch(topic, batch, partition) < len(batch):
            first, error = next((i, one["_error"]) for i, one in enumerate(batch) if one.get("_error") is not None)
            if error.code() != KafkaError._QUEUE_FULL:
                raise KafkaException(error)
            for pair in pairs[start + first : start + len(batch)]:
                _produce(producer, topic, pair, partition)


def _produce(
    producer: Producer,
    topic: str,
    pair: Pair,
    partition: int,
    delivered: Callable[[KafkaError | None, Message], None] | None = None,
) -> None:
    key, value = pair
    while True:
        try:
            producer.produce(topic, value, key, partition, on_delivery=delivered)
            return
        except BufferError:  # librdkafka's queue is full: let it send
            producer.poll(FULL_SECONDS)


def _producer_config(settings: Settings, transactional_id: str) -> Config:
    return librdkafka_config(
        settings,
        transactional_id=transactional_id,
        transaction_timeout_ms=TRANSACTION_MS,
        partitioner="murmur2_random",
        compression_type="lz4",
        linger_ms=5,
        message_max_bytes=LARGEST_BYTES,
        queue_buffering_max_messages=1_000_000,
    )
