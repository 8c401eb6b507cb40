"""Runs a command that ends with its owner: ``python -m streams.demo.leash COMMAND...``.

The owner holds the other end of standard input; when that is closed, or the owner dies, by ``kill -9`` too, the command
is ended: politely first, after ten seconds by force.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence

PATIENCE_SECONDS = 10.0


def main(command: Sequence[str]) -> int:
    """Runs the command and returns its exit code; 128 and the number of the signal that ended it, as a shell does."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_owner, args=(child,), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _end_with_owner(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):  # not sys.stdin: its lock, held by a thread, would spoil the end of this process
        pass
    child.terminate()
    try:
        child.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
