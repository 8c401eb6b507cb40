"""Where the time of the input topics stands."""

from __future__ import annotations

import time
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of
from streams.events.decode import Refusal, decode_event
from streams.settings import Settings
from streams.worker.security import librdkafka_config

#: How many of a partition's newest records are looked at.
NEWEST = 8
TAIL = -2000  # librdkafka's RD_KAFKA_OFFSET_TAIL: TAIL - n is n records before the end
READ_SECONDS = 10.0


def newest_event_ms(settings: Settings) -> int:
    """The latest instant (epoch milliseconds) among the newest events of the input topics; 0 where there are none.

    Raises:
        ClientError: the broker does not give them.
    """
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-shop",  # a name that librdkafka wants; the group is never joined
        enable_auto_commit=False,
        enable_partition_eof=True,
        auto_offset_reset="earliest",  # where there are fewer records than that
    )
    with closing(Consumer(config, logger=librdkafka_log)) as consumer:
        ends = [TopicPartition(topic, number, TAIL - NEWEST) for topic, number in _partitions(settings)]
        consumer.assign(ends)
        return _read(consumer, len(ends))


def _partitions(settings: Settings) -> list[tuple[str, int]]:
    topics = settings.topics.names()
    return [(topic, number) for topic in topics for number in partitions_of(settings, topic)]


def _read(consumer: Consumer, unread: int) -> int:
    """Reads until each of so many partitions has told its end."""
    deadline = time.monotonic() + READ_SECONDS
    newest_ms = 0
    while unread:
        for message in consumer.consume(100, 0.2):
            error = message.error()
            if error is None:
                newest_ms = max(newest_ms, _at_ms(message.value(), message.key()))
            elif error.code() == KafkaError._PARTITION_EOF:
                unread -= 1
        if time.monotonic() > deadline:
            raise ClientError("the broker does not give the newest events of the input topics")
    return newest_ms


def _at_ms(value: bytes | None, key: bytes | None) -> int:
    event = decode_event(value, key)
    return 0 if isinstance(event, Refusal) else int(event.at)
