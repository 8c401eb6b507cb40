"""Our own workers on the job: one, or two that share the partitions, measured as the processes that they are."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.clients.settings_file import plain_environment
from streams.proofs.bench.cpu import CORES, busy_seconds, process_seconds
from streams.proofs.ground import Ground, ProofError
from streams.proofs.worker_runs import MICROSEG
from streams.worker.drained import RSS_UNIT_BYTES

PATIENCE_SECONDS = 900.0
OUT, LOG = "told.json", "worker.log"


@dataclass(frozen=True, slots=True)
class Spent:
    """What processes took: seconds from the first one's start to the last one's end, CPU seconds with start-up and
    exit, and the memory that all of them had at most, in bytes."""

    seconds: float
    cpu_seconds: float
    peak_memory_bytes: int


@dataclass(frozen=True, slots=True)
class Drained:
    """A drained topic: ``seconds`` from the first open partition to the last commit, over all workers.

    ``others_share``: the share of all cores that broker and others took meanwhile; ``broker_share``: the broker's.
    """

    events: int
    seconds: float
    spent: Spent
    others_share: float
    broker_share: float
    recovery_seconds: float

    @property
    def events_per_second(self) -> float:
        """How fast they were read, judged and committed."""
        return self.events / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU seconds a million events, start-up counted."""
        return self.spent.cpu_seconds / self.events * 1e6


def drained(grounds: list[Ground], events: int) -> Drained:
    """Runs a worker for each ground until all is drained; the grounds are of one application and one broker.

    Raises:
        ProofError: a worker ended otherwise, or they were not done within a quarter of an hour.
    """
    running = grounds[0].broker.status()
    broker = running.pid if running else 0
    busy, broker_cpu = busy_seconds(), process_seconds(broker)
    commands = [[*MICROSEG, "run", "--config", str(one.config), "--until-drained", "--json"] for one in grounds]
    spent = run_all(commands, [one.home for one in grounds])
    taken = spent.seconds * CORES
    told = [_told(one.home) for one in grounds]
    return Drained(
        events,
        max(0.001, (max(one["drained_at_ms"] for one in told) - min(one["opened_at_ms"] for one in told)) / 1000),
        spent,
        max(0.0, busy_seconds() - busy - spent.cpu_seconds) / taken,
        (process_seconds(broker) - broker_cpu) / taken,
        max(one["recovery_seconds"] for one in told),
    )


def run_all(commands: list[list[str]], homes: list[Path], core: int | None = None) -> Spent:
    """Runs commands at once, each with its output in files of its home; with ``core`` on that core alone.

    Raises:
        ProofError: one failed, or they were not done within a quarter of an hour.
    """
    started = time.monotonic()
    with _guarded([_start(command, home, core) for command, home in zip(commands, homes, strict=True)]) as processes:
        used = [_waited(process) for process in processes]
    seconds = time.monotonic() - started
    for process, command, home in zip(processes, commands, homes, strict=True):
        if process.returncode:
            last = ((home / LOG).read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1][:300]
            raise ProofError(f"{command[3]} ended with exit code {process.returncode}: {last}")
    return Spent(seconds, sum(cpu for cpu, _ in used), sum(memory for _, memory in used))


def _start(command: list[str], home: Path, core: int | None) -> subprocess.Popen[bytes]:
    pin = None if core is None or not hasattr(os, "sched_setaffinity") else lambda: os.sched_setaffinity(0, {core})
    with (home / OUT).open("wb") as out, (home / LOG).open("wb") as log:
        return subprocess.Popen(command, stdout=out, stderr=log, env=plain_environment(), preexec_fn=pin)


@contextmanager
def _guarded(processes: list[subprocess.Popen[bytes]]) -> Iterator[list[subprocess.Popen[bytes]]]:
    """None of them outlives the context, or the time that they have."""

    def end() -> None:
        for process in processes:
            if process.returncode is None:
                process.kill()

    timer = threading.Timer(PATIENCE_SECONDS, end)
    timer.daemon = True
    timer.start()
    try:
        yield processes
    finally:
        timer.cancel()
        end()
        for process in processes:
            if process.returncode is None:
                process.wait()


def _waited(process: subprocess.Popen[bytes]) -> tuple[float, int]:
    """CPU seconds and peak memory of a process that has come to its end."""
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return used.ru_utime + used.ru_stime, used.ru_maxrss * RSS_UNIT_BYTES


def _told(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((home / OUT).read_text())
    return told
