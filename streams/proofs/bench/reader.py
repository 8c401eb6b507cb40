"""A process that only reads a topic to its end with aiokafka, as fast as that goes, and tells how long it took.

usage: python -m streams.proofs.bench.reader BROKER TOPIC ISOLATION_LEVEL
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.proofs.bench.ours import OUT, run_all
from streams.proofs.ground import Ground
from streams.worker.transport import RUN_RECORDS

COMMITTED, UNCOMMITTED = "read_committed", "read_uncommitted"


class Read(NamedTuple):
    """How many records were read, and the seconds from the first request to the last record."""

    records: int
    seconds: float


def read_raw(ground: Ground, topic: str, isolation: str) -> Read:
    """What a process of its own needs to read a topic; raises ProofError where it fails."""
    command = [sys.executable, "-m", __name__, ground.settings.broker, topic, isolation]
    run_all([command], [ground.home])
    return Read(**json.loads((ground.home / OUT).read_text()))


async def _read(broker: str, topic: str, isolation: str) -> Read:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker,
        enable_auto_commit=False,
        isolation_level=isolation,
        max_partition_fetch_bytes=4 << 20,
    )
    await consumer.start()
    try:
        numbers = sorted(await _partitions(consumer, topic))
        partitions = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        started = time.monotonic()
        for partition in partitions:
            consumer.seek(partition, 0)
        records = 0
        while partitions:
            taken = await consumer.getmany(*partitions, timeout_ms=200, max_records=RUN_RECORDS)
            records += sum(map(len, taken.values()))
            partitions = [one for one in partitions if await consumer.position(one) < ends[one]]
        return Read(records, time.monotonic() - started)
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    consumer.subscribe([topic])  # until it knows the topic; what is assigned then takes the subscription's place
    while not (numbers := consumer.partitions_for_topic(topic)):
        await asyncio.sleep(0.05)
    consumer.unsubscribe()
    return set(numbers)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_read(*sys.argv[1:4]))._asdict()))
