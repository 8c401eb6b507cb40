"""``microseg plan`` and ``microseg explain`` on event files, as people call them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.worker.shop import rule_folder

EVENTS = [
    {"type": "view", "user": "ana", "at": "2026-05-01T00:00:00Z", "product": "p", "id": "1"},
    {"type": "view", "user": "ana", "at": "2026-05-01T02:00:00Z", "product": "p", "id": "2"},
    {"type": "view", "user": "ben", "at": "2026-05-01T01:00:00Z", "product": "p", "id": "3"},
    {"type": "view", "user": "ben"},
]
EDIT = "title: Seen\nwhen: {count: views, last: 7d, at_least: 2}\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Rules that are live, an edit of them, and the events of two customers."""
    rule_folder(tmp_path / "live", "seen", "old")
    (rule_folder(tmp_path / "edit", "seen") / "active" / "seen.yaml").write_text(EDIT)
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in EVENTS))
    return tmp_path


def microseg(home: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *words],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "MICROSEG_RULES": "edit", **environ},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(home: Path, *words: str) -> Any:
    done = microseg(home, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


PLAN = ("plan", "--against", "live", "--events", "events.jsonl")


def test_the_plan_of_files(home: Path) -> None:
    done = microseg(home, "plan", "--show", "5", *PLAN[1:], MICROSEG_TIMEZONE="Europe/Berlin")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[:-1] == [
        "segment           before  after  enter  leave",
        "old      removed       2      0      0      2",
        "    leave: ana, ben",
        "seen     changed       2      1      0      1",
        "    leave: ben",
        "",
        "2 customers, counted at 2026-05-01 04:00:00+02:00",
    ]
    assert done.stderr.startswith("microseg: 1 refused events, the first at line 4: ")


def test_the_plan_as_json(home: Path) -> None:
    found = told(home, *PLAN)
    assert [(one["segment"], one["mark"], one["after"]) for one in found["segments"]] == [
        ("old", "removed", 0),
        ("seen", "changed", 1),
    ]
    assert found["taken"] == {"from": "2026-05-01T02:00:00.000Z", "to": "2026-05-01T02:00:00.000Z"}


def test_a_folder_against_itself_changes_nothing(home: Path) -> None:
    done = microseg(home, "plan", "live", *PLAN[1:])
    assert "these rules are live already" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("plan", "--apply"),
            2,
            "--apply asks before it makes rules live, and there is no terminal to ask on; add --yes",
        ),
        (("plan", "--apply", "--yes", "--events", "events.jsonl"), 2, "it does not go with --events"),
        (("plan", "--apply", "--json"), 2, "which --json does not show; add --yes"),
        (("plan", "--against", "live"), 2, "--against goes with --events"),
        (("plan", "--show", "-1"), 2, "-1 is no whole number from 0 on"),
        (("plan", "--wait", "nan"), 2, "nan is no number of seconds above 0"),
        (("plan", "nowhere"), 2, "nowhere: no rule folder"),
        (("plan", "--events", "nowhere.jsonl"), 2, "nowhere.jsonl: No such file"),
        (("explain", "ana", "--at", "noon"), 2, "--at: 'noon' is neither"),
        (("explain", "a\udcffb"), 2, "argument USER: is not UTF-8"),
        (("explain", ""), 2, "argument USER: is empty"),
        (("explain", "zoe", "--events", "events.jsonl"), 1, "nobody called 'zoe' is known"),
        (("explain", "ana", "--segment", "sen", "--events", "events.jsonl"), 1, 'did you mean "seen"?'),
        (("plan", "--wait", "1"), 2, "the broker 127.0.0.1:1 did not answer"),
        (("explain", "ana", "--wait", "1"), 2, "the broker 127.0.0.1:1 did not answer"),
    ],
)
def test_what_cannot_be_done_is_told(home: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = microseg(home, *words, MICROSEG_BROKER="127.0.0.1:1", MICROSEG_BROKER_WAIT="1s")
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_broken_folder_is_told_with_its_places(home: Path) -> None:
    (home / "edit" / "active" / "seen.yaml").write_text(EDIT.replace("at_least", "at_lest"))
    done = microseg(home, *PLAN)
    assert (done.returncode, done.stdout) == (1, "")
    assert "active/seen.yaml:2:" in done.stderr
    assert 'did you mean "at_least"?' in done.stderr


def test_an_explanation_from_files(home: Path) -> None:
    done = microseg(home, "explain", "ana", "--events", "events.jsonl", MICROSEG_TIMEZONE="Europe/Berlin")
    assert done.returncode == 0, done.stderr
    first, gap, segment, until, condition = done.stdout.splitlines()
    assert first.startswith("ana is in 1 segment at 2026-05-01 04:00:00+02:00 (rules ")
    assert (gap, segment) == ("", "seen: in since 2026-05-01 04:00:00+02:00")
    assert until == "  until 2026-05-08 02:00:00+02:00 if nothing happens"
    assert condition == "  yes  count of views, last 7d: 2 (at least 2)"


def test_an_explanation_at_an_earlier_instant(home: Path) -> None:
    found = told(home, "explain", "ana", "--at", "2026-05-01T01:00:00Z", "--events", "events.jsonl")
    (one,) = found["segments"]
    assert (found["at"], one["in"], one["missing"]) == (
        "2026-05-01T01:00:00.000Z",
        False,
        ["1 more view within 7d"],
    )


def test_an_explanation_of_one_segment(home: Path) -> None:
    words = ("explain", "ana", "--segment", "old", "--events", "events.jsonl")
    done = microseg(home, *words, MICROSEG_RULES="live")
    assert done.returncode == 0, done.stderr
    assert "old: in since 2026-05-01 00:00:00+00:00" in done.stdout
    assert done.stdout.startswith("ana is in 2 segments")
    assert "seen" not in done.stdout


def test_what_a_trial_would_have_and_find(home: Path) -> None:
    proposed = home / "edit" / "proposed" / "keen.yaml"
    proposed.parent.mkdir()
    proposed.write_text("title: K\nwhen: {count: views, at_least: 1}\ntrial: {against: seen, share: 50%}\n")
    words = ("plan", "edit", "--trial", "keen", "--events", "events.jsonl")
    assert told(home, *words)["trials"]["keen"]["customers"] == 2
    lines = microseg(home, *words).stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("trial keen against seen, 14 days: 2 customers now")]
    assert line.endswith("too few to find any difference in clicks (where 2.5% is usual)")
    assert proposed.exists()
