"""``microseg report`` from files, with no broker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli import main
from streams.trials.totals import Totals, TrialTotals
from tests.reports.days import day, steady

RULE = "title: {title}\nwhen: {{count: views, at_least: 1}}\n"
TRIAL = "trial: {against: newsletter, metric: clicks, started: 2026-04-01T00:00:00Z}\n"
CHANGE = (
    '{"user":"ana","seq":1,"at":"2026-05-10T05:00:00.000Z","entered":["lapsing"],"exited":[],"segments":["lapsing"],'
    '"rules":"9f2c51d0a7be","cause":{"kind":"event","id":"e1"},"why":{}}\n'
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "rules/active/newsletter.yaml": RULE.format(title="Everybody"),
        "rules/trial/lapsing.yaml": RULE.format(title="About to lapse") + TRIAL,
        "changes.jsonl": CHANGE,
        "totals.json": Totals(
            [*steady("newsletter", 1000, 30), *steady("lapsing", 500, 40)],
            [TrialTotals("lapsing", "treatment", 5000, 250), TrialTotals("lapsing", "control", 5010, 150)],
        ).to_json(),
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def report(*options: str) -> int:
    return main(["report", "--from", "totals.json", "--rules", "rules", *options])


def test_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report("--json", "--changes", "changes.jsonl") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["until"] == "2026-05-14"
    rows = {one["segment"]: one for one in found["segments"]}
    assert rows["lapsing"]["title"] == "About to lapse"
    assert rows["lapsing"]["health"]["size"] == 1
    assert rows["newsletter"]["health"]["size"] == 0
    (trial,) = found["trials"]
    assert (trial["segment"], trial["against"], trial["outcome"], trial["ended"]) == (
        "lapsing",
        "newsletter",
        "KEEP",
        True,
    )


def test_a_table_and_a_page(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert report() == 0
    assert "lapsing against newsletter: KEEP" in capsys.readouterr().out
    assert report("--html", "page.html", "--until", "2026-05-13") == 0
    assert capsys.readouterr().out == ""
    text = (folder / "page.html").read_text(encoding="utf-8")
    assert "seven days up to 2026-05-13" in text
    assert "About to lapse" in text


def test_of_a_single_message_the_json_is_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = [day("lapsing", 0, 1), day("lapsing", 7, 1)]
    (folder / "totals.json").write_text(Totals(few, [TrialTotals("lapsing", "treatment", 1)]).to_json())
    assert report("--json") == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["total"]["clicks_change"] == {"value": 0.0, "low": None, "high": None, "p": 1.0, "clear": False}
    assert found["trials"][0]["difference"]["high"] is None


def test_without_a_rule_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--from", "totals.json", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["trials"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--changes", "x"), "microseg: --changes goes with --from"),
        (("--from", "nowhere.json"), "microseg: nowhere.json: No such file or directory"),
        (("--from", "changes.jsonl"), "microseg: changes.jsonl: is no JSON of totals"),
        (("--from", "totals.json", "--changes", "totals.json"), "microseg: totals.json:1: a record of"),
        (("--from", "totals.json", "--suppressed"), "microseg: --suppressed asks workers; it does not go with --from"),
        (("--from", "totals.json", "--rules", "nowhere"), "microseg: nowhere"),
    ],
)
def test_what_cannot_be_done(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], said: str
) -> None:
    assert main(["report", *options]) == 2 or options[-1] == "nowhere"
    assert said in capsys.readouterr().err


def test_a_day_that_is_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        report("--until", "yesterday")
    assert left.value.code == 2
    assert "yesterday is no day such as 2026-05-14" in capsys.readouterr().err
