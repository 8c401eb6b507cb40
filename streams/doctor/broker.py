"""The broker: whether it answers, and whether topics are as microseg makes them."""

from __future__ import annotations

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ClusterMetadata, ConfigResource  # type: ignore[attr-defined]

from streams.doctor.found import Findings, Found, bad, good, watch
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_BYTES, TopicNames

ANSWER_SECONDS = 5.0
#: where a broker may be had
_TODO = "start it, or set broker; microseg kafka start brings an embedded one up"


def broker(settings: Settings) -> Findings:
    """All of it; where the broker does not answer, that alone."""
    admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
    try:
        there = admin.list_topics(timeout=ANSWER_SECONDS)
    except KafkaException as error:
        yield bad("broker", f"{settings.broker} does not answer: {kafka_error(error).str()}", _TODO)
        return
    brokers = "1 broker" if len(there.brokers) == 1 else f"{len(there.brokers)} brokers"
    yield good("broker", f"{settings.broker} answers, {brokers}")
    names = TopicNames.of(settings)
    yield _topics(names, there)
    yield from _partitions(names, there)
    yield from _compaction(admin, names, there)
    yield from _lag(settings, names, there)


def _topics(names: TopicNames, there: ClusterMetadata) -> Found:
    missing = [name for name in names.all() if name not in there.topics]
    if not missing:
        return good("topics", "all are there")
    if len(missing) == len(names.all()):
        return good("topics", "none yet; the first worker makes them")
    return watch("topics", f"missing: {', '.join(missing)}", "the next worker that starts makes them")


def _partitions(names: TopicNames, there: ClusterMetadata) -> Findings:
    counts = {n: len(there.topics[n].partitions) for n in (*names.inputs, names.changelog) if n in there.topics}
    if len(set(counts.values())) > 1:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        yield bad(
            "partitions",
            f"inputs and changelog differ: {shown}",
            "give all of them the same number; a customer's events must lie in one partition",
        )
    leaderless = [n for n in counts if any(one.leader < 0 for one in there.topics[n].partitions.values())]
    if leaderless:
        yield bad("partitions", f"without a leader: {', '.join(leaderless)}", "bring the missing brokers back")
    single = [n for n in counts if any(len(one.replicas) < 2 for one in there.topics[n].partitions.values())]
    if single and len(there.brokers) > 1:
        yield watch("copies", f"only one copy of: {', '.join(single)}", "raise their replication factor to 3")


def _compaction(admin: AdminClient, names: TopicNames, there: ClusterMetadata) -> Findings:
    """A changelog that deletes by age would forget customers."""
    kept = [name for name in (names.changelog, names.memberships, names.identity, names.rules) if name in there.topics]
    asked = [ConfigResource(ConfigResource.Type.TOPIC, name) for name in kept]
    for resource, answer in admin.describe_configs(asked).items() if asked else ():
        try:
            config = answer.result(timeout=ANSWER_SECONDS)
        except KafkaException as error:
            yield watch("topics", f"{resource.name}: {kafka_error(error).str()}", "let microseg describe its topics")
            continue
        policy, largest = config["cleanup.policy"].value, int(config["max.message.bytes"].value)
        if policy != "compact":
            todo = f"set cleanup.policy=compact on {resource.name}; otherwise customers are forgotten"
            yield bad("topics", f"{resource.name} has cleanup.policy={policy}", todo)
        if resource.name == names.changelog and largest < LARGEST_BYTES:
            todo = f"set max.message.bytes={LARGEST_BYTES} on it; a row of a busy customer is large"
            yield watch("topics", f"{resource.name} takes records of {largest:,} bytes at most", todo)


def _lag(settings: Settings, names: TopicNames, there: ClusterMetadata) -> Findings:
    """How much is unread by the workers."""
    parts = [
        TopicPartition(name, number)
        for name in names.inputs
        if name in there.topics
        for number in there.topics[name].partitions
    ]
    consumer = Consumer(librdkafka_config(settings, group_id=settings.application), logger=librdkafka_log)
    try:
        read = {(one.topic, one.partition): one.offset for one in consumer.committed(parts, timeout=ANSWER_SECONDS)}
        unread = 0
        for part in parts:
            low, high = consumer.get_watermark_offsets(part, timeout=ANSWER_SECONDS)
            unread += high - max(low, read[part.topic, part.partition])
    except KafkaException as error:
        yield watch("unread events", kafka_error(error).str(), "look at the broker's log")
        return
    finally:
        consumer.close()
    yield good("unread events", f"{unread:,} of group {settings.application}")
