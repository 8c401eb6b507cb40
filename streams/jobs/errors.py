"""What ends a job, in its operator's words."""

from __future__ import annotations

from typing import NamedTuple, Self

from confluent_kafka import KafkaError, KafkaException

from streams.errors import MicrosegError
from streams.settings import Settings
from streams.worker.errors import AWAY, FENCED, kafka_error

_TAKEN = FENCED | {KafkaError.FENCED_INSTANCE_ID, KafkaError._FENCED}
_MOVED = frozenset({KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.REBALANCE_IN_PROGRESS})


class JobError(MicrosegError):
    """A job cannot go on; a restart goes on after the last transaction."""


class Job(NamedTuple):
    """What a job is called. Of two with one ``transactional_id`` the older stops; ``place`` says in words what it is
    that two of them must not have in common."""

    name: str
    place: str
    transactional_id: str

    @classmethod
    def of_worker(cls, settings: Settings, name: str) -> Self:
        """One of several processes that share partitions, told apart by the setting ``worker``."""
        place = f"under the name {settings.worker}, the setting worker"
        return cls(name, place, f"{settings.application}-{name}-{settings.worker}")

    @classmethod
    def of_application(cls, settings: Settings, name: str, command: str) -> Self:
        """The only process of its kind; ``command`` is how it is started."""
        return cls(command, f"for the application {settings.application}", f"{settings.application}-{name}")


def explained(job: Job, error: KafkaException | KafkaError) -> JobError:
    """Why a job ends, in one line."""
    inner = kafka_error(error) if isinstance(error, KafkaException) else error
    fenced = inner.code() == KafkaError._FATAL and "fenced" in inner.str()  # a consumer says it in words only
    if fenced or inner.code() in _TAKEN:
        return JobError(f"another {job.name} runs {job.place}; this one stops")
    if inner.code() in _MOVED:
        return JobError(f"the partitions went to another {job.name} in the middle of a transaction; restart to go on")
    if inner.code() in AWAY:
        return JobError("the broker did not answer in time; restart to go on")
    return JobError(f"Kafka refused: {inner.str()}")
