"""Workers of one group, each started again when it ends by itself, as a supervisor would."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from streams.clients.settings_file import plain_environment
from streams.proofs.ground import Ground
from tests.worker.shop import WorkerProcess

RESTART_SECONDS = 0.2
OPEN = "open after"
OPEN_SECONDS = 300.0  # a worker of changed sources compiles its kernel first


class Member:
    """A worker under a supervisor. ``ends`` are the exit codes so far, ``module`` what is run as ``python -m``."""

    def __init__(self, ground: Ground, name: str, module: str = "streams.cli", **environ: str) -> None:
        self.name = name
        self.ends: list[int] = []
        self._command = [sys.executable, "-m", module, "run", "--config", str(ground.config)]
        self._environ = {**plain_environment(), "MICROSEG_WORKER": name, **environ}
        self._before = ""
        self._swap = threading.Lock()
        self._leaving = False
        self._worker = self._start()
        self._thread = threading.Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _start(self) -> WorkerProcess:
        return WorkerProcess(self._command, self._environ)

    def _keep(self) -> None:
        while True:
            ended = self._worker
            self.ends.append(ended.wait(10**6))
            ended.kill()  # closes its pipes
            if self._leaving:
                return
            time.sleep(RESTART_SECONDS)
            with self._swap:
                self._before += ended.said
                self._worker = self._start()

    @property
    def said(self) -> str:
        """What all of its processes said so far."""
        with self._swap:
            return self._before + self._worker.said

    @property
    def openings(self) -> int:
        """How often its partitions were opened."""
        return self.said.count(OPEN)

    @property
    def pid(self) -> int:
        """The process of now."""
        return self._worker.process.pid

    def await_opening(self, more_than: int = 0, seconds: float = OPEN_SECONDS) -> None:
        """Waits until its partitions were opened more often than so many times."""
        self.await_text(OPEN, more_than, seconds)

    def await_text(self, text: str, more_than: int = 0, seconds: float = OPEN_SECONDS) -> None:
        """Waits until it has said something more often than so many times."""
        deadline = time.monotonic() + seconds
        while self.said.count(text) <= more_than:
            assert time.monotonic() < deadline, f"{self.name}: no {text!r} within {seconds} s: {self.said[-2000:]}"
            time.sleep(0.01)

    def send_signal(self, number: signal.Signals) -> None:
        """Sends its process a signal."""
        self._worker.signal(number)

    def kill(self) -> None:
        """kill -9; the supervisor starts it again."""
        self.send_signal(signal.SIGKILL)

    def leave(self, number: signal.Signals = signal.SIGTERM, seconds: float = 30) -> int:
        """Ends it for good; the exit code."""
        self._leaving = True
        if self._worker.process.poll() is None:
            self.send_signal(number)
        self._thread.join(seconds)
        if self._thread.is_alive():
            self.end()
            raise AssertionError(f"{self.name} did not end within {seconds} s: {self.said[-2000:]}")
        return self.ends[-1]

    def end(self) -> None:
        """kill -9, for good."""
        self._leaving = True
        with suppress(ProcessLookupError):
            self.send_signal(signal.SIGKILL)
        self._thread.join(10)


class Crew:
    """The members of a scenario; all of them are gone when it ends."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self.members: dict[str, Member] = {}
        self.left: list[Member] = []

    def join(self, name: str = "", **environ: str) -> Member:
        """Another worker; without a name the one of the settings, as whom the last one of a scenario runs, too."""
        name = name or self._ground.settings.worker
        member = self.members[name] = Member(self._ground, name, **environ)
        return member

    def leave(self, name: str, number: signal.Signals = signal.SIGTERM) -> int:
        """A worker less; its exit code."""
        member = self.members.pop(name)
        self.left.append(member)
        return member.leave(number)

    @property
    def first(self) -> Member:
        """The one that is here longest."""
        return next(iter(self.members.values()))

    @property
    def everyone(self) -> list[Member]:
        """All who are or were there."""
        return [*self.members.values(), *self.left]


@contextmanager
def crew_on(ground: Ground) -> Iterator[Crew]:
    """A crew without members yet."""
    crew = Crew(ground)
    try:
        yield crew
    finally:
        for member in crew.members.values():
            member.end()
