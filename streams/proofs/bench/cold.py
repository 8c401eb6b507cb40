"""From the start of a process whose kernel is compiled to the first change that can be read."""

from __future__ import annotations

import time
from contextlib import closing
from itertools import islice

from streams.clients.changes import ChangeReader
from streams.proofs.bench.bench import Bench
from streams.proofs.bench.files import lines_of
from streams.proofs.bench.lab import PARTITIONS
from streams.proofs.bench.measured import Measured, Result, Target, median
from streams.proofs.ground import Ground, ProofError, fresh_ground, load_lines
from streams.proofs.worker_runs import check_running, drain, running

TARGET = Target(5, most=True)
EVENTS = 2_000
PATIENCE_SECONDS = 120.0


def measure(bench: Bench) -> Result:
    """Seconds to the first change; the kernel is compiled by a worker before."""
    times = []
    for _ in range(bench.sizes.runs):
        with fresh_ground(bench.rules, topic="events", partitions=PARTITIONS) as ground:
            bench.say("a worker that compiles what is not compiled")
            drain(ground)
            load_lines(ground, islice(lines_of(bench.job_file()), EVENTS))
            bench.say("a cold start")
            times.append(_first_change(ground))
    note = "from the process to a change that a read-committed subscriber has"
    return Result([Measured("cold start to the first event's change", median(times), "s", target=TARGET, note=note)])


def _first_change(ground: Ground) -> float:
    with closing(ChangeReader(ground.settings, from_beginning=True)) as reader:
        reader.poll(0.5)
        started = time.monotonic()
        with running(ground) as process:
            while not reader.poll(0.05):
                check_running(ground, process)
                if time.monotonic() - started > PATIENCE_SECONDS:
                    raise ProofError(f"no change came within {PATIENCE_SECONDS:.0f} s")
            return time.monotonic() - started
