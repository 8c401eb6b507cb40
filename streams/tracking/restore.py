"""Reading a topic's partition from its beginning to its end, as it is once no transaction is open any more."""

from __future__ import annotations

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.settings import Settings
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config

ASK_SECONDS = 10.0
AT_ONCE = 5_000
Pair = tuple[bytes, bytes | None]


def read_whole(settings: Settings, topic: str, number: int = 0) -> Iterator[Pair]:
    """Key and value of every committed record up to what is there by now, also of transactions that are still open:
    it waits until they have ended.

    Raises:
        KafkaException: the broker refuses, or nothing came for ``broker_wait``.
    """
    place = TopicPartition(topic, number)
    begin, end = _ends(settings, place)
    consumer = _reader(settings, "read_committed")
    try:
        consumer.assign([TopicPartition(topic, number, begin)])
        wait_s = settings.broker_wait_ms / 1000
        deadline, at = time.monotonic() + wait_s, begin
        while at < end:
            for message in consumer.consume(AT_ONCE, 0.05):
                if (failed := message.error()) is not None:
                    raise KafkaException(failed)
                yield message.key() or b"", message.value()
            before, at = at, max(at, consumer.position([place])[0].offset)
            if at > before:
                deadline = time.monotonic() + wait_s
            elif time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    finally:
        consumer.close()


def _ends(settings: Settings, place: TopicPartition) -> tuple[int, int]:
    """Where a partition begins and ends, with what is in open transactions."""
    consumer = _reader(settings, "read_uncommitted")
    try:
        found: tuple[int, int] = consumer.get_watermark_offsets(place, ASK_SECONDS)
        return found
    finally:
        consumer.close()


def _reader(settings: Settings, isolation: str) -> Consumer:
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-track-load",  # a name that librdkafka wants; the group is never joined
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_wait_max_ms=50,
    )
    return Consumer(config, logger=librdkafka_log)
