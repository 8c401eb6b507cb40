"""A worker with loaded customers under live events: how late what they change can be read."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.lab import PARTITIONS
from streams.proofs.bench.shops import FACTS, shop_of
from streams.proofs.editions import texts_of
from streams.proofs.ground import load_lines
from streams.proofs.live_rejudging import shop_ground, write_changelogs
from streams.proofs.live_traffic import Latency, Traffic
from streams.proofs.watch import Watch
from streams.proofs.worker_runs import drain, running
from streams.worker.clock import WallClock
from streams.worker.warm import collect_rarely

#: The part of the measured time for which traffic runs before: what a first event brings about is over then.
WARM_PART = 0.25
#: What was sent is read within this time, or it is later than any target.
AFTER_SECONDS = 3.0
BOT = "bot"


def latencies(bench: Bench, history: Sequence[bytes] = (), bot_rate: int = 0) -> tuple[Latency, Latency | None]:
    """How late the changes of many customers' events are; with ``bot_rate`` also those of one more customer beside
    them, who has the events ``history`` and so many a second more."""
    sizes = bench.sizes
    with tempfile.TemporaryDirectory(prefix="microseg-live-") as home, ExitStack() as stack:
        ground = stack.enter_context(shop_ground(Path(home), texts_of(bench.rules), PARTITIONS))
        bench.say("writing the changelog")
        shop = shop_of(bench, sizes.live_customers, FACTS, WallClock().now_ms())
        write_changelogs(ground, shop)
        load_lines(ground, history)
        drain(ground)
        users = shop.users()
        del shop
        collect_rarely()  # a search for garbage would hold up the events
        process = stack.enter_context(running(ground))
        watch = Watch(ground, process)
        bench.say("opening the worker")
        watch.until(lambda health: health["status"] == "ok" and health["customers"] >= len(users))
        bench.say("live events")
        traffic = stack.enter_context(Traffic(ground.settings, users, sizes.rate))
        bots = [Traffic(ground.settings, [BOT], bot_rate, prefix="bots-")] if bot_rate else []
        for bot in bots:
            stack.enter_context(bot)
        watch.traffic = traffic
        watch.wait(sizes.seconds * WARM_PART)
        started = time.monotonic()
        watch.wait(sizes.seconds)
        until = time.monotonic()
        watch.wait(AFTER_SECONDS)
        return traffic.latency(started, until), next((bot.latency(started, until) for bot in bots), None)


def bot_history(facts: int, now_ms: int) -> Iterator[bytes]:
    """Views of one customer, as many as wanted, over the last day."""
    for number in range(facts):
        at_ms = now_ms - (facts - number) * (86_400_000 // max(1, facts))
        yield (
            b'{"id":"history-%d","type":"view","user":"%s","at":%d,"product":"sku-%d","category":"live","price":10}'
            % (number, BOT.encode(), at_ms, number % 4000)
        )
