"""Whether there is any worker that could answer."""

from __future__ import annotations

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.clients.quiet import librdkafka_log
from streams.settings import Settings
from streams.worker.security import librdkafka_config

ASK_SECONDS = 5.0


def workers_there(settings: Settings) -> bool:
    """Whether the workers' consumer group has members; True also where the broker does not tell.

    One that was killed counts for its session timeout more, one that starts only once it has joined.
    """
    return anybody_in(settings, settings.application) is not False


def anybody_in(settings: Settings, name: str) -> bool | None:
    """Whether the consumer group of that name has members; None where the broker does not tell."""
    admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
    try:
        asked = admin.describe_consumer_groups([name], request_timeout=ASK_SECONDS)
        return bool(asked[name].result(ASK_SECONDS).members)
    except (KafkaException, TimeoutError):
        return None
