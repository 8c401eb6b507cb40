"""What a worker has in memory for its customers: a real one, without customers and with many."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.cpu import memory_bytes
from streams.proofs.bench.lab import PARTITIONS
from streams.proofs.bench.measured import Measured, Result, Target, median
from streams.proofs.bench.shops import shop_of
from streams.proofs.editions import texts_of
from streams.proofs.ground import Ground
from streams.proofs.live_rejudging import shop_ground, write_changelogs
from streams.proofs.watch import Watch
from streams.proofs.worker_runs import running
from streams.worker.clock import WallClock

FACTS = 50
MANY = 1_000_000
CUSTOMER = Target(2.5 * 1024, most=True)
WHOLE = Target(4, most=True)
#: What the opening took for a while is given back by then.
REST_SECONDS = 2.0


def measure(bench: Bench) -> Result:
    """Bytes a customer, and what a million of them take at most."""
    customers = bench.sizes.memory_customers
    with (
        tempfile.TemporaryDirectory(prefix="microseg-memory-") as home,
        shop_ground(Path(home), texts_of(bench.rules), PARTITIONS) as ground,
    ):
        bench.say("opening a worker with no customers")
        empty = _opened(ground, 0)
        bench.say("writing the changelog")
        write_changelogs(ground, shop_of(bench, customers, FACTS, WallClock().now_ms()))
        full = []
        for number in range(1, bench.sizes.runs + 1):
            bench.say(f"opening {number} with all customers")
            full.append(_opened(ground, customers))
    return Result(_rows(customers, empty, full))


class _Opened(NamedTuple):
    """What an open worker has in memory, and had at most; ``rows`` is the part that it says its rows take. Bytes."""

    now: int
    peak: int
    rows: int


def _opened(ground: Ground, customers: int) -> _Opened:
    """A worker that is open with so many customers."""
    with running(ground) as process:
        watch = Watch(ground, process)
        watch.until(lambda health: health["status"] == "ok" and health["customers"] >= customers)
        time.sleep(REST_SECONDS)
        return _Opened(*memory_bytes(process.pid), int(watch.metric("microseg_rows_bytes")))


def _rows(customers: int, empty: _Opened, full: Sequence[_Opened]) -> list[Measured]:
    each = sorted((one.now - empty.now) / customers for one in full)
    at_most = (empty.now + (max(one.peak for one in full) - empty.now) / customers * MANY) / 2**30
    note = f"of these the rows, with reserves, {full[0].rows / customers:,.0f}; {customers:,} customers"
    if len(each) > 1:
        note += f"; {each[0]:,.0f} to {each[-1]:,.0f}"
    more = f"a worker with no customers has {empty.now / 2**20:,.0f} MiB"
    if customers != MANY:
        more = f"reckoned from {customers:,}; {more}"
    return [
        Measured(f"memory of a customer with {FACTS} facts", median(each), "bytes", target=CUSTOMER, note=note),
        Measured("memory of a worker with 1 M of them, at most", at_most, "GiB", target=WHOLE, note=more),
    ]
