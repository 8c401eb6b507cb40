"""Runs of ``microseg run`` as the processes that they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streams.clients.settings_file import plain_environment
from streams.proofs.ground import Ground, ProofError

LOG = "worker.log"
PATIENCE_SECONDS = 120.0
MICROSEG = (sys.executable, "-m", "streams.cli")


def drain(ground: Ground) -> dict[str, Any]:
    """Runs a worker until everything is read and written, and returns what it tells of it.

    Raises:
        ProofError: the worker ended otherwise.
    """
    command = [*MICROSEG, "run", "--config", str(ground.config), "--until-drained", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=plain_environment(), check=False)
    if done.returncode:
        raise ProofError(f"the worker ended with exit code {done.returncode}: {_last_line(done.stderr)}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def killed(ground: Ground, progressed: Callable[[], bool], after_s: float) -> None:
    """Runs a worker and kills it without a warning, so many seconds after it has ``progressed``.

    Raises:
        ProofError: the worker ended by itself before, or did not progress within two minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    with running(ground) as process:
        while not progressed():
            check_running(ground, process)
            if time.monotonic() > deadline:
                raise ProofError(f"the worker did nothing within {PATIENCE_SECONDS:.0f} s")
        time.sleep(after_s)
        check_running(ground, process)
        process.send_signal(signal.SIGKILL)


def check_running(ground: Ground, process: subprocess.Popen[bytes]) -> None:
    """Raises ProofError where the worker has ended."""
    if process.poll() is not None:
        said = _last_line((ground.home / LOG).read_text())
        raise ProofError(f"the worker ended with exit code {process.returncode} before its time: {said}")


@contextmanager
def running(ground: Ground) -> Iterator[subprocess.Popen[bytes]]:
    """A worker that is killed at the end of the context, if it still runs."""
    command = [*MICROSEG, "run", "--config", str(ground.config)]
    with (ground.home / LOG).open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain_environment())
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def replay_final(ground: Ground, events: bytes, until: str) -> dict[str, list[str]]:
    """Each customer's segments at ``until`` (RFC 3339), by ``microseg replay --final``."""
    return {one["user"]: one["segments"] for one in _replayed(ground, events, until, "--final")}


def replay_course(ground: Ground, events: bytes, until: str) -> list[dict[str, Any]]:
    """Every membership change up to ``until`` (RFC 3339), by ``microseg replay``."""
    return list(_replayed(ground, events, until))


def _replayed(ground: Ground, events: bytes, until: str, *options: str) -> Iterator[dict[str, Any]]:
    command = [*MICROSEG, "replay", "--config", str(ground.config), *options, "--until", until, "-"]
    done = subprocess.run(command, input=events, capture_output=True, env=plain_environment(), check=False)
    if done.returncode or done.stderr:
        raise ProofError(f"the replay ended with exit code {done.returncode}: {_last_line(done.stderr.decode())}")
    return map(json.loads, done.stdout.splitlines())


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1][:300]
