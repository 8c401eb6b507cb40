"""``microseg recommend`` with events from files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.cli import main
from tests.recommend.said import DAY_MS, START_MS

RULES = "title: Buyers of b\nwhen: {count: purchases, where: {category: b}, at_least: 1}\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with events, rules and a feed, which is the working directory."""
    lines = []
    for number in range(30):
        items = [
            {"product": one, "category": one[0], "price": 1} for one in (("a1", "a2") if number % 3 else ("b1", "b2"))
        ]
        said = {"type": "purchase", "user": f"u{number}", "order": f"o{number}", "at": START_MS, "items": items}
        lines.append(json.dumps(said))
    lines.append(json.dumps({"type": "view", "user": "ana", "at": START_MS + DAY_MS, "product": "a1", "category": "a"}))
    lines.append(json.dumps({"type": "profile", "user": "eve", "at": START_MS, "set": {"x": 1}}))
    lines.append("{")
    (tmp_path / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / "rules" / "active").mkdir(parents=True)
    (tmp_path / "rules" / "active" / "buyers-of-b.yaml").write_text(RULES, encoding="utf-8")
    (tmp_path / "feed.csv").write_text("id,name,stock\na1,Scarf,0\na2,Belt,1\nb1,Cap,1\nb2,Hat,1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """What is printed."""
    assert main(["recommend", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_customer(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "ana", "--events", "events.jsonl", "--count", "3")
    assert lines[0] == "  1 a1 (viewed)"
    assert len(lines) == 3
    assert main(["recommend", "ana", "--events", "events.jsonl"]) == 0
    assert "1 refused events, the first at line 33" in capsys.readouterr().err


def test_as_of_an_instant(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "ana", "--events", "events.jsonl", "--until", "2026-03-01T12:00:00Z")
    assert lines[0] == "  1 a1 (popular)"


def test_only_what_is_in_stock_with_its_name(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "ana", "--events", "events.jsonl", "--products", "feed.csv", "--json")
    found = [json.loads(line) for line in lines]
    assert [one["place"] for one in found] == [1, 2, 3]
    assert found[0] == {"place": 1, "product": "a2", "why": "popular", "with": "", "name": "Belt"} | dict.fromkeys(
        ("price", "url", "image"), ""
    )


def test_a_segment(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "--segment", "buyers-of-b", "--events", "events.jsonl", "--rules", "rules", "--count", "2")
    assert lines == ["  1 b1 (segment)", "  2 b2 (segment)"]


def test_a_customer_of_whom_little_is_known(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for who in ("eve", "nobody"):
        assert main(["recommend", who, "--events", "events.jsonl", "--rules", "rules", "--count", "2"]) == 0
        out, err = capsys.readouterr()
        assert out.splitlines() == ["  1 a1 (popular)", "  2 b1 (popular)"]
        assert f"{who} has bought and looked at nothing" in err


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        ([], 2, "say one of CUSTOMER, --segment NAME and --follow"),
        (["ana", "--segment", "x", "--events", "events.jsonl"], 2, "say one of CUSTOMER"),
        (["ana", "--events", "none.jsonl"], 2, "none.jsonl: No such file"),
        (["ana", "--events", "events.jsonl", "--until", "now"], 2, "--until: 'now' is neither an RFC 3339 stamp"),
        (["--segment", "buyers-of-bb", "--events", "events.jsonl", "--rules", "rules"], 1, "did you mean buyers-of-b?"),
        (["--segment", "buyers-of-b", "--events", "events.jsonl", "--only", "popular"], 2, "--only is for a customer"),
        (["ana", "--again"], 2, "--again needs --events"),
        (["ana", "--until-drained", "--events", "events.jsonl"], 2, "--until-drained needs --follow"),
        (["--follow", "--events", "events.jsonl"], 2, "--follow follows the topics"),
    ],
)
def test_what_cannot_be_done(
    files: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, line: str
) -> None:
    assert main(["recommend", *words]) == code
    assert line in capsys.readouterr().err
