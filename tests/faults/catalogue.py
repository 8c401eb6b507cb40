"""All faults by name: what ``scripts/faults`` runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from tests.faults.brokers import broker_absent, broker_away, disk_full
from tests.faults.clocks import clock_set_back, daylight_saving, early_and_late
from tests.faults.compaction import compacted
from tests.faults.deliveries import duplicates, replayed_topics, reverse_order
from tests.faults.groups import join_and_leave, timers_move, zombie
from tests.faults.judge import Outcome
from tests.faults.kills import kill_9, kill_9_with_rows
from tests.faults.local_store import damaged_store, store_disk_full
from tests.faults.merging import merges
from tests.faults.poison import poisoned
from tests.faults.rule_files import rule_files
from tests.faults.strays import strays, twins
from tests.faults.tampering import tampered
from tests.faults.together import together
from tests.faults.versions import other_versions
from tests.faults.waves import broker_hangs, slow_writes, wave

FAULTS: Mapping[str, Callable[[], Outcome]] = {
    "kill-9": partial(kill_9, 20),
    "kill-9-many-rows": partial(kill_9_with_rows, 5, 100_000),
    "compaction": partial(compacted, 5),
    "broker-stopped": partial(broker_away, 1, 5.0, clean=True),
    "broker-killed": partial(broker_away, 1, 5.0, clean=False),
    "broker-bounced": partial(broker_away, 5, 1.0, clean=True),
    "broker-absent": partial(broker_absent, 10.0),
    "broker-away": partial(broker_away, 1, 120.0, clean=False),
    "broker-hangs": partial(broker_hangs, 45.0, 400.0),
    "disk-full": disk_full,
    "damaged-store": partial(damaged_store, 8),
    "store-disk-full": partial(store_disk_full, 3),
    "workers-1-partition": partial(join_and_leave, 1),
    "workers-4-partitions": partial(join_and_leave, 4),
    "workers-16-partitions": partial(join_and_leave, 16),
    "workers-mid-checkpoint": partial(join_and_leave, 4, 0.5),
    "timers-move": partial(timers_move, 2_000),
    "twins": partial(twins, 400.0),
    "zombie": partial(zombie, 4, busy=True),
    "zombie-at-rest": partial(zombie, 4, busy=False),
    "duplicates": partial(duplicates, 10.0),
    "topics-again": partial(replayed_topics, 10_000),
    "reverse-order": partial(reverse_order, 10_000),
    "strays": partial(strays, 5, 30),
    "merges": partial(merges, 6, 5.0),
    "poison": partial(poisoned, 100_000),
    "early-and-late": partial(early_and_late, 500),
    "clock-set-back": partial(clock_set_back, 500),
    "daylight-saving": partial(daylight_saving, 4_000),
    "wave": partial(wave, 20_000),
    "rule-files": rule_files,
    "other-versions": partial(other_versions, 5_000),
    "slow-writes": partial(slow_writes, 300_000, 2.0),
    "together": together,
    "tampering": partial(tampered, 3.0),
}
