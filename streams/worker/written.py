"""What the checkpoints of a worker took, as plain numbers; monitors read them."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Sequence

from streams.engine.api import Checkpoint
from streams.worker.logs import note

#: Upper ends of the classes, in seconds and in records.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
RECORDS = (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000)
#: From here on it is worth a line.
SLOW_SECONDS = 5.0


class Histogram:
    """How many values there were up to each of ``ends`` and beyond the last, and their sum."""

    def __init__(self, ends: Sequence[float]) -> None:
        self.ends = tuple(ends)
        self.counts = [0] * (len(ends) + 1)
        self.total = 0.0

    def take(self, value: float) -> None:
        """One more value."""
        self.counts[bisect_left(self.ends, value)] += 1
        self.total += value


class Written:
    """How long checkpoints took, and how many records each had."""

    def __init__(self) -> None:
        self.seconds, self.records = Histogram(SECONDS), Histogram(RECORDS)

    def take(self, partition: int, seconds: float, checkpoint: Checkpoint) -> None:
        """One more checkpoint was committed."""
        parts = (checkpoint.changes, checkpoint.rows, checkpoint.refused, checkpoint.forwards)
        records = sum(map(len, parts))
        self.seconds.take(seconds)
        self.records.take(records)
        if seconds >= SLOW_SECONDS:
            text = "the checkpoint of partition %d took %.1f s for %d records"
            more = {"partition": partition, "seconds": round(seconds, 3), "records": records}
            note("checkpoint slow", text, partition, seconds, records, level=logging.WARNING, more=more)
