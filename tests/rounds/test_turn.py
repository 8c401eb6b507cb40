"""One round at a time, by the real group of a real broker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from streams.discovery.errors import RoundRunning, TurnLost
from streams.rounds.topic import create
from streams.rounds.turn import Turn, is_taken
from streams.settings import Settings
from tests.worker.shop import until

HOLDER = """
import sys, time
from streams.rounds.turn import Turn
from streams.settings import Settings
with Turn(Settings(broker=sys.argv[1], application=sys.argv[2]), 6) as turn:
    print("held", flush=True)
    sys.stdin.readline()
    try:
        turn.check()
    except Exception as error:
        print(type(error).__name__, flush=True)
"""


@pytest.fixture
def settings(kafka: str) -> Settings:
    made = Settings(broker=kafka, application=f"t{uuid.uuid4().hex[:8]}")
    create(made)
    return made


def test_who_comes_second_is_refused_and_the_first_goes_on(settings: Settings) -> None:
    with Turn(settings) as first:
        for _ in range(2):
            with pytest.raises(RoundRunning, match="another round of discovery is running"), Turn(settings):
                pass
        first.check()
    with pytest.raises(TurnLost):
        first.check()
    with Turn(settings) as second:
        second.check()


def test_of_one_that_is_stopped_or_killed_another_takes_over(settings: Settings, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, settings.broker, settings.application]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        os.kill(holder.pid, signal.SIGSTOP)
        with pytest.raises(RoundRunning), Turn(settings, 6):
            pass
        until(lambda: not is_taken(settings), 30)
        with Turn(settings, 6) as turn:
            turn.check()
            os.kill(holder.pid, signal.SIGCONT)
            said, _ = holder.communicate(b"\n", timeout=30)
            assert said == b"TurnLost\n"
            turn.check()
