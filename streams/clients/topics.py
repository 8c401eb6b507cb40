"""The topics that a client needs before it starts."""

from __future__ import annotations

import sys

from confluent_kafka.admin import AdminClient

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.settings import Settings
from streams.worker.security import librdkafka_config
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


def partitions_of(settings: Settings, topic: str) -> list[int]:
    """The partitions of a topic that must exist.

    Raises:
        ClientError: it does not.
    """
    there = AdminClient(librdkafka_config(settings), logger=librdkafka_log).list_topics(topic, ASK_SECONDS)
    if there.topics[topic].error is not None:
        raise ClientError(f"there is no topic {topic} on {settings.broker}")
    return sorted(there.topics[topic].partitions)
