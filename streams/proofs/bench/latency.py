"""From an event that is produced to a change that can be read: 5,000 events a second into a worker with customers."""

from __future__ import annotations

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.live import latencies
from streams.proofs.bench.measured import Measured, Result, Target

P50, P99 = Target(30, most=True), Target(100, most=True)


def measure(bench: Bench) -> Result:
    """p50 and p99, read committed, from the instant at which an event was due to be produced."""
    found, _ = latencies(bench)
    sizes = bench.sizes
    name = f"latency at {sizes.rate:,} events/s"
    if not found.changes:
        return Result(faults=[f"{name}: no event made a change that arrived"])
    note = f"{found.changes:,} changes in {sizes.seconds:g} s, {sizes.live_customers:,} customers"
    return Result(
        [
            Measured(f"{name}, p50", found.p50_ms, "ms", target=P50, note=note),
            Measured(f"{name}, p99", found.p99_ms, "ms", target=P99, note=f"the latest {found.max_ms:,.0f} ms"),
        ]
    )
