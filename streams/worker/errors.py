"""What ends a worker, in its operator's words."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from streams.errors import MicrosegError

FENCED = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})
AWAY = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._TIMED_OUT_QUEUE}
)


class WorkerError(MicrosegError):
    """The worker cannot go on; a restart continues from the last checkpoint."""


def kafka_error(error: KafkaException) -> KafkaError:
    """The error inside librdkafka's exception."""
    inner: KafkaError = error.args[0]
    return inner


def explained(partition: int, error: KafkaException) -> WorkerError:
    """Why a transaction of ``partition`` failed, in one line."""
    inner = kafka_error(error)
    if inner.code() in FENCED:
        return WorkerError(f"partition {partition} was taken over by another worker; this one stops")
    if inner.code() in AWAY:
        return WorkerError(f"the broker did not answer while partition {partition} was being written; restart to go on")
    return WorkerError(f"partition {partition} could not be written: {inner.str()}")
