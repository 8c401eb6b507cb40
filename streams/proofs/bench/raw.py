"""Reading the job's topic with aiokafka and nothing else, in one process: the speed that Python's reading allows."""

from __future__ import annotations

from streams.proofs.bench.bench import Bench
from streams.proofs.bench.lab import topic_of
from streams.proofs.bench.measured import Measured, Result, Target, median
from streams.proofs.bench.reader import UNCOMMITTED, read_raw

TARGET = Target(0.25)


def measure(bench: Bench) -> Result:
    """Our best configuration ÷ reading alone."""
    file = bench.job_file()
    bench.lab.load(file)
    best = median([one.events_per_second for one in bench.best()])
    bench.say("reading the topic with aiokafka alone")
    runs = [read_raw(bench.lab.ground, topic_of(file), UNCOMMITTED) for _ in range(bench.sizes.runs)]
    speed = median([run.records / run.seconds for run in runs])
    return Result([Measured("job ÷ raw reading", best, "events/s", "aiokafka, reading only", speed, TARGET)])
