"""The demo's worker and what runs beside it: processes of their own, which cannot outlive the demo."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from streams.clients.settings_file import plain_environment
from streams.errors import MicrosegError

END_SECONDS = 15.0


class WorkerGone(MicrosegError):
    """The worker ended while the demo ran."""


class Worker:
    """``microseg run``, or another ``command``, with the settings of one file and no others, as long as the context
    lasts."""

    def __init__(self, config: Path, log: Path, command: str = "run") -> None:
        self._config = config
        self._log = log
        self._command = command

    def __enter__(self) -> Self:
        run = [sys.executable, "-m", "streams.cli", self._command, "--config", str(self._config)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "streams.demo.leash", *run],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**plain_environment(), "MICROSEG_LOG": "text"},
                start_new_session=True,  # Ctrl-C reaches the demo alone, which then ends its worker in peace
            )
        return self

    def check(self) -> None:
        """Raises WorkerGone, with the worker's last line, if it ended."""
        code = self._process.poll()
        if code is not None:
            name = "the worker" if self._command == "run" else f"microseg {self._command}"
            raise WorkerGone(f"{name} ended with exit code {code}: {self.last_words()} (see {self._log})")

    def last_words(self) -> str:
        """The last line that the worker said."""
        lines = self._log.read_text(errors="replace").strip().splitlines() or ["nothing yet"]
        return lines[-1][:200]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Ends the worker in peace, by force after 15 s; a second time does nothing."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
