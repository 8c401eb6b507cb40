"""A changelog that the broker compacts all the time: offsets and whole transactions are missing from it."""

from __future__ import annotations

import time
from itertools import pairwise

from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from tests.faults.judge import Outcome, judged
from tests.faults.stage import Stage, stage
from tests.worker.shop import read_log

RATE = 1_500.0
EAGER = {
    "segment.ms": "1000",
    "min.cleanable.dirty.ratio": "0.01",
    "max.compaction.lag.ms": "1000",
    "delete.retention.ms": "0",
}
AGAIN_SECONDS = 4.0
NODE = "1"  # of the embedded broker


def compacted(kills: int) -> Outcome:
    """Workers are killed, and restore from what compaction has left of the changelog and its transactions."""
    with stage(partitions=2) as at:
        _compact_eagerly(at)
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        for _ in range(kills):
            time.sleep(AGAIN_SECONDS)
            before, killed_at = worker.openings, time.monotonic()
            worker.kill()
            at.recovers(worker, killed_at, before)
        feed.stop()
        at.curtain()
        gone = _gone(at)
        at.notes.append(f"{gone:,} offsets of the changelog are gone")
        if not gone:
            at.faults.append("nothing was compacted, so nothing is proved")
        return judged(at, kills)


def _compact_eagerly(at: Stage) -> None:
    settings = at.ground.settings
    wanted = [
        ConfigResource(ResourceType.TOPIC, settings.changelog, incremental_configs=_set(EAGER)),
        ConfigResource(ResourceType.BROKER, NODE, incremental_configs=_set({"log.cleaner.backoff.ms": "500"})),
    ]
    admin = AdminClient({"bootstrap.servers": settings.broker})
    for done in admin.incremental_alter_configs(wanted).values():
        done.result(10)


def _set(values: dict[str, str]) -> list[ConfigEntry]:
    return [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in values.items()]


def _gone(at: Stage) -> int:
    """How many offsets below the last record hold none, beyond one for each transaction's marker."""
    settings = at.ground.settings
    offsets: dict[int, list[int]] = {}
    for one in read_log(settings.broker, settings.changelog, "read_uncommitted"):
        offsets.setdefault(one.partition, []).append(one.offset)
    return sum(found[0] for found in offsets.values()) + sum(
        later - earlier - 2 for found in offsets.values() for earlier, later in pairwise(found) if later - earlier > 2
    )
