"""The topics of ingest: the native ones as workers have them, and the shop's own."""

from __future__ import annotations

import difflib

from streams.jobs.errors import JobError
from streams.settings import Settings
from streams.worker.logs import log, note
from streams.worker.new_topics import Plan, admin_of, make_topics
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
        raise JobError("no topic has a dialect, so there is nothing to translate: see topics.NAME.dialect")
    names = TopicNames.of(settings)
    partitions = prepare_topics(settings, names, log.warning)
    admin = admin_of(settings)
    there = admin.list_topics(timeout=ASK_SECONDS).topics
    missing = [topic for topic in settings.foreign if topic.name not in there]
    if missing and not create:
        near = difflib.get_close_matches(missing[0].name, list(there), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise JobError(f"topics.{missing[0].setting}: there is no topic {missing[0].name} on {settings.broker}{hint}")
    config = {"max.message.bytes": str(LARGEST_INPUT_BYTES), "retention.ms": str(settings.retention_ms)}
    make_topics(admin, {topic.name: Plan(partitions, config) for topic in missing})
    for topic in missing:
        note("topic created", "created the topic %s", topic.name, more={"topic": topic.name})
    return names
