"""The whole demo as a process: changes come, and nothing stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.cli import main

START_SECONDS = 240  # compiling the kernel for the first time included, on a machine that does more besides
RULES = Path(__file__).parents[2] / "segment_rules"


@contextmanager
def demo(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "streams.cli", "demo", "--dir", str(home), "--rules", str(RULES), *options]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        if process.stdout is not None:
            process.stdout.close()


def lines_until(process: subprocess.Popen[str], text: str) -> list[str]:
    assert process.stdout is not None
    lines = []
    deadline = time.monotonic() + START_SECONDS
    for line in process.stdout:
        lines.append(line)
        if text in line:
            return lines
        assert time.monotonic() < deadline, lines
    pytest.fail(f"the demo ended: {lines}")


def processes_of(home: Path) -> list[str]:
    told = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in told.splitlines() if str(home) in line]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for all demos, so that the later ones go on where the first one ended."""
    return tmp_path_factory.mktemp("demo")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_changes_come_and_nothing_stays_behind(home: Path, number: signal.Signals) -> None:
    with demo(home, "--customers", "150") as process:
        told = lines_until(process, " entered ")
        assert len(processes_of(home)) >= 4  # the demo, the broker, the worker and its leash
        process.send_signal(number)
        assert process.stdout is not None
        told += process.stdout.readlines()
        assert process.wait(30) == 0

    assert "nothing keeps running" in told[-1]
    assert processes_of(home) == []


def test_a_broken_rule_is_told_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "active").mkdir()
    (tmp_path / "active" / "odd.yaml").write_text("title: Odd\nwhen: {count: wiews, exactly: 0}\n")

    assert main(["demo", "--rules", str(tmp_path), "--dir", str(tmp_path / "demo")]) == 1
    assert "active/odd.yaml:2:15" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [("--speed", "0", "is not from"), ("--customers", "1.5", "no whole number"), ("--seconds", "soon", "no number")],
)
def test_odd_arguments(option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["demo", option, value])

    assert ended.value.code == 2
    assert message in capsys.readouterr().err
