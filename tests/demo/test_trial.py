"""A whole trial with the real commands: proposed, drawn, mailed, decided, moved, and picked up by the worker."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from streams.cli import main
from tests.demo.test_demo import processes_of
from tests.worker.test_microseg_run import compiled

__all__ = ["compiled"]  # the fixture
SECONDS = 300  # on a machine that does more besides


@pytest.mark.usefixtures("compiled")
def test_from_the_proposal_to_the_move(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    words = ["demo", "--trial", "--customers", "800", "--speed", "1000000", "--dir", str(home)]
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", *words], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "looks-never-buys against all-subscribers, by clicks: RUNNING" in done.stdout
    assert "looks-never-buys against all-subscribers, by clicks: KEEP" in done.stdout
    assert "moved: looks-never-buys.yaml is in active/ now" in done.stdout
    assert (home / "rules" / "active" / "looks-never-buys.yaml").exists()
    assert not (home / "rules" / "trial" / "looks-never-buys.yaml").exists()
    mails, clicked = (re.search(rf"{arm} +[0-9,]+ +([0-9,]+) +([0-9.]+)%", done.stdout) for arm in ARMS)
    assert mails is not None
    assert clicked is not None
    assert float(mails[2]) > 1.5 * float(clicked[2])  # three times as many were planted
    assert re.search(r"nobody is in an arm, and [0-9]{2,} customers get its mail now", done.stdout)
    assert processes_of(home) == []


ARMS = ("treatment", "control")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--rules", "."), "--trial has rules and an end of its own; it does not go with --rules"),
        (("--shop-only", "--seconds", "1"), "it does not go with --seconds and --shop-only"),
        (("--dir", "full"), "full is not of an earlier demo of a trial"),
    ],
)
def test_what_does_not_go_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, options: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("kept")
    assert main(["demo", "--trial", *options]) == 2
    assert said in capsys.readouterr().err
    assert (tmp_path / "full" / "mine.txt").exists()
