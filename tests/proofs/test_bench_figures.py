"""What is made of measured figures: ratios, verdicts, the table, the block of a document, pictures, rule sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.proofs.bench import __main__ as script
from streams.proofs.bench import pictures
from streams.proofs.bench.command import parser, sizes_of
from streams.proofs.bench.document import BEGIN, END, block, filled, write
from streams.proofs.bench.growth import rule_texts
from streams.proofs.bench.measured import Curve, Measured, Point, Result, Target, as_json, from_json, median
from streams.proofs.bench.sizes import FULL, QUICK
from streams.proofs.bench.table import HEAD, cells, markdown, number
from streams.proofs.editions import texts_of
from streams.proofs.ground import ProofError
from streams.rules.load import load_texts

ROOT = Path(__file__).parents[2]
FAST = Measured("job ÷ other", 150.0, "events/s", "other", 100.0, Target(1.0, goal=2.0), "a note")
SLOW = Measured("latency", 31.0, "ms", target=Target(30, most=True))
LACKING = Measured("job ÷ absent", 150.0, "events/s", "absent", None, Target(1.0))
FREE = Measured("job", 12.345, "events/s")
CURVE = Curve("facts", "facts a customer", [Point(10, 90_000.0, 9.5, 2.0), Point(50, 70_000.0, 11.0, 2.5)])


def told(result: Result, name: str = "full") -> dict[str, Any]:
    """A result as the script keeps it."""
    sizes = {"name": name, "events": 10, "users": 2, "runs": 3, "quix_events": 4, "faust_events": 5}
    about = {
        "date": "2026-01-02",
        "load_before": 0.1,
        "machine": "2 cores",
        "versions": {"Python": "3.11"},
        "sizes": sizes,
    }
    return {**about, **as_json(result)}


@pytest.mark.parametrize(
    ("target", "value", "reached"),
    [
        (Target(1.0), 1.0, True),
        (Target(1.0), 0.999, False),
        (Target(30, most=True), 30, True),
        (Target(30, most=True), 30.1, False),
        (Target(1.0, goal=1.5), 1.2, True),  # a goal is no target
    ],
)
def test_a_target_is_reached_at_its_bound(target: Target, value: float, reached: bool) -> None:
    assert target.reached(value) is reached


def test_the_target_is_of_the_ratio_where_there_is_a_peer() -> None:
    assert (FAST.ratio, FAST.reached) == (1.5, True)
    assert (SLOW.ratio, SLOW.reached) == (None, False)
    assert (LACKING.ratio, LACKING.reached) == (None, None)
    assert (FREE.ratio, FREE.reached) == (None, None)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=9))
def test_the_median_has_as_many_on_either_side(values: list[float]) -> None:
    found = median(values)
    assert found is not None
    assert sum(one < found for one in values) <= len(values) / 2 >= sum(one > found for one in values)


def test_there_is_no_median_of_nothing() -> None:
    assert median([]) is None


@pytest.mark.parametrize(("value", "shown"), [(123_456.7, "123,457"), (12.34, "12.3"), (0.456, "0.46"), (100, "100")])
def test_numbers_have_about_three_figures(value: float, shown: str) -> None:
    assert number(value) == shown


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (FAST, ("job ÷ other", "150 events/s", "100", "1.50", "≥ 1 (goal 2)", "yes", "a note")),
        (SLOW, ("latency", "31.0 ms", "", "", "≤ 30", "NO", "")),
        (LACKING, ("job ÷ absent", "150 events/s", "", "", "≥ 1", "not measured", "")),
        (FREE, ("job", "12.3 events/s", "", "", "", "", "")),
        (Measured("lost", None), ("lost", "not measured", "", "", "", "", "")),
    ],
)
def test_a_row_in_words(row: Measured, shown: Sequence[str]) -> None:
    assert cells(row) == tuple(shown)


def test_the_table_as_markdown_has_a_line_a_row() -> None:
    lines = markdown([FAST, SLOW]).splitlines()
    assert len(lines) == 4
    assert all(line.count("|") == len(HEAD) + 1 for line in lines)


def test_a_result_survives_json() -> None:
    result = Result([FAST, SLOW, LACKING, FREE], [CURVE], ["wrong"])
    plain = json.loads(json.dumps(as_json(result)))
    assert from_json(plain) == result
    assert [row["reached"] for row in plain["rows"]] == [True, False, None, None]


def test_only_the_block_of_a_document_changes() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    once = filled(text, "new", "a.md")
    assert once == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert filled(once, "new", "a.md") == once
    with pytest.raises(ProofError, match=r"a\.md: there are no lines"):
        filled("no block", "new", "a.md")


def test_the_block_says_what_its_figures_belong_to() -> None:
    result = Result([FAST, SLOW], faults=["a customer differs"])
    said = block(told(result), result, ["pictures/growth-facts.svg"])
    for part in (
        "2026-01-02",
        "2 cores",
        "Python 3.11",
        "10 events",
        "Not reached: latency",
        "Wrong: a customer differs",
    ):
        assert part in said
    assert "![growth-facts](pictures/growth-facts.svg)" in said
    assert "not comparable" not in said
    assert "not comparable" in block(told(result, "quick"), result, [])


def test_the_shipped_document_has_a_block() -> None:
    assert filled((ROOT / "docs/performance.md").read_text(encoding="utf-8"), "", "performance.md")


def test_pictures_are_the_same_for_the_same_curve(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pictures.check_drawing()
    (first,), (second,) = (pictures.draw([CURVE], tmp_path / name) for name in "ab")
    assert first.name == "growth-facts.svg"
    assert first.read_bytes() == second.read_bytes()
    assert b"facts a customer" in first.read_bytes()
    document = tmp_path / "doc.md"
    document.write_text(f"{BEGIN}{END}")
    write(document, told(Result([FAST])), Result([FAST]), [first])
    assert "](a/growth-facts.svg)" in document.read_text()


@pytest.mark.parametrize("count", [12, 30, 100])
def test_rule_sets_of_any_size_are_good(count: int) -> None:
    shipped = texts_of(ROOT / "segment_rules")
    texts = rule_texts(shipped, shipped, count)
    assert len(texts) == count
    assert len(set(texts)) == len(load_texts(texts).rules)


def test_sizes_are_those_that_are_asked_for() -> None:
    ask = parser(["job"]).parse_args
    assert sizes_of(ask([])) == FULL
    assert sizes_of(ask(["--quick"])) == QUICK
    changed = sizes_of(ask(["--events", "1000", "--runs", "2"]))
    assert (changed.name, changed.events, changed.users, changed.runs) == ("changed", 1000, 100, 2)


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The exit code of the script."""
    monkeypatch.setattr("sys.argv", ["scripts/bench", *arguments])
    return script.main()


