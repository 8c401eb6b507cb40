"""Runs of ``microseg run`` as the processes that they are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streams.clients.settings_file import plain_environment
from streams.proofs.ground import Ground, ProofError

MICROSEG = (sys.executable, "-m", "streams.cli")


def drain(ground: Ground) -> dict[str, Any]:
    """Runs a worker until everything is read and written, and returns what it tells of it.

    Raises:
        ProofError: the worker ended otherwise.
    """
    command = [*MICROSEG, "run", "--config", str(ground.config), "--until-drained", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=plain_environment(), check=False)
    if done.returncode:
        raise ProofError(f"the worker ended with exit code {done.returncode}: {done.stderr.strip()[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def killed(ground: Ground, when: Callable[[], object]) -> None:
    """Runs a worker, waits for ``when`` to return, and kills it without a warning.

    Raises:
        ProofError: the worker ended by itself before.
    """
    with _worker(ground) as process:
        when()
        if process.poll() is not None:
            raise ProofError(f"the worker ended with exit code {process.returncode} before it was killed")
        process.send_signal(signal.SIGKILL)


@contextmanager
def _worker(ground: Ground) -> Iterator[subprocess.Popen[bytes]]:
    command = [*MICROSEG, "run", "--config", str(ground.config)]
    with (ground.home / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=plain_environment())
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.wait()


def replay_final(ground: Ground, events: bytes, until: str) -> dict[str, list[str]]:
    """Each customer's segments at ``until`` (RFC 3339), by ``microseg replay --final``."""
    command = [*MICROSEG, "replay", "--config", str(ground.config), "--final", "--until", until, "-"]
    done = subprocess.run(command, input=events, capture_output=True, env=plain_environment(), check=False)
    if done.returncode or done.stderr:
        raise ProofError(f"the replay ended with exit code {done.returncode}: {done.stderr.decode().strip()[-500:]}")
    found = (json.loads(line) for line in done.stdout.splitlines())
    return {one["user"]: one["segments"] for one in found}
