"""The topics of a worker: their names, and their creation with the right partitions, compaction and retention."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ClusterMetadata, ConfigResource  # type: ignore[attr-defined]

from streams.engine.api import DAY_MS
from streams.settings import Settings
from streams.worker.errors import AWAY, WorkerError, kafka_error
from streams.worker.new_topics import Plan, admin_of, make_topics

MEMBERSHIPS = "segment-memberships"
REFUSED = "refused-events"
RULES = "segment-rules"
QUESTIONS = "survey-questions"
ANSWERS = "survey-answers"

#: The largest record that the worker writes (a row, or a refused event with its raw bytes), in bytes.
LARGEST_BYTES = 16 << 20
#: A value over 1 MiB must be able to arrive, or it could not be refused with its bytes.
LARGEST_INPUT_BYTES = 2 << 20
ASK_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class TopicNames:
    """Where a worker reads and writes. ``inputs`` are the shop's topics and ``identity``, by which partitions tell each
    other of merges."""

    inputs: tuple[str, ...]
    changelog: str
    identity: str
    memberships: str = MEMBERSHIPS
    refused: str = REFUSED
    rules: str = RULES
    questions: str = QUESTIONS
    answers: str = ANSWERS

    @classmethod
    def of(cls, settings: Settings) -> TopicNames:
        """The names that the settings give."""
        return cls((*settings.topics.names(), settings.identity), settings.changelog, settings.identity)

    def all(self) -> tuple[str, ...]:
        """Every name once."""
        return (*self.inputs, self.changelog, self.memberships, self.refused, *self.single())

    def single(self) -> tuple[str, ...]:
        """The names of the topics with one partition, which every worker reads whole."""
        return (self.rules, self.questions, self.answers)


def prepare_topics(settings: Settings, names: TopicNames, say: Callable[[str], None]) -> int:
    """Creates what is missing and returns the number of partitions; tells ``say`` when the broker keeps it waiting.

    Raises:
        WorkerError: the broker does not answer within ``broker_wait``, or topics have the wrong number of partitions.
    """
    admin = admin_of(settings)
    there = _reached(admin, settings, say)
    partitions = _partitions(there, names, settings.partitions)
    if not there.topics.keys() >= set(names.all()):
        plans = {name: _plan(name, names, settings, partitions) for name in names.all()}
        _partitions(make_topics(admin, plans), names, partitions)
    return partitions


def _reached(admin: AdminClient, settings: Settings, say: Callable[[str], None]) -> ClusterMetadata:
    """What the cluster has, as soon as it answers."""
    wait_s = settings.broker_wait_ms / 1000
    deadline = time.monotonic() + wait_s
    waiting = False
    while True:
        try:
            return admin.list_topics(timeout=min(ASK_SECONDS, wait_s))
        except KafkaException as error:
            _only_away(settings.broker, error)
        if not waiting:
            say(f"the broker {settings.broker} does not answer; trying for {wait_s:g} s")
            waiting = True
        if time.monotonic() > deadline:
            raise WorkerError(f"the broker {settings.broker} did not answer within {wait_s:g} s")


def _only_away(broker: str, error: KafkaException) -> None:
    inner = kafka_error(error)
    if inner.code() not in AWAY:
        raise WorkerError(f"the broker {broker} refused: {inner.str()}") from error


def _partitions(there: ClusterMetadata, names: TopicNames, default: int) -> int:
    """The partitions that the inputs and the changelog have, which must be the same number."""
    counts = {
        name: len(there.topics[name].partitions)
        for name in (*names.inputs, names.changelog)
        if name in there.topics and there.topics[name].partitions
    }
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise WorkerError(
            f"the input topics and the changelog must have the same number of partitions, but have: {shown}"
        )
    return next(iter(counts.values()), default)


def _plan(name: str, names: TopicNames, settings: Settings, partitions: int) -> Plan:
    count = 1 if name in names.single() else partitions  # of all rule sets one must be the newest
    return Plan(count, _config(name, names, settings))


def _config(name: str, names: TopicNames, settings: Settings) -> Mapping[str, str]:
    if name == names.identity:  # it holds facts of people only until they are taken: a day's segment is closed
        return {"cleanup.policy": "compact", "max.message.bytes": str(LARGEST_BYTES), "segment.ms": str(DAY_MS)}
    if name == names.changelog:
        return {
            "cleanup.policy": "compact",
            "max.message.bytes": str(LARGEST_BYTES),
            "segment.bytes": str(64 << 20),  # only closed segments are compacted, so small ones keep recovery short
            "min.cleanable.dirty.ratio": "0.3",
        }
    if name == names.memberships:
        week = str(7 * DAY_MS)
        return {"cleanup.policy": "compact", "min.compaction.lag.ms": week, "delete.retention.ms": week}
    if name == names.rules:
        return {"cleanup.policy": "compact", "max.message.bytes": str(LARGEST_BYTES)}
    # Events may be years old when they arrive: what counts for deletion is when they arrived, not their stamp.
    kept = {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"}
    if name == names.refused:
        return {**kept, "retention.ms": str(30 * DAY_MS), "max.message.bytes": str(LARGEST_BYTES)}
    if name in (names.questions, names.answers):
        return {**kept, "retention.ms": str(DAY_MS // 24), "max.message.bytes": str(LARGEST_BYTES)}
    return {**kept, "retention.ms": str(settings.retention_ms), "max.message.bytes": str(LARGEST_INPUT_BYTES)}


def changelog_facts(settings: Settings) -> tuple[str, float]:
    """The changelog's own id, which another topic of that name would not have, and for how long it keeps deletions (s).

    Raises:
        WorkerError: the broker does not tell.
    """
    admin = admin_of(settings)
    name = settings.changelog
    resource = ConfigResource(ConfigResource.Type.TOPIC, name)
    try:
        described = admin.describe_topics(TopicCollection([name]))[name].result(timeout=ASK_SECONDS * 10)
        config = admin.describe_configs([resource])[resource].result(timeout=ASK_SECONDS * 10)
    except (KafkaException, TimeoutError) as error:
        raise WorkerError(f"the broker does not tell about the topic {name}: {error}") from error
    return str(described.topic_id), int(config["delete.retention.ms"].value) / 1000
