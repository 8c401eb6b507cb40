"""Making the topics that are missing: one way for all that keep something in Kafka."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata, NewTopic  # type: ignore[attr-defined]

from streams.settings import Settings
from streams.worker.errors import WorkerError, kafka_error
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config

ASK_SECONDS = 10.0
MAKE_SECONDS = 20.0
APPEAR_SECONDS = 15.0
COPIES = 3


class Plan(NamedTuple):
    """How a topic is made: the number of its partitions, and its configuration."""

    partitions: int
    config: Mapping[str, str]


def admin_of(settings: Settings) -> AdminClient:
    """A client for the cluster's topics."""
    return AdminClient(librdkafka_config(settings), logger=librdkafka_log)


def make_topics(admin: AdminClient, plans: Mapping[str, Plan]) -> ClusterMetadata:
    """Makes those of the topics that are missing, in as many copies as there are brokers, at most three. Returns the
    cluster's state, in which all of them are there with a leader for each partition.

    Raises:
        WorkerError: a topic cannot be made, or does not appear.
        KafkaException: the broker does not answer.
    """
    there = admin.list_topics(timeout=ASK_SECONDS)
    copies = min(COPIES, len(there.brokers))
    missing = [
        NewTopic(name, num_partitions=plan.partitions, replication_factor=copies, config=dict(plan.config))
        for name, plan in plans.items()
        if name not in there.topics
    ]
    for name, made in (admin.create_topics(missing) if missing else {}).items():
        try:
            made.result(timeout=MAKE_SECONDS)
        except KafkaException as error:
            if kafka_error(error).code() != KafkaError.TOPIC_ALREADY_EXISTS:  # another process was faster
                raise WorkerError(f"the topic {name} could not be created: {kafka_error(error).str()}") from error
    deadline = time.monotonic() + APPEAR_SECONDS
    while not all(_is_led(there, name) for name in plans):
        if time.monotonic() > deadline:
            raise WorkerError("the topics that were created did not appear; is the cluster healthy?")
        time.sleep(0.05)
        there = admin.list_topics(timeout=ASK_SECONDS)
    return there


def _is_led(there: ClusterMetadata, name: str) -> bool:
    partitions = there.topics[name].partitions if name in there.topics else {}
    return bool(partitions) and all(one.leader >= 0 for one in partitions.values())
