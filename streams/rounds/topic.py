"""The topic ``APPLICATION-discovery``: one partition, compacted. Whoever has it in the group may run a round, and its
newest record tells of the last one."""

from __future__ import annotations

import time

from confluent_kafka import KafkaError, KafkaException, Producer

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.whole import read_whole
from streams.rounds.last import Last, decoded, encoded
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.new_topics import Plan, admin_of, make_topics
from streams.worker.security import librdkafka_config

SEND_SECONDS = 20.0
_KEY = b"last"


def create(settings: Settings) -> None:
    """Makes sure that the topic is there; raises MicrosegError."""
    try:
        make_topics(admin_of(settings), {settings.rounds: Plan(1, {"cleanup.policy": "compact"})})
    except KafkaException as error:
        raise ClientError(f"the broker {settings.broker} does not answer: {kafka_error(error).str()}") from error


def read_last(settings: Settings) -> Last:
    """What is known of the last round; the topic must be there. Raises ClientError."""
    found = Last()
    for key, value in read_whole(settings, settings.rounds):
        if key == _KEY and value is not None:
            found = decoded(value) or found
    return found


def write_last(settings: Settings, last: Last) -> None:
    """Tells of the last round; returns when the broker has it. Raises ClientError."""
    producer = Producer(librdkafka_config(settings, enable_idempotence=True, linger_ms=0), logger=librdkafka_log)
    failed: list[KafkaError] = []
    producer.produce(
        settings.rounds, encoded(last), _KEY, 0, on_delivery=lambda error, _: failed.append(error) if error else None
    )
    deadline = time.monotonic() + SEND_SECONDS
    while len(producer) and time.monotonic() < deadline:
        producer.flush(0.5)
    if len(producer) or failed:
        reason = failed[0].str() if failed else "the broker does not answer"
        raise ClientError(f"the round could not be told of in {settings.rounds}: {reason}")
