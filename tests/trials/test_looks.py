"""From totals to decisions: each metric by its own numbers, and when a trial has ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.events.instants import instant_ms
from streams.rules.model import TrialTerms
from streams.trials.decisions import Outcome
from streams.trials.looks import DAY_MS, Look, looks
from streams.trials.totals import Totals, TrialTotals

AT = instant_ms("2026-06-01T00:00:00Z")
LAG = 5 * DAY_MS
TERMS = TrialTerms("broad", started_ms=AT)
TREATMENT = TrialTotals(
    "keen", "treatment", 5_000, 170, 60, 3_000_000_000, 10**18, 2_000_000_000, 10**18, 5 * 10**17, 9, 2, 4
)
CONTROL = TrialTotals(
    "keen", "control", 5_000, 130, 50, 2_000_000_000, 10**18, 2_000_000_000, 10**18, 5 * 10**17, 8, 3, 5
)


def look(terms: TrialTerms = TERMS, days: float = 20, *arms: TrialTotals) -> Look:
    (found,) = looks({"keen": terms}, Totals([], list(arms or (TREATMENT, CONTROL))), AT + int(days * DAY_MS), LAG)
    return found


@pytest.mark.parametrize(("days", "ended"), [(18.999, False), (19, True)])
def test_a_trial_ends_with_its_days_and_what_they_still_bring(days: float, ended: bool) -> None:
    found = look(days=days)
    assert found.ends_ms == AT + 19 * DAY_MS
    assert (found.decision.outcome is Outcome.KEEP) == ended
    assert found.move == ("active" if ended else None)


def test_a_trial_of_which_nobody_said_when_it_began_runs() -> None:
    found = look(replace(TERMS, started_ms=None))
    assert (found.ends_ms, found.decision.outcome) == (None, Outcome.RUNNING)


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("clicks", "3.40% against 2.60%"),
        ("conversions", "1.20% against 1.00%"),
        ("revenue", "0.60 a customer against 0.40"),
    ],
)
def test_each_metric_has_its_numbers(metric: str, said: str) -> None:
    assert said in look(replace(TERMS, metric=metric)).decision.sentence


def test_revenue_is_adjusted_by_what_was_before() -> None:
    plain = [replace(one, before_micros=0, before_squares=0, before_revenue_products=0) for one in (TREATMENT, CONTROL)]
    adjusted, blurred = (look(replace(TERMS, metric="revenue"), 20, *arms).decision.difference for arms in ((), plain))
    assert adjusted is not None
    assert blurred is not None
    assert adjusted.high - adjusted.low < 0.9 * (blurred.high - blurred.low)


def test_guardrails_are_those_of_the_file() -> None:
    worse = replace(TREATMENT, unsubscribed=150)
    assert look(TERMS, 20, worse, CONTROL).move == "retired"
    assert look(replace(TERMS, guardrails=("complaints",)), 20, worse, CONTROL).move == "active"


def test_shares_are_those_of_the_file_whatever_is_held_out() -> None:
    third = replace(CONTROL, customers=2_500, clicked=50)
    assert look(TERMS, 20, TREATMENT, third).decision.outcome is Outcome.INVALID
    assert look(replace(TERMS, share=6_000, holdout=1_000), 20, TREATMENT, third).decision.outcome is Outcome.KEEP


def test_nothing_is_known_yet() -> None:
    found = look(TERMS, 1, replace(CONTROL, segment="other"))
    assert (found.decision.outcome, found.arms) == (Outcome.RUNNING, {})


# -- the command ------------------------------------------------------------------------------------------------------

RULES = {
    "active/broad.yaml": "title: B\nwhen: {count: views, at_least: 1}\n",
    "proposed/keen.yaml": "title: K\nwhen: {count: views, at_least: 2}\ntrial: {against: broad, days: 14}\n",
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A rule folder with a proposal, and totals as if it had run."""
    for name, text in RULES.items():
        path = tmp_path / "segment_rules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "totals.json").write_text(Totals([], [TREATMENT, CONTROL]).to_json())
    return tmp_path


def microseg(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[2])
    environ = {**os.environ, "PYTHONPATH": root, "MICROSEG_BROKER": "127.0.0.1:1", "MICROSEG_BROKER_WAIT": "1s"}
    command = [sys.executable, "-m", "streams.cli", *words]
    return subprocess.run(command, env=environ, cwd=home, capture_output=True, text=True, timeout=120, check=False)


def told(home: Path, *words: str) -> Any:
    done = microseg(home, *words, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_constant=pytest.fail)  # NaN and Infinity are no JSON


def test_of_nobody_the_json_is_json(home: Path) -> None:
    told(home, "trial", "start", "keen", "--at", "2026-06-01T00:00:00Z")
    (home / "totals.json").write_text(Totals([], []).to_json())
    for at in ("2026-06-02T00:00:00Z", "2026-07-02T00:00:00Z"):
        (found,) = told(home, "trial", "status", "--totals", "totals.json", "--at", at)["trials"]
        assert found["difference"] == {"value": 0.0, "low": None, "high": None, "p": 1.0}
        assert (found["customers"]["control"], found["arms"]) == (0, {})


def test_the_way_of_a_trial(home: Path) -> None:
    rules = home / "segment_rules"
    assert "no segment is on trial" in microseg(home, "trial", "status", "--totals", "totals.json").stdout
    begun = told(home, "trial", "start", "segment_rules/proposed/keen.yaml", "--at", "2026-06-01T00:00:00Z")
    assert begun == {"segment": "keen", "against": "broad", "started": "2026-06-01T00:00:00.000Z"}
    decide = ("trial", "decide", "keen", "--totals", "totals.json")
    early = microseg(home, *decide, "--at", "2026-06-05T00:00:00Z", "--apply")
    assert "nothing is to be moved: keen stays in trial/" in early.stdout
    late = ("--at", "2026-06-20T00:00:00Z")
    assert "--apply does it" in microseg(home, *decide, *late).stdout
    assert (rules / "trial" / "keen.yaml").exists()
    done = told(home, *decide, *late, "--apply")
    assert (done["outcome"], done["move"], done["moved"]) == ("KEEP", "active", True)
    assert done["arms"]["treatment"]["clicked"] == 170
    assert (rules / "active" / "keen.yaml").exists()


def test_a_trial_is_stopped(home: Path) -> None:
    microseg(home, "trial", "start", "keen")
    assert told(home, "trial", "stop", "keen") == {"segment": "keen", "move": "retired", "moved": False}
    assert "moved: keen.yaml is in retired/ now" in microseg(home, "trial", "stop", "keen", "--apply").stdout
    assert (home / "segment_rules" / "retired" / "keen.yaml").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("start", "kean"), 1, 'did you mean "keen"?'),
        (("start", "keen", "--at", "noon"), 2, "--at: 'noon' is neither"),
        (("stop", "keen"), 2, "keen is not on trial"),
        (("decide", "keen"), 2, "keen is not on trial"),
        (("status", "--rules", "nowhere"), 2, "nowhere: no rule folder"),
        ((), 2, "ACTION"),
    ],
)
def test_what_cannot_be_done_is_told(home: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = microseg(home, "trial", *words)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_totals_that_are_none_and_a_broker_that_is_away(home: Path) -> None:
    microseg(home, "trial", "start", "keen")
    (home / "totals.json").write_text("[]")
    done = microseg(home, "trial", "status", "--totals", "totals.json")
    assert (done.returncode, done.stderr.startswith("microseg: totals.json: is no JSON of totals")) == (2, True)
    away = microseg(home, "trial", "status")
    assert away.returncode == 2
    assert "Traceback" not in away.stderr
