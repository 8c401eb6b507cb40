"""``microseg replay`` of the job's file on one core, with every change written out, beside the worker."""

from __future__ import annotations

import os

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.measured import Measured, Result, Target, median
from streams.proofs.bench.ours import run_all
from streams.proofs.worker_runs import MICROSEG

TARGET = Target(2)


def measure(bench: Bench) -> Result:
    """Events a second of the whole process, its start-up counted, ÷ one worker's."""
    worker = bench.worker_speed()
    file, ground = bench.job_file(), bench.lab.ground
    command = [*MICROSEG, "replay", "--config", str(ground.config), str(file)]
    bench.say("replaying the file")
    core = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    spent = [run_all([command], [ground.home], core) for _ in range(bench.sizes.runs)]
    speed = median([bench.sizes.events / one.seconds for one in spent])
    memory, cpu = max(one.peak_memory_bytes for one in spent), median([one.cpu_seconds for one in spent]) or 0.0
    note = f"start-up counted, {cpu:.1f} CPU s, peak memory {memory / 2**30:.1f} GiB"
    return Result([Measured("replay on one core ÷ one worker", speed, "events/s", "one worker", worker, TARGET, note)])
