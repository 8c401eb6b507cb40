"""A local store (``store = "rocksdb"``) that is damaged or cannot be written: it is only a copy."""

from __future__ import annotations

import random
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.faults.judge import Outcome, judged
from tests.faults.stage import STORES, Stage, stage

RATE = 600.0
ROCKS: dict[str, Any] = dict(STORES["rocksdb"])
FULL_SECONDS = 60.0


def damaged_store(times: int) -> Outcome:
    """kill -9 of a worker, of whose files some are cut or spoilt before it comes again."""
    chance = random.Random(3)
    with stage(**ROCKS) as at:
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        for _ in range(times):
            time.sleep(chance.uniform(0.5, 1.5))
            before, killed_at = worker.openings, time.monotonic()
            worker.send_signal(signal.SIGSTOP)
            for file in chance.sample(files := list(_files(at)), len(files) // 3):
                _damage(file, chance)
            worker.kill()
            at.recovers(worker, killed_at, before)
        feed.stop()
        at.curtain()
        anew = worker.said.count("is restored from the changelog")
        at.notes.append(f"{anew} partitions were restored from the changelog, by what the worker said")
        if not anew:
            at.faults.append("no damage was found, so nothing is proved")
        return judged(at, times)


def store_disk_full(times: int) -> Outcome:
    """The worker's disk takes no more: it says so and ends, and goes on where there is room again."""
    with stage(**ROCKS) as at:
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        for _ in range(times):
            time.sleep(1.0)
            before, ends, since = worker.openings, len(worker.ends), time.monotonic()
            resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (1, 1))
            if not at.watch.until(lambda ends=ends: len(worker.ends) > ends, FULL_SECONDS):  # type: ignore[misc]
                at.faults.append("the worker went on without writing its store")
                break
            at.recovers(worker, since, before)
        feed.stop()
        at.curtain()
        if worker.said.count("the local store ") < times or set(worker.ends) != {2}:
            at.faults.append(f"it ended with {worker.ends} and said: {worker.said[-1_000:]}")
        return judged(at, times)


def _files(at: Stage) -> Iterator[Path]:
    """What RocksDB needs of all partitions' stores."""
    folder = Path(at.ground.settings.data_dir) / at.ground.settings.application
    for file in sorted(folder.rglob("rows/*")):
        if file.suffix in (".sst", ".log") or file.name.startswith(("MANIFEST", "CURRENT")):
            yield file


def _damage(file: Path, chance: random.Random) -> None:
    data = bytearray(file.read_bytes())
    if not data:
        return
    place = chance.randrange(len(data))
    if chance.random() < 0.5:
        data = data[:place]
    else:
        data[place] ^= 0xFF
    file.write_bytes(data)
