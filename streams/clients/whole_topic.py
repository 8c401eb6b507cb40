"""All of a topic, up to where it ends now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of
from streams.settings import Settings
from streams.worker.security import librdkafka_config

#: For how long a broker may send nothing before it counts as away.
WAIT_S = 30.0
_BATCH = 500


def read_whole(settings: Settings, topic: str) -> Iterator[Message]:
    """The records of all partitions, each in its order, read committed, up to the ends that the broker tells.

    Raises:
        ClientError: there is no such topic, the broker refuses, or nothing comes any more.
    """
    left = set(partitions_of(settings, topic))
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-report",  # a name that librdkafka wants; the group is never joined
        isolation_level="read_committed",
        enable_auto_commit=False,
        enable_partition_eof=True,
        fetch_wait_max_ms=100,
    )
    with closing(Consumer(config, logger=librdkafka_log)) as consumer:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in sorted(left)])
        deadline = time.monotonic() + WAIT_S
        while left:
            came = consumer.consume(_BATCH, 0.2)
            if came:
                deadline = time.monotonic() + WAIT_S
            elif time.monotonic() > deadline:
                raise ClientError(f"the broker {settings.broker} sent nothing of {topic} for {WAIT_S:g} s")
            yield from _records(came, left, topic)


def _records(came: list[Message], left: set[int], topic: str) -> Iterator[Message]:
    """Those that are no ends; partitions that have ended go from ``left``."""
    for message in came:
        error = message.error()
        if error is None:
            yield message
        elif error.code() == KafkaError._PARTITION_EOF:
            left.discard(message.partition() or 0)
        elif error.fatal() or not error.retriable():
            raise ClientError(f"cannot read {topic}: {error.str()}") from KafkaException(error)
