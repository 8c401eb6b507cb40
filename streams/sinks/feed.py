"""The topic of membership changes from given offsets on, in runs of one partition."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from confluent_kafka import KafkaException, TopicPartition

from streams.clients.changes import Arrived, arrived, changes_from
from streams.clients.errors import ClientError
from streams.settings import Settings
from streams.worker.topics import MEMBERSHIPS

ASK_SECONDS = 10.0


class Run(NamedTuple):
    """Records of one partition that follow each other, up to the offset ``end``; ``offsets``: where each lies."""

    partition: int
    end: int
    records: list[Arrived]
    offsets: list[int]


class Feed:
    """Reads read-committed, all partitions, without a group: what is done is remembered at the far side.

    Raises:
        ClientError: the broker refuses, or a record is no membership change; from every method.
    """

    def __init__(self, settings: Settings, positions: Mapping[int, int]) -> None:
        self._consumer = changes_from(settings, positions, lost="error", wait_ms=20)

    def read(self, seconds: float, most: int) -> list[Run]:
        """What comes within so many seconds, at most so many records; returns as soon as there is something."""
        first = self._consumer.poll(seconds)
        if first is None:
            return []
        found = [first, *self._consumer.consume(most - 1, 0)]
        said = [(one.partition() or 0, one.offset() or 0, arrived(one)) for one in found]
        said.sort(key=itemgetter(0, 1))
        return [
            Run(partition, records[-1][1] + 1, [one[2] for one in records], [one[1] for one in records])
            for partition, same in groupby(said, itemgetter(0))
            if (records := list(same))
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
