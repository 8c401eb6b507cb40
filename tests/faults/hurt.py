"""``microseg run`` with a clock that can be set and a broker that takes its time.

Run as a module. ``HURT_CLOCK`` names a file with the milliseconds by which the clock is ahead;
``HURT_WRITE_SECONDS`` is what every transaction takes in addition before it begins, ``HURT_COMMIT_SECONDS`` what it
stays open for before it is committed.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from confluent_kafka import Producer

from streams.commands import add_config, settings_of
from streams.engine.api import Checkpoint
from streams.worker.clock import WallClock
from streams.worker.ledger import Ledger
from streams.worker.making import partitions_of, throwaways_of
from streams.worker.process import Options, run_worker


class SetClock(WallClock):
    """The machine's clock, if somebody had set it."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        return super().now_ms() + int(self._file.read_text() or 0)


def write_slowly(seconds: float) -> None:
    """From now on every transaction takes so much longer."""
    write = Ledger.write

    def slow(ledger: Ledger, checkpoint: Checkpoint) -> int | None:
        time.sleep(seconds)
        return write(ledger, checkpoint)

    Ledger.write = slow  # type: ignore[assignment, method-assign]


def commit_slowly(seconds: float) -> None:
    """From now on every transaction stays open for so long after its records were sent."""
    commit = Ledger._commit

    def slow(ledger: Ledger, producer: Producer) -> None:
        time.sleep(seconds)
        commit(ledger, producer)

    Ledger._commit = slow  # type: ignore[assignment, method-assign]


def main() -> None:
    """Runs it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["run"])
    add_config(parser)
    settings = settings_of(parser.parse_args())
    if seconds := float(os.environ.get("HURT_WRITE_SECONDS", "0")):
        write_slowly(seconds)
    if seconds := float(os.environ.get("HURT_COMMIT_SECONDS", "0")):
        commit_slowly(seconds)
    file = os.environ.get("HURT_CLOCK")
    run_worker(
        settings,
        partitions_of(settings),
        Options(warm_up=throwaways_of(settings)),
        clock=SetClock(Path(file)) if file else None,
    )


if __name__ == "__main__":
    main()
