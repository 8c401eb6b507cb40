"""The topics of tracking: what it keeps, and what it publishes."""

from __future__ import annotations

import time
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.settings import Settings
from streams.tracking.errors import TrackError
from streams.worker.errors import kafka_error
from streams.worker.logs import librdkafka_log, log
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_BYTES, MEMBERSHIPS, TopicNames, prepare_topics

ASK_SECONDS = 10.0
APPEAR_SECONDS = 15.0
_DAY_MS = 86_400_000
_COMPACTED = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(LARGEST_BYTES),
    "segment.bytes": str(64 << 20),  # only closed segments are compacted, so small ones keep a start short
    "min.cleanable.dirty.ratio": "0.3",
    "max.compaction.lag.ms": str(7 * _DAY_MS),  # then an erased customer's facts are gone
}


class Places(NamedTuple):
    """Where tracking reads and writes: ``inputs`` have the same ``partitions`` as ``state``; ``totals`` has one."""

    inputs: tuple[str, ...]
    state: str
    totals: str
    partitions: int


def prepare(settings: Settings) -> Places:
    """Makes sure that all topics are there.

    Raises:
        MicrosegError: the broker does not answer, or topics that must have the same number of partitions have not.
    """
    names = TopicNames.of(settings)
    partitions = prepare_topics(settings, names, log.warning)
    state = f"{settings.outcomes}-changelog"
    _make(settings, {state: partitions, settings.outcomes: 1})
    places = Places((*settings.topics.names(), MEMBERSHIPS), state, settings.outcomes, partitions)
    counts = _counts(settings, (*places.inputs, state, settings.outcomes))
    del counts[settings.outcomes]
    if set(counts.values()) != {partitions}:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise TrackError(f"topics that must have the same number of partitions have: {shown}")
    return places


def _counts(settings: Settings, names: tuple[str, ...]) -> dict[str, int]:
    """The partitions of topics, once all of them are there with a leader for each."""
    deadline = time.monotonic() + APPEAR_SECONDS
    while True:
        there = _admin(settings).list_topics(timeout=ASK_SECONDS).topics
        found = {name: there[name].partitions for name in names if name in there}
        if len(found) == len(names) and all(one and all(p.leader >= 0 for p in one.values()) for one in found.values()):
            return {name: len(one) for name, one in found.items()}
        if time.monotonic() > deadline:
            raise TrackError("the topics that were created did not appear; is the cluster healthy?")
        time.sleep(0.05)


def _admin(settings: Settings) -> AdminClient:
    return AdminClient(librdkafka_config(settings), logger=librdkafka_log)


def _make(settings: Settings, wanted: dict[str, int]) -> None:
    admin = _admin(settings)
    there = admin.list_topics(timeout=ASK_SECONDS)
    copies = min(3, len(there.brokers))
    missing = [
        NewTopic(name, num_partitions=count, replication_factor=copies, config=_COMPACTED)
        for name, count in wanted.items()
        if name not in there.topics
    ]
    for name, made in (admin.create_topics(missing) if missing else {}).items():
        try:
            made.result(timeout=2 * ASK_SECONDS)
        except KafkaException as error:
            if kafka_error(error).code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
                raise TrackError(f"the topic {name} could not be created: {kafka_error(error).str()}") from error
