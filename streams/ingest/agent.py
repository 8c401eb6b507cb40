"""The ingest agent: the shop's own topics in, native topics out, each batch in one transaction with its offsets.

What makes it exactly once:

- The offsets of a batch are committed in the transaction that writes its events, for the group generation in which the
  batch was read. A process whose partitions have gone to another cannot commit.
- The transactional id is that of the process's name (the setting ``worker``), so that a restart ends what a killed
  process left open, and of two processes under one name the older stops.
- After every rebalance reading begins anew at the committed offsets, and what was fetched before it is dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka import Message as KafkaMessage

from streams.dialects.words import Record
from streams.ingest.batch import Message, Translating, Written
from streams.ingest.counts import Counts, Tidings
from streams.ingest.errors import IngestError, explained
from streams.settings import Settings
from streams.worker.errors import AWAY, kafka_error
from streams.worker.logs import librdkafka_log
from streams.worker.security import Config, librdkafka_config
from streams.worker.topics import LARGEST_BYTES

BATCH_RECORDS = 2_000
POLL_SECONDS = 0.05
OPEN_SECONDS = 25.0
COMMIT_SECONDS = 10.0
FULL_SECONDS = 0.05
TELL_SECONDS = 10.0
#: Longer than a commit may take; what a killed process of another name left open holds readers up for so long.
TRANSACTION_MS = 15_000
SESSION_MS = 10_000

Place = tuple[str, int]


class Agent:
    """Reads, translates and writes until it is told to stop. All methods are called from one thread."""

    def __init__(self, settings: Settings, translating: Translating, *, until_drained: bool = False) -> None:
        self.counts = Counts()
        self.seconds = self.cpu_seconds = 0.0  # from the first records to the end of the newest transaction
        self._settings = settings
        self._translating = translating
        self._until_drained = until_drained
        self._moved = self._assigned = False
        self._ended: set[Place] = set()
        self._tidings = Tidings()
        self._consumer = Consumer(_consumer_config(settings, ends=until_drained), logger=librdkafka_log)
        self._producer = self._new_producer()
        self._troubled = False
        self._busy_since: float | None = None

    def busy_seconds(self) -> float:
        """For how long the broker has been asked for what is asked of it now; may be called from any thread."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def run(self, stop: Event) -> None:
        """Works until ``stop`` is set, or all that is there is translated where that was asked for.

        Raises:
            IngestError: another process has taken over, or the broker has not answered; nothing is half written.
        """
        try:
            self._surely(lambda: self._producer.init_transactions(OPEN_SECONDS))
            topics = [topic.name for topic in self._settings.foreign]
            self._consumer.subscribe(topics, on_assign=self._take, on_revoke=self._give, on_lost=self._give)
            self._work(stop)
            self._consumer.close()
        except KafkaException as error:
            raise explained(self._settings.worker, error) from error
        self._tidings.tell(self.counts)

    def _work(self, stop: Event) -> None:
        tell_at = time.monotonic() + TELL_SECONDS
        began: tuple[float, float] | None = None
        while not stop.is_set() and not (self._until_drained and self._drained()):
            if messages := self._read():
                began = began or (time.monotonic(), time.process_time())
                written, counts = self._translating.batch(messages)
                if self._troubled:
                    self._renew()
                self._write(written, messages)
                self.counts.add(counts)
                self.seconds, self.cpu_seconds = time.monotonic() - began[0], time.process_time() - began[1]
            self._producer.poll(0)  # so that it can tell of a broker that is away
            if time.monotonic() > tell_at:
                self._tidings.tell(self.counts)
                tell_at = time.monotonic() + TELL_SECONDS

    def _drained(self) -> bool:
        held = {(one.topic, one.partition) for one in self._consumer.assignment()}
        return self._assigned and held <= self._ended

    # -- reading

    def _read(self) -> list[Message]:
        fetched = self._consumer.consume(BATCH_RECORDS, POLL_SECONDS)
        if self._moved:
            self._begin_anew()
            return []
        messages, ended = [], set()
        for one in fetched:
            if (error := one.error()) is None:
                messages.append(_message(one))
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add((one.topic() or "", one.partition() or 0))
            elif error.code() not in AWAY:
                raise explained(self._settings.worker, error)
        # an end that was told in the same fetch as records comes after them
        self._ended = (self._ended - {(one.topic, one.partition) for one in messages}) | ended
        return messages

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._moved = self._assigned = True

    def _give(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._moved = True

    def _begin_anew(self) -> None:
        """Reads on from the committed offsets: some of what was fetched may be of an earlier assignment."""
        self._moved = False
        self._ended.clear()
        held = [TopicPartition(one.topic, one.partition) for one in self._consumer.assignment()]
        if held:
            self._consumer.assign(held)

    # -- writing

    def _new_producer(self) -> Producer:
        return Producer({**_producer_config(self._settings), "error_cb": self._heard}, logger=librdkafka_log)

    def _heard(self, error: KafkaError) -> None:
        self._troubled = True

    def _renew(self) -> None:
        """Another producer after a broker was away: librdkafka 2.16 sends offsets by the connection that it had with
        the group's coordinator, and waits for ever where that has ended."""
        self._troubled = False
        self._producer = self._new_producer()
        self._surely(lambda: self._producer.init_transactions(OPEN_SECONDS))

    def _write(self, written: list[Written], messages: list[Message]) -> None:
        """Commits the events with the offsets after the records they come from."""
        producer = self._producer
        producer.begin_transaction()
        for topic, key, value in written:
            while True:
                try:
                    producer.produce(topic, value, key)
                    break
                except BufferError:
                    producer.poll(FULL_SECONDS)
        ends = {(message.topic, message.partition): message.offset + 1 for message in messages}
        offsets = [TopicPartition(topic, number, offset) for (topic, number), offset in ends.items()]
        group = self._consumer.consumer_group_metadata()
        self._surely(lambda: producer.send_offsets_to_transaction(offsets, group, COMMIT_SECONDS))
        self._surely(lambda: producer.commit_transaction(COMMIT_SECONDS))

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


def _message(one: KafkaMessage) -> Message:
    topic, partition, offset, key = one.topic(), one.partition(), one.offset(), one.key()
    if topic is None or partition is None or offset is None:
        raise IngestError("Kafka gave a record that says not where it lies")
    stamp_ms = one.timestamp()[1]
    record = Record(one.value(), key, one.headers() or (), topic, stamp_ms if stamp_ms > 0 else None)  # type: ignore[arg-type]
    return Message(record, topic, partition, offset)


def _consumer_config(settings: Settings, *, ends: bool) -> Config:
    return librdkafka_config(
        settings,
        group_id=f"{settings.application}-ingest",
        group_instance_id=settings.worker,
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=1_000,
        partition_assignment_strategy="roundrobin",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        isolation_level="read_committed",
        enable_partition_eof=ends,
        fetch_wait_max_ms=50,
        queued_min_messages=20_000,
    )


def _producer_config(settings: Settings) -> Config:
    return librdkafka_config(
        settings,
        transactional_id=f"{settings.application}-ingest-{settings.worker}",
        transaction_timeout_ms=TRANSACTION_MS,
        partitioner="murmur2_random",  # a customer's home is where Kafka's default partitioner puts them
        compression_type="lz4",
        linger_ms=5,
        message_max_bytes=LARGEST_BYTES,
        queue_buffering_max_messages=200_000,
    )
