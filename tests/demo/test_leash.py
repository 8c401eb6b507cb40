"""A command that cannot outlive its owner."""

from __future__ import annotations

import signal
import subprocess
import sys

LEASH = (sys.executable, "-m", "streams.demo.leash", sys.executable, "-c")


def test_the_exit_code_is_the_commands() -> None:
    with subprocess.Popen([*LEASH, "raise SystemExit(7)"], stdin=subprocess.PIPE) as process:
        assert process.wait(20) == 7


def test_the_command_ends_when_its_owner_lets_go() -> None:
    with subprocess.Popen(
        [*LEASH, "import time; print('up', flush=True); time.sleep(60)"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.stdin.close()

        assert process.wait(20) == 128 + signal.SIGTERM
        assert process.stdout.read() == b""
