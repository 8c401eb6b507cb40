"""A job's transactional producer: records and offsets together, or nothing of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.jobs.errors import Job
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_BYTES

OPEN_SECONDS = 25.0
COMMIT_SECONDS = 10.0
FULL_SECONDS = 0.05
#: Longer than a commit may take; what a killed process of another name left open holds its readers up for so long.
TRANSACTION_MS = 15_000
#: Where the key says which partition it is.
BY_KEY = -1


class Out(NamedTuple):
    """A record to write; a value of None is a tombstone."""

    topic: str
    key: bytes | None
    value: bytes | None
    number: int = BY_KEY


class Writer:
    """Writes under the job's transactional id: opening shuts out an older process of that id, and ends what a killed
    one left open. All methods but ``busy_seconds`` are called from one thread.

    Raises:
        KafkaException: another process has taken over, or the broker has not answered; from every method.
    """

    def __init__(self, settings: Settings, job: Job) -> None:
        self._settings, self._job = settings, job
        self._troubled = False
        self._busy_since: float | None = None
        self._producer = self._new_producer()

    def busy_seconds(self) -> float:
        """For how long the broker has been asked for what is asked of it now; may be called from any thread."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def open(self) -> None:
        """Shuts out every older process."""
        self._surely(lambda: self._producer.init_transactions(OPEN_SECONDS))

    def serve(self) -> None:
        """Lets the producer tell of a broker that is away."""
        self._producer.poll(0)

    def write(self, records: Iterable[Out], offsets: Sequence[TopicPartition] = (), group: Any = None) -> None:
        """Commits records with the offsets of a consumer group's generation.

        The offsets are sent after the records have arrived: a generation that is over refuses them, so whatever a
        process wrote whose partitions have gone, was there before these went.
        """
        if self._troubled:
            self._renew()
        producer = self._producer
        producer.begin_transaction()
        for one in records:
            self._produce(one)
        self._surely(self._flushed)
        if offsets:
            self._surely(lambda: producer.send_offsets_to_transaction(list(offsets), group, COMMIT_SECONDS))
        self._surely(lambda: producer.commit_transaction(COMMIT_SECONDS))

    def _produce(self, one: Out) -> None:
        while True:
            try:
                self._producer.produce(one.topic, one.value, one.key, one.number)
                return
            except BufferError:  # librdkafka's queue is full: let it send
                self._producer.poll(FULL_SECONDS)
            except KafkaException as error:
                if kafka_error(error).code() == KafkaError._FATAL:
                    self._producer.begin_transaction()  # raises what was fatal: produce() does not tell
                raise

    def _flushed(self) -> None:
        if self._producer.flush(COMMIT_SECONDS):
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT, retriable=True))

    def _renew(self) -> None:
        """Another producer after a broker was away: librdkafka 2.16 sends offsets by the connection that it had with
        the group's coordinator, and waits for ever where that has ended."""
        self._troubled = False
        self._producer = self._new_producer()
        self.open()

    def _surely(self, call: Callable[[], None]) -> None:
        """Asks again while the broker is away, for ``broker_wait``; librdkafka allows that of these calls."""
        self._busy_since = time.monotonic()
        deadline = self._busy_since + self._settings.broker_wait_ms / 1000
        while True:
            try:
                call()
                break
            except KafkaException as error:
                if not kafka_error(error).retriable() or time.monotonic() > deadline:
                    raise
        self._busy_since = None

    def _heard(self, error: KafkaError) -> None:
        self._troubled = True

    def _new_producer(self) -> Producer:
        config = librdkafka_config(
            self._settings,
            transactional_id=self._job.transactional_id,
            transaction_timeout_ms=TRANSACTION_MS,
            partitioner="murmur2_random",  # a customer's home is where Kafka's default partitioner puts them
            compression_type="lz4",
            linger_ms=5,
            message_max_bytes=LARGEST_BYTES,
            queue_buffering_max_messages=200_000,
        )
        return Producer({**config, "error_cb": self._heard}, logger=librdkafka_log)
