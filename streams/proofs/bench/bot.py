"""One customer with very many facts and events beside all others: how late the others' changes are."""

from __future__ import annotations

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.live import bot_history, latencies
from streams.proofs.bench.measured import Measured, Result, Target
from streams.worker.clock import WallClock

P99 = Target(250, most=True)


def measure(bench: Bench) -> Result:
    """The others' p99."""
    sizes = bench.sizes
    others, bot = latencies(bench, list(bot_history(sizes.bot_facts, WallClock().now_ms())), sizes.bot_rate)
    name = f"a bot of {sizes.bot_facts:,} facts at {sizes.bot_rate:,} events/s"
    if not others.changes:
        return Result(faults=[f"{name}: no other's event made a change that arrived"])
    said = f", the bot's p99 {bot.p99_ms:,.0f} ms" if bot and bot.changes else ""
    note = f"{others.changes:,} changes of others at {sizes.rate:,} events/s, p50 {others.p50_ms:,.0f} ms{said}"
    return Result([Measured(f"{name}, others' p99", others.p99_ms, "ms", target=P99, note=note)])
