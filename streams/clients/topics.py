"""The topics that a client needs before it starts."""

from __future__ import annotations

import sys

from confluent_kafka import KafkaException

from streams.clients.errors import ClientError
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.new_topics import admin_of
from streams.worker.topics import TopicNames, prepare_topics

ASK_SECONDS = 10.0


def prepare(settings: Settings, only: str | None = None) -> int:
    """Creates the topics that a worker would create, and returns their number of partitions.

    Args:
        settings: the broker may keep it waiting for ``broker_wait``.
        only: another topic that must exist; it is not created.

    Raises:
        MicrosegError: the broker does not answer, the topics do not fit together, or ``only`` is missing.
    """
    names = TopicNames.of(settings)
    partitions = prepare_topics(settings, names, lambda text: print(f"microseg: {text}", file=sys.stderr))
    if only is not None:
        partitions_of(settings, only)
    return partitions


class NoTopic(ClientError):
    """There is no such topic."""


def partitions_of(settings: Settings, topic: str) -> list[int]:
    """The partitions of a topic that must exist.

    Raises:
        ClientError: it does not (NoTopic), or the broker does not answer.
    """
    try:
        there = admin_of(settings).list_topics(topic, ASK_SECONDS)
    except KafkaException as error:
        raise ClientError(f"cannot read {topic}: {kafka_error(error).str()}") from error
    if there.topics[topic].error is not None:
        raise NoTopic(f"there is no topic {topic} on {settings.broker}")
    return sorted(there.topics[topic].partitions)
