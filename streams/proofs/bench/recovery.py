"""A worker that starts with a changelog of many rows, beside reading that changelog and nothing else."""

from __future__ import annotations

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.lab import PARTITIONS
from streams.proofs.bench.measured import Measured, Result, Target, median
from streams.proofs.bench.ours import drained
from streams.proofs.bench.reader import COMMITTED, read_raw
from streams.proofs.bench.shops import FACTS, shop_of
from streams.proofs.ground import fresh_ground
from streams.proofs.live_rejudging import write_changelogs
from streams.worker.clock import WallClock

TARGET = Target(3, most=True)


def measure(bench: Bench) -> Result:
    """Seconds until all rows are restored and judged ÷ seconds of reading them, in turn."""
    with fresh_ground(bench.rules, topic="events", clock="wall", partitions=PARTITIONS) as ground:
        bench.say("writing the changelog")
        shop = shop_of(bench, bench.sizes.recovery_customers, FACTS, WallClock().now_ms())
        write_changelogs(ground, shop)
        rows = sum(len(rows) for rows in shop.rows)
        del shop
        restored, raw = [], []
        for number in range(1, bench.sizes.runs + 1):
            bench.say(f"recovery {number}")
            restored.append(drained([ground], rows).recovery_seconds)
            raw.append(read_raw(ground, ground.settings.changelog, COMMITTED).seconds)
    note = f"{rows:,} rows of {FACTS} facts"
    return Result(
        [Measured("recovery ÷ raw reading", median(restored), "s", "aiokafka, reading only", median(raw), TARGET, note)]
    )
