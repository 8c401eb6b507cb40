"""A small process that stops an embedded server when the process that owns it dies, even by ``kill -9``.

It reads a pipe whose other end the owner holds: the end of the pipe is the end of the owner.
"""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import TracebackType

DISMISSED = b"dismissed"


class Guard:
    """Watches over the server in ``home`` from entering to leaving the context, or to ``dismiss``.

    ``module`` names the module whose function ``stop(home)`` ends that server.
    """

    def __init__(self, module: str, home: Path) -> None:
        self._words = [module, str(home)]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Guard:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "streams.embedded.guard", *self._words],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the owner
        )
        return self

    def dismiss(self) -> None:
        """Lets the server live on by itself."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate(DISMISSED)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.dismiss()


def watch(module: str, home: Path) -> None:
    """Waits for the end of standard input and stops the server, unless dismissed before."""
    if sys.stdin.buffer.read() != DISMISSED:
        importlib.import_module(module).stop(home)


if __name__ == "__main__":
    watch(sys.argv[1], Path(sys.argv[2]))
