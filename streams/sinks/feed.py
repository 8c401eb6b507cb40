"""The topic of membership changes from given offsets on, in runs of one partition."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.clients.changes import Arrived, decode_change
from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.settings import Settings
from streams.worker.security import librdkafka_config
from streams.worker.topics import MEMBERSHIPS

ASK_SECONDS = 10.0


class Run(NamedTuple):
    """Records of one partition that follow each other, up to the offset ``end``."""

    partition: int
    end: int
    records: list[Arrived]


class Feed:
    """Reads read-committed, all partitions, without a group: what is done is remembered at the far side.

    Raises:
        ClientError: the broker refuses, or a record is no membership change; from every method.
    """

    def __init__(self, settings: Settings, positions: Mapping[int, int]) -> None:
        config = librdkafka_config(
            settings,
            group_id=f"{settings.application}-feed",  # a name that librdkafka wants; the group is never joined
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="error",
            fetch_wait_max_ms=20,
        )
        self._consumer = Consumer(config, logger=librdkafka_log)
        self._consumer.assign([TopicPartition(MEMBERSHIPS, number, offset) for number, offset in positions.items()])

    def read(self, seconds: float, most: int) -> list[Run]:
        """What comes within so many seconds, at most so many records; returns as soon as there is something."""
        first = self._consumer.poll(seconds)
        if first is None:
            return []
        found = [first, *self._consumer.consume(most - 1, 0)]
        for message in found:
            if (error := message.error()) is not None:
                raise ClientError(f"cannot read {MEMBERSHIPS}: {error.str()}") from KafkaException(error)
        found.sort(key=lambda message: (message.partition() or 0, message.offset() or 0))
        return [
            Run(partition, (messages[-1].offset() or 0) + 1, [_arrived(one.key(), one.value()) for one in messages])
            for partition, same in groupby(found, lambda message: message.partition() or 0)
            if (messages := list(same))
        ]

    def ends(self, partitions: list[int]) -> dict[int, tuple[int, int]]:
        """Where each partition begins and ends now, open transactions aside."""
        found = {}
        for number in partitions:
            try:
                found[number] = self._consumer.get_watermark_offsets(TopicPartition(MEMBERSHIPS, number), ASK_SECONDS)
            except KafkaException as error:
                raise ClientError(f"cannot read {MEMBERSHIPS}: {error.args[0].str()}") from error
        return found

    def positions(self) -> dict[int, int]:
        """The next offset of each partition, behind markers of transactions that read reads over; -1: nothing was read
        yet."""
        return {one.partition: one.offset for one in self._consumer.position(self._consumer.assignment())}

    def close(self) -> None:
        """Lets the broker go."""
        self._consumer.close()


def _arrived(key: bytes | None, raw: bytes | None) -> Arrived:
    user = (key or b"").decode(errors="replace")
    return Arrived(user, raw, None if raw is None else decode_change(raw))
