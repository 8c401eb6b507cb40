"""A worker that runs, watched from outside by its page of health."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from streams.proofs.ground import Ground, ProofError
from streams.proofs.live_traffic import Traffic
from streams.proofs.worker_runs import check_running

LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 600.0


class Watch:
    """Asks a worker how it is, and sees to it that it and its traffic live."""

    def __init__(self, ground: Ground, process: subprocess.Popen[bytes]) -> None:
        self.traffic: Traffic | None = None
        self.asked = 0.0  # when it was asked last
        self._ground, self._process = ground, process
        host, port = ground.settings.http or ("", 0)
        self._url = f"http://{host}:{port}"

    def wait(self, seconds: float) -> None:
        """Lets time pass; raises ProofError where the worker does not live to see its end."""
        self._until(lambda: False, seconds)

    def until(self, holds: Callable[[dict[str, Any]], bool]) -> None:
        """Waits until its health is so; raises ProofError where that takes too long."""
        if not self._until(lambda: (health := self._health()) is not None and holds(health), PATIENCE_SECONDS):
            raise ProofError(f"the worker did not come to an end within {PATIENCE_SECONDS:.0f} s")

    def metric(self, name: str) -> float:
        """What the worker tells under a name that has no labels; raises ProofError where it tells nothing."""
        with urllib.request.urlopen(f"{self._url}/metrics", timeout=30) as response:
            told = [line.split() for line in response.read().decode().splitlines()]
        for words in told:
            if words[:1] == [name]:
                return float(words[1])
        raise ProofError(f"the worker does not tell {name}")

    def _until(self, holds: Callable[[], bool], seconds: float) -> bool:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            check_running(self._ground, self._process)
            if self.traffic is not None:
                self.traffic.check()
            if holds():
                return True
            time.sleep(max(0.0, min(LOOK_SECONDS, end - time.monotonic())))
        return False

    def _health(self) -> dict[str, Any] | None:
        """None: it does not answer yet."""
        self.asked = time.monotonic()
        try:
            with urllib.request.urlopen(f"{self._url}/health", timeout=30) as response:
                return dict(json.load(response))
        except OSError:  # an answer of 503, too: it is opening
            return None
