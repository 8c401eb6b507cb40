"""Membership changes as they come, read committed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException, Message, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of, prepare
from streams.settings import Settings
from streams.worker.security import librdkafka_config
from streams.worker.topics import MEMBERSHIPS

BATCH = 500


class Cause(msgspec.Struct, frozen=True):
    """Why a change came: ``kind`` is event, time, rules or merge; ``id`` names the event."""

    kind: str
    id: str = ""


class Change(msgspec.Struct, frozen=True):
    """A membership change record; see the contract. ``arms`` and ``withheld`` are those of a customer in a trial: their
    arm, and the segments among theirs whose mail they do not get."""

    user: str
    seq: int
    at: str
    entered: list[str]
    exited: list[str]
    segments: list[str]
    cause: Cause
    why: dict[str, list[dict[str, Any]]] = {}
    arms: dict[str, str] = {}
    withheld: list[str] = []

    @property
    def mailed(self) -> list[str]:
        """The segments whose mail the customer gets."""
        return [segment for segment in self.segments if segment not in self.withheld]


class Arrived(NamedTuple):
    """A record of the topic: its raw value, and what it says; both None when the customer was erased."""

    user: str
    raw: bytes | None
    change: Change | None


_decoder = msgspec.json.Decoder(Change)


class ChangeReader:
    """Reads the topic of membership changes: all partitions, no consumer group, nothing committed.

    ``again`` counts the records that the client handed over a second time, as it may when a broker comes back; they are
    dropped.
    """

    def __init__(self, settings: Settings, *, from_beginning: bool) -> None:
        prepare(settings)
        self.again = 0
        self._next: dict[int, int] = {}
        start = OFFSET_BEGINNING if from_beginning else OFFSET_END
        self._consumer = changes_from(settings, dict.fromkeys(partitions_of(settings, MEMBERSHIPS), start))

    def poll(self, seconds: float) -> list[Arrived]:
        """What came within so many seconds; returns as soon as there is something.

        Raises:
            ClientError: the broker refuses, or a record is no membership change.
        """
        first = self._consumer.poll(seconds)
        if first is None:
            return []
        more = self._consumer.consume(BATCH, 0)
        return [arrived(message) for message in (first, *more) if self._is_new(message)]

    def follow(self, seconds: float | None) -> Iterator[Arrived]:
        """What comes within so many seconds, None: for ever."""
        end = None if seconds is None else time.monotonic() + seconds
        while end is None or time.monotonic() < end:
            yield from self.poll(0.2)

    def _is_new(self, message: Message) -> bool:
        if message.error() is not None:
            return True
        partition, offset = message.partition() or 0, message.offset() or 0
        if offset < self._next.get(partition, 0):
            self.again += 1
            return False
        self._next[partition] = offset + 1
        return True

    def close(self) -> None:
        """Lets the broker go."""
        self._consumer.close()


def changes_from(
    settings: Settings, offsets: Mapping[int, int], *, lost: str = "earliest", wait_ms: int = 100
) -> Consumer:
    """A consumer that reads the topic read-committed, each partition from its offset on, and commits nothing.

    ``lost``: what it does where an offset is not there any more, as librdkafka's ``auto.offset.reset``; ``wait_ms``:
    how long the broker holds an empty fetch.
    """
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-changes",  # a name that librdkafka wants; the group is never joined
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset=lost,
        fetch_wait_max_ms=wait_ms,
    )
    consumer = Consumer(config, logger=librdkafka_log)
    consumer.assign([TopicPartition(MEMBERSHIPS, number, offset) for number, offset in offsets.items()])
    return consumer


def arrived(message: Message) -> Arrived:
    """What a message of the topic says; raises ClientError where it says that the broker refuses."""
    error = message.error()
    if error is not None:
        raise ClientError(f"cannot read {MEMBERSHIPS}: {error.str()}") from KafkaException(error)
    return record_of(message.key(), message.value())


def record_of(key: bytes | None, raw: bytes | None) -> Arrived:
    """A record of the topic; raises ClientError where it is no change."""
    return Arrived((key or b"").decode(errors="replace"), raw, None if raw is None else decode_change(raw))


def decode_change(raw: bytes) -> Change:
    """The change in a record's value; raises ClientError where it is none."""
    try:
        return _decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise ClientError(f"a record of {MEMBERSHIPS} is no membership change: {error}") from error
