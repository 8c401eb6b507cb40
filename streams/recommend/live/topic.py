"""The topic ``APPLICATION-recommendations``: of each customer and segment the newest list of products, compacted.

A customer's key is their id, a segment's is ``\\0segment/NAME``, which no id can be; an erased or absorbed customer has
a tombstone. The value is JSON: ``user`` or ``segment``, ``at``, and ``products``, each with ``id``, ``why`` and, where
it goes with another product, ``with``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic, TopicMetadata  # type: ignore[attr-defined]

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of
from streams.events.instants import stamp
from streams.recommend.listing import Pick
from streams.settings import Settings
from streams.worker.errors import AWAY, kafka_error
from streams.worker.security import librdkafka_config

ASK_SECONDS = 10.0
_SEGMENT = "\0segment/"
_AT_ONCE = 1_000


def segment_key(name: str) -> str:
    """The key of a segment's list."""
    return _SEGMENT + name


def value_of(key: str, at_ms: int, picks: Sequence[Pick]) -> bytes:
    """The record's value."""
    whose = {"segment": key.removeprefix(_SEGMENT)} if key.startswith(_SEGMENT) else {"user": key}
    return orjson.dumps({**whose, "at": stamp(at_ms), "products": products_of(picks)})


def products_of(picks: Sequence[Pick]) -> list[dict[str, str]]:
    """The list as it is written."""
    return [{"id": one.product, "why": one.why, **({"with": one.goes_with} if one.goes_with else {})} for one in picks]


def create(settings: Settings, partitions: int) -> None:
    """Makes sure that the topic is there, with so many partitions if it is new; raises ClientError."""
    admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
    there = admin.list_topics(timeout=ASK_SECONDS)
    if settings.recommendations in there.topics:
        return
    topic = NewTopic(
        settings.recommendations, partitions, min(3, len(there.brokers)), config={"cleanup.policy": "compact"}
    )
    try:
        admin.create_topics([topic])[settings.recommendations].result(ASK_SECONDS)
    except KafkaException as error:
        if kafka_error(error).code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise ClientError(f"the topic {settings.recommendations} could not be created: {error}") from error
    deadline = time.monotonic() + ASK_SECONDS
    while not _is_led(admin.list_topics(settings.recommendations, ASK_SECONDS).topics[settings.recommendations]):
        if time.monotonic() > deadline:
            raise ClientError(f"the topic {settings.recommendations} did not appear; is the cluster healthy?")
        time.sleep(0.05)


def _is_led(topic: TopicMetadata) -> bool:
    return bool(topic.partitions) and all(one.leader >= 0 for one in topic.partitions.values())


def records(settings: Settings) -> Iterator[tuple[str, bytes | None]]:
    """Key and value of every record of the topic, read committed, up to its end as of now.

    Raises:
        ClientError: there is no such topic, or the broker refuses.
    """
    numbers = partitions_of(settings, settings.recommendations)
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-recommendations",  # a name that librdkafka wants; the group is never joined
        isolation_level="read_committed",
        enable_auto_commit=False,
        enable_partition_eof=True,
        auto_offset_reset="earliest",
        fetch_wait_max_ms=20,
    )
    consumer = Consumer(config, logger=librdkafka_log)
    try:
        consumer.assign([TopicPartition(settings.recommendations, one, OFFSET_BEGINNING) for one in numbers])
        left = set(numbers)
        while left:
            for message in consumer.consume(_AT_ONCE, 0.2):
                error = message.error()
                if error is None:
                    yield (message.key() or b"").decode(errors="replace"), message.value()
                elif error.code() == KafkaError._PARTITION_EOF:
                    left.discard(message.partition() or 0)
                elif error.code() not in AWAY:
                    raise ClientError(f"cannot read {settings.recommendations}: {error.str()}")
    finally:
        consumer.close()


def newest_list(settings: Settings, key: str) -> list[Pick] | None:
    """The newest list of a customer or segment; None where there is none. Raises ClientError."""
    found: list[Pick] | None = None
    for name, value in records(settings):
        if name == key:
            found = None if value is None else _picks(value)
    return found


def _picks(value: bytes) -> list[Pick]:
    said: dict[str, Any] = orjson.loads(value)
    return [Pick(one["id"], one["why"], one.get("with", "")) for one in said["products"]]
