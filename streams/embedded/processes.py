"""Processes that outlive the one that started them, and locks between them."""

from __future__ import annotations

import fcntl
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOST = "127.0.0.1"


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Holds the lock file ``path``, waiting for whoever has it; a process that dies lets go of it."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def alive(pid: int, *marks: str) -> bool:
    """Whether process ``pid`` runs and has all ``marks`` in its command line (pids are used again)."""
    if pid <= 0:
        return False
    command = _command_line(pid)
    return bool(command) and all(mark in command for mark in marks)


def _command_line(pid: int) -> str:
    """The command line of a process; empty when there is none, or only its remains."""
    if Path("/proc/self/cmdline").exists():
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    asked = subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return asked.stdout


def end(pid: int, marks: tuple[str, ...], seconds: float) -> None:
    """Ends process ``pid``: politely, and after ``seconds`` by force."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        if not alive(pid, *marks):
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        _wait_until_gone(pid, marks, patience)


def end_child(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Ends a process that was started here: politely, and after ``seconds`` by force."""
    child.terminate()
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait_until_gone(pid: int, marks: tuple[str, ...], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while alive(pid, *marks) and time.monotonic() < deadline:
        time.sleep(0.05)


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the local machine now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port(besides: int = 0) -> int:
    """Some free port of the local machine other than ``besides``.

    It lies outside the range that systems hand out to outgoing connections: inside it another program may be given the
    port at any moment, and a client that knocks before the server is there can be connected to itself.
    """
    while True:
        port = random.randint(10_000, 29_999)
        if port != besides and port_is_free(port):
            return port