@pytest.mark.parametrize(
    ("rows", "faults", "plain", "checked"),
    [([FAST, LACKING], [], 0, 0), ([FAST, SLOW], [], 0, 1), ([FAST], ["a customer differs"], 1, 1)],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: list[Measured], faults: list[str], plain: int, checked: int
) -> None:
    file = tmp_path / "result.json"
    file.write_text(json.dumps(told(Result(rows, faults=faults))))
    assert run(monkeypatch, "--no-pictures", "--from", str(file)) == plain
    assert run(monkeypatch, "--check", "--no-pictures", "--from", str(file)) == checked


def test_results_that_were_kept_apart_are_told_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [tmp_path / name for name in "ab"]
    for file, row in zip(files, (FAST, SLOW), strict=True):
        file.write_text(json.dumps(told(Result([row]))))
    assert run(monkeypatch, "--json", "--from", *map(str, files)) == 0
    assert [row["what"] for row in json.loads(capsys.readouterr().out)["rows"]] == [FAST.what, SLOW.what]
    files[1].write_text(json.dumps(told(Result([SLOW]), "quick")))
    assert run(monkeypatch, "--json", "--from", *map(str, files)) == 1
    assert "of different sizes" in capsys.readouterr().err
    files[1].write_text("{}")
    assert run(monkeypatch, "--from", str(files[1])) == 1
    assert "no result of scripts/bench" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["latenzy"], "there is no measurement latenzy; did you mean latency?"),
        (["job", "--rules", "segment_rules", "--peers", "nowhere"], "there is no run.py in it"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.chdir(ROOT)
    assert run(monkeypatch, *arguments) != 0
    assert said in capsys.readouterr().err
