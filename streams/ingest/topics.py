"""The topics of ingest: the native ones as workers have them, and the shop's own."""

from __future__ import annotations

import difflib

from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.ingest.errors import IngestError
from streams.settings import Settings
from streams.worker.logs import librdkafka_log, log, note
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_INPUT_BYTES, TopicNames, prepare_topics

ASK_SECONDS = 10.0


def prepare(settings: Settings, *, create: bool) -> TopicNames:
    """Makes sure that all topics are there.

    Args:
        create: the shop's own topics are created where they are missing: nobody else may write to them but the front
            door.

    Raises:
        MicrosegError: the broker does not answer, topics do not fit together, or one of the shop's own is missing.
    """
    if not settings.foreign:
        raise IngestError("no topic has a dialect, so there is nothing to translate: see topics.NAME.dialect")
    names = TopicNames.of(settings)
    partitions = prepare_topics(settings, names, log.warning)
    admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
    there = admin.list_topics(timeout=ASK_SECONDS).topics
    for topic in settings.foreign:
        if topic.name in there:
            continue
        if not create:
            near = difflib.get_close_matches(topic.name, list(there), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise IngestError(f"topics.{topic.setting}: there is no topic {topic.name} on {settings.broker}{hint}")
        config = {"max.message.bytes": str(LARGEST_INPUT_BYTES), "retention.ms": str(settings.retention_ms)}
        admin.create_topics([NewTopic(topic.name, partitions, config=config)])[topic.name].result(ASK_SECONDS)
        note("topic created", "created the topic %s", topic.name, more={"topic": topic.name})
    return names
