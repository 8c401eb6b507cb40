"""What ends ingest, in its operator's words."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from streams.errors import MicrosegError
from streams.worker.errors import AWAY, FENCED, kafka_error


class IngestError(MicrosegError):
    """Ingest cannot go on; a restart goes on after the last transaction."""


_TAKEN = FENCED | {KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED}
_MOVED = frozenset({KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS})


def explained(worker: str, error: KafkaException | KafkaError) -> IngestError:
    """Why ingest ends, in one line."""
    inner = kafka_error(error) if isinstance(error, KafkaException) else error
    fenced = inner.code() == KafkaError._FATAL and "fenced" in inner.str()  # a consumer says it in words only
    if fenced or inner.code() in _TAKEN:
        return IngestError(f"another ingest runs under the name {worker}, the setting worker; this one stops")
    if inner.code() in _MOVED:
        return IngestError("the partitions went to another ingest in the middle of a transaction; restart to go on")
    if inner.code() in AWAY:
        return IngestError("the broker did not answer in time; restart to go on")
    return IngestError(f"Kafka refused: {inner.str()}")
