"""What ends tracking, in its operator's words."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from streams.errors import MicrosegError
from streams.worker.errors import AWAY, FENCED, kafka_error


class TrackError(MicrosegError):
    """Tracking cannot go on; a restart goes on after the last transaction."""


_TAKEN = FENCED | {KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED}
_MOVED = frozenset({KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS})


def explained(worker: str, error: KafkaException | KafkaError) -> TrackError:
    """Why tracking ends, in one line."""
    inner = kafka_error(error) if isinstance(error, KafkaException) else error
    fenced = inner.code() == KafkaError._FATAL and "fenced" in inner.str()  # a consumer says it in words only
    if fenced or inner.code() in _TAKEN:
        return TrackError(f"another track runs under the name {worker}, the setting worker; this one stops")
    if inner.code() in _MOVED:
        return TrackError("the partitions went to another track in the middle of a transaction; restart to go on")
    if inner.code() in AWAY:
        return TrackError("the broker did not answer in time; restart to go on")
    return TrackError(f"Kafka refused: {inner.str()}")
