"""``microseg test`` and ``check --strict`` as they are used: what they print, and with which code they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.cli import main
from streams.progress import counting
from tests.authoring.folders import FAN, KEEN, KEEN_EXAMPLE, example, folder_of

VIEW = "{type: view, user: ana, at: 2026-05-30T00:00:00Z, product: p, category: Shoes, times: %d, every: 1h}"
HOLDS = example(f"[{VIEW % 3}]", "{ana: [keen]}")
FAILS = example(f"[{VIEW % 2}]", "{ana: [keen]}").replace("name: one", "name: two")
SMALL = "title: T\nwhen: {profile: vip, is: true}\n"
VIP = example("[{type: profile, user: ana, at: 2026-05-30T00:00:00Z, set: {vip: %s}}]", "{ana: [%s]}")

Said = pytest.CaptureFixture[str]


def test_examples_that_hold_are_counted(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS, "active/fan.yaml": FAN})
    assert main(["test", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == ["without examples: fan", "1 example holds"]


def test_examples_that_fail_are_told(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS + FAILS})
    assert main(["test", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "tests/keen.yaml:8:12: two"
    assert lines[-1] == "1 of 2 examples fail"


def test_json_says_the_same(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS + FAILS, "active/fan.yaml": FAN})
    assert main(["test", "--json", str(folder)]) == 1
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (facts["ok"], facts["examples"], facts["without_examples"], facts["mutants"]) == (False, 2, ["fan"], [])
    [failed] = facts["failed"]
    assert (failed["line"], failed["example"], failed["user"], failed["segment"]) == (8, "two", "ana", "keen")


def test_only_what_is_named_is_run(tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"active/keen.yaml": KEEN, "tests/keen.yaml": FAILS, "active/vip.yaml": SMALL}
    folder = folder_of(tmp_path / "segment_rules", {**files, "tests/vip.yaml": VIP % ("true", "vip")})
    assert main(["test", str(folder), "vip"]) == 0
    assert capsys.readouterr().out == "1 example holds\n"
    monkeypatch.chdir(tmp_path)
    assert main(["test", "vip"]) == 0
    assert main(["test", "vip", "keen"]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vap"], "microseg: no segment and no folder 'vap'; did you mean \"vip\"?\n"),
        (["gone/"], "microseg: gone: no rule folder can be read here: No such file or directory\n"),
    ],
)
def test_a_wrong_name_or_folder_is_one_line(
    words: list[str], said: str, tmp_path: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path / "segment_rules", {"active/vip.yaml": SMALL})
    monkeypatch.chdir(tmp_path)
    assert main(["test", *words]) == 2
    assert capsys.readouterr().err == said


def test_broken_rules_and_examples_are_mistakes(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS.replace("now:", "noe:")})
    assert main(["test", str(folder)]) == 1
    assert 'tests/keen.yaml:2:3: unknown key "noe"; did you mean "now"?' in capsys.readouterr().err
    folder_of(tmp_path, {"active/keen.yaml": "title: T\n"})
    assert main(["test", str(folder)]) == 1
    assert "active/keen.yaml:1:1: no when:" in capsys.readouterr().err


def test_the_settings_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = "title: T\nwhen: {count: views, last_days: 1, at_least: 1}\n"
    view = "{type: view, user: ana, at: 2026-05-31T22:30:00Z, product: p}"
    text = example(f"[{view}]", "{ana: [today]}")
    folder = folder_of(tmp_path, {"active/today.yaml": rule, "tests/today.yaml": text})
    assert main(["test", str(folder)]) == 1
    monkeypatch.setenv("MICROSEG_TIMEZONE", "Europe/Berlin")
    assert main(["test", str(folder)]) == 0


# mutants


def test_survivors_are_questions_and_end_with_1(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS})
    assert main(["test", "--mutants", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    said = 'nobody says whether a customer with exactly 2 views is in or out ("at_least: 3" could be "at_least: 2")'
    assert f"active/keen.yaml:4:58: {said}" in lines
    assert '    to accept it: - mutant: "at_least: 3 -> at_least: 2"' in lines
    assert lines[-1] == "8 mutants: 2 noticed, 0 accepted with a reason, 6 not noticed"


def test_a_rule_whose_every_bound_is_shown_has_no_survivors(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/vip.yaml": SMALL, "tests/vip.yaml": VIP % ("true", "vip")})
    assert main(["test", "--mutants", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1 mutant: 1 noticed, 0 accepted with a reason, 0 not noticed"


def test_what_the_report_proposes_is_accepted(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS})
    main(["test", "--mutants", str(folder)])
    said = capsys.readouterr().out
    entries = [
        line.partition("it: ")[2] + "\n  because: It is shown elsewhere.\n"
        for line in said.splitlines()
        if "it: " in line
    ]
    folder_of(tmp_path, {"tests/keen.yaml": HOLDS + "".join(entries)})
    assert main(["test", "--mutants", str(folder)]) == 0
    assert "6 accepted with a reason, 0 not noticed" in capsys.readouterr().out
    folder_of(tmp_path, {"tests/keen.yaml": HOLDS + "- {mutant: x -> y, because: Gone.}\n" + "".join(entries)})
    assert main(["test", "--mutants", str(folder)]) == 1
    assert 'tests/keen.yaml:5:3: no mutant "x -> y" of this rule' in capsys.readouterr().out


def test_without_any_example_there_is_one_line_and_no_mutants(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN})
    assert main(["test", "--mutants", str(folder)]) == 1
    assert capsys.readouterr().out.splitlines() == ["without examples: keen", "0 examples hold"]


def test_mutants_wait_until_the_examples_hold(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": FAILS})
    assert main(["test", "--mutants", str(folder)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "no mutants were tried: the examples have to hold first"


def test_mutants_as_json(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": HOLDS})
    assert main(["test", "--mutants", "--json", str(folder)]) == 1
    facts: dict[str, Any] = json.loads(capsys.readouterr().out)
    [hunt] = facts["mutants"]
    assert (facts["ok"], hunt["rule"], hunt["noticed"]) == (
        False,
        "keen",
        ["at_least: 3 -> more_than: 3", "exactly: 0 -> exactly: 1"],
    )
    first = hunt["survivors"][0]
    assert (first["line"], first["column"], first["edit"]) == (3, 3, "all -> any")


# check


def test_check_looks_at_examples_too(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(
        tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": KEEN_EXAMPLE.replace("[keen]", "[kean]")}
    )
    assert main(["check", str(folder)]) == 1
    said = capsys.readouterr()
    assert said.err == 'tests/keen.yaml:6:11: unknown segment "kean"; did you mean "keen"?\n'
    assert said.out == ""


def test_mistakes_of_rules_and_examples_come_together(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": "title: T\n", "tests/keen.yaml": "[]"})
    assert main(["check", "--json", str(folder)]) == 1
    places = [line.split(":")[0] for line in json.loads(capsys.readouterr().out)["errors"]]
    assert places == ["active/keen.yaml", "tests/keen.yaml"]


def test_strict_wants_both_sides(tmp_path: Path, capsys: Said) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "tests/keen.yaml": KEEN_EXAMPLE})
    assert main(["check", str(folder)]) == 0
    assert main(["check", "--strict", str(folder)]) == 1
    said = "active/keen.yaml:1:1: no example of a non-member; add one to tests/keen.yaml\n"
    assert capsys.readouterr().err == said
    outside = example(f"[{VIEW % 2}]")
    folder_of(tmp_path, {"tests/keen.yaml": KEEN_EXAMPLE + outside})
    assert main(["check", "--strict", str(folder)]) == 0


def test_the_schemas_beside_the_rules_are_passed_over(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {"active/keen.yaml": KEEN, "rule.schema.json": "{", "example.schema.json": "{"})
    assert main(["check", str(folder)]) == 0


@pytest.mark.parametrize("terminal", [False, True])
def test_what_is_counted_comes_through_whole(terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    with counting("things", [1, 2, 3]) as counted:
        assert list(counted) == [1, 2, 3]
