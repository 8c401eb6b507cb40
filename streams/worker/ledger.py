"""One Kafka transaction a checkpoint: changes, rows, refused events and forwards together, or nothing of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

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
        self._produce(producer, self._names.memberships, checkpoint.changes)
        self._produce(producer, self._names.refused, checkpoint.refused)
        for forward in checkpoint.forwards:
            self._produce(producer, forward.topic, [(forward.key, forward.value)], forward.partition)
        self._produce(producer, self._names.changelog, checkpoint.rows[:-1], self._number)
        # Offsets of one producer in one partition ascend: the last row's is where the changelog ends.
        self._produce(producer, self._names.changelog, checkpoint.rows[-1:], self._number, self._delivered)

    def _produce(
        self,
        producer: Producer,
        topic: str,
        pairs: Iterable[Pair],
        partition: int = BY_KEY,
        delivered: Callable[[KafkaError | None, Message], None] | None = None,
    ) -> None:
        for key, value in pairs:
            while True:
                try:
                    producer.produce(topic, value, key, partition, on_delivery=delivered)
                    break
                except BufferError:  # librdkafka's queue is full: let it send
                    producer.poll(FULL_SECONDS)

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
