"""What a job reads: what has come of a consumer group's partitions, where they end, and when they have moved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.settings import Settings
from streams.worker.errors import AWAY
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config

BATCH_RECORDS = 2_000
POLL_SECONDS = 0.05
SESSION_MS = 10_000

Place = tuple[str, int]


def place_of(message: Message) -> Place:
    """The topic and partition of a message."""
    return message.topic() or "", message.partition() or 0


def sorted_out(fetched: Iterable[Message]) -> tuple[list[Message], set[Place]]:
    """The records among what a consumer hands over, and the partitions whose ends it tells of.

    Raises:
        KafkaException: the broker refuses; that it is away is left out, as librdkafka asks again.
    """
    records: list[Message] = []
    ended: set[Place] = set()
    for one in fetched:
        if (error := one.error()) is None:
            records.append(one)
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(place_of(one))
        elif error.code() not in AWAY:
            raise KafkaException(error)
    return records, ended


class GroupReader:
    """A member of a consumer group. All methods are called from one thread.

    Raises:
        KafkaException: the broker refuses, or another process has this one's name in the group; from every method.

    Args:
        settings: broker, application, and the name in the group (``worker``).
        name: what the group is called beside the application.
        strategy: how partitions are shared, as librdkafka's ``partition.assignment.strategy``.
        ends: whether it is to know when all is read (``drained``).
        most: how many records it reads at once.
    """

    def __init__(self, settings: Settings, name: str, strategy: str, *, ends: bool, most: int = BATCH_RECORDS) -> None:
        self._most = most
        self._moved = self._assigned = False
        self._ended: set[Place] = set()
        config = librdkafka_config(
            settings,
            group_id=f"{settings.application}-{name}",
            group_instance_id=settings.worker,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=1_000,
            partition_assignment_strategy=strategy,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            isolation_level="read_committed",
            enable_partition_eof=ends,
            fetch_wait_max_ms=50,
            queued_min_messages=20_000,
        )
        self._consumer = Consumer(config, logger=librdkafka_log)

    def join(self, topics: Sequence[str]) -> None:
        """Takes part in reading these topics."""
        self._consumer.subscribe(list(topics), on_assign=self._take, on_revoke=self._give, on_lost=self._give)

    def read(self) -> list[Message] | None:
        """What has come; None: partitions have moved, and what was fetched before is dropped until ``go_on``."""
        fetched = self._consumer.consume(self._most, POLL_SECONDS)
        if self._moved:
            return None
        records, ended = sorted_out(fetched)
        # an end that was told in the same fetch as records comes after them
        self._ended = (self._ended - {place_of(one) for one in records}) | ended
        return records

    def held(self) -> list[Place]:
        """The partitions that are this member's now."""
        return [(one.topic, one.partition) for one in self._consumer.assignment()]

    def go_on(self, positions: Sequence[TopicPartition]) -> None:
        """Reads on after partitions have moved: those that are held, each from its offset, or from where the group's
        offset is where it has none."""
        self._moved = False
        self._ended.clear()
        if positions:
            self._consumer.assign(list(positions))

    def drained(self) -> bool:
        """Whether all that is held was read to its end."""
        return self._assigned and not self._moved and set(self.held()) <= self._ended

    def group(self) -> Any:
        """The group's generation, for a transaction's offsets."""
        return self._consumer.consumer_group_metadata()

    def close(self) -> None:
        """Leaves."""
        self._consumer.close()

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._moved = self._assigned = True

    def _give(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._moved = True
