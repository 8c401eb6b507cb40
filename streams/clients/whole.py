"""Reading a topic from its beginning to its end, as it is once no transaction is open any more."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.settings import Settings
from streams.worker.errors import AWAY, kafka_error
from streams.worker.security import librdkafka_config

ASK_SECONDS = 10.0
AT_ONCE = 5_000
Pair = tuple[bytes, bytes | None]


def read_whole(settings: Settings, topic: str, numbers: Collection[int] = (0,)) -> Iterator[Pair]:
    """Key and value of every committed record of these partitions up to what is there by now, also of transactions that
    are still open: it waits until they have ended. Each partition's records come in their order.

    Raises:
        ClientError: the broker refuses, or nothing came for ``broker_wait``.
    """
    try:
        yield from _read(settings, topic, numbers)
    except KafkaException as error:
        raise ClientError(f"cannot read {topic}: {kafka_error(error).str()}") from error


def _read(settings: Settings, topic: str, numbers: Collection[int]) -> Iterator[Pair]:
    ends = _ends(settings, topic, numbers)
    consumer = _reader(settings, "read_committed")
    try:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in ends])
        at: dict[int, int] = {}
        wait_s = settings.broker_wait_ms / 1000
        deadline = time.monotonic() + wait_s
        while ends:
            for message in consumer.consume(AT_ONCE, 0.05):
                if (failed := message.error()) is None:
                    if (message.offset() or 0) < ends.get(message.partition() or 0, 0):
                        yield message.key() or b"", message.value()
                elif failed.code() not in AWAY:
                    raise KafkaException(failed)
            before, at = at, _positions(consumer, topic, ends)  # also behind what marks a transaction's end
            ends = {number: end for number, end in ends.items() if at[number] < end}
            if at != before:
                deadline = time.monotonic() + wait_s
            elif time.monotonic() > deadline:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
    finally:
        consumer.close()


def _positions(consumer: Consumer, topic: str, numbers: Iterable[int]) -> dict[int, int]:
    asked = [TopicPartition(topic, number) for number in numbers]
    return {one.partition: one.offset for one in consumer.position(asked)}


def _ends(settings: Settings, topic: str, numbers: Collection[int]) -> dict[int, int]:
    """Where those partitions end in which there is anything, with what is in open transactions."""
    consumer = _reader(settings, "read_uncommitted")
    ends = {}
    try:
        for number in numbers:
            begin, end = consumer.get_watermark_offsets(TopicPartition(topic, number), ASK_SECONDS)
            if begin < end:
                ends[number] = end
    finally:
        consumer.close()
    return ends


def _reader(settings: Settings, isolation: str) -> Consumer:
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-load",  # a name that librdkafka wants; the group is never joined
        isolation_level=isolation,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_wait_max_ms=50,
    )
    return Consumer(config, logger=librdkafka_log)
