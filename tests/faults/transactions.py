"""Transactions on the changelog as the broker's log shows them: open ones, and those that never were committed."""

from __future__ import annotations

import os
import signal
import time

from confluent_kafka import Consumer, TopicPartition

from streams.proofs.ground import Ground
from tests.worker.shop import read_log

OPEN_SECONDS = 20.0
#: A commit that was asked for before the process was stopped is carried out within this time.
SETTLED_SECONDS = 0.2
ASK_SECONDS = 5.0


class TransactionEye:
    """Sees whether a transaction on the changelog is open: records are there that are not committed yet."""

    def __init__(self, ground: Ground) -> None:
        settings = ground.settings
        self._partitions = [TopicPartition(settings.changelog, number) for number in range(ground.partitions)]
        common = {"bootstrap.servers": settings.broker, "group.id": "eye", "enable.auto.commit": False}
        self._stable = Consumer({**common, "isolation.level": "read_committed"})
        self._newest = Consumer({**common, "isolation.level": "read_uncommitted"})

    def freeze_inside(self, pid: int) -> bool:
        """Stops the process once it has a transaction open that the broker knows of; False: it had none for a while."""
        deadline = time.monotonic() + OPEN_SECONDS
        while time.monotonic() < deadline:
            if self._open():
                os.kill(pid, signal.SIGSTOP)
                time.sleep(SETTLED_SECONDS)
                if self._open():
                    return True
                os.kill(pid, signal.SIGCONT)
        return False

    def _open(self) -> bool:
        return any(self._end(self._newest, one) > self._end(self._stable, one) for one in self._partitions)

    @staticmethod
    def _end(consumer: Consumer, partition: TopicPartition) -> int:
        end: int = consumer.get_watermark_offsets(partition, ASK_SECONDS)[1]
        return end

    def close(self) -> None:
        """Lets the broker go."""
        self._stable.close()
        self._newest.close()


def aborted(ground: Ground) -> int:
    """How many transactions never were committed: runs of records that only an uncommitted reader sees."""
    broker, changelog = ground.settings.broker, ground.settings.changelog
    committed = {(one.partition, one.offset) for one in read_log(broker, changelog)}
    every = {(one.partition, one.offset) for one in read_log(broker, changelog, "read_uncommitted")}
    never = every - committed
    return sum((partition, offset - 1) not in never for partition, offset in never)
