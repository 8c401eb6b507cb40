"""``microseg discover`` on the events of a simulated shop with hidden groups, with and without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.cli import main
from streams.discovery.model.texts import ADDRESS
from streams.proofs.discovery_shop import Shop
from tests.discovery import shop
from tests.discovery.shop import condition, own_rule, proposal
from tests.language.messages_api import MessagesApi, answer, error


@pytest.fixture(scope="module")
def events(made: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of events."""
    path = tmp_path_factory.mktemp("shop") / "events.jsonl"
    lines = [line.replace(b'"user":"c', b'"user":"person-') for line in made.lines]
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a rule folder, and no key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    shop.folder(tmp_path / "segment_rules")
    return tmp_path


def discovered(capsys: pytest.CaptureFixture[str], events: Path, *more: str) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["discover", "--events", str(events), "--json", *more]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_what_the_search_finds_is_proposed_once(events: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = discovered(capsys, events, "--no-model")
    assert 1 <= len(first["proposals"]) <= 5
    assert (first["fault"], first["cost"]) == (None, None)
    assert all(one["by"] == "search" and one["examples"] for one in first["proposals"])
    assert main(["check"]) == 0
    named = {one["name"] for one in first["proposals"]}
    second = discovered(capsys, events, "--no-model")
    assert not named & {one["name"] for one in second["proposals"]}
    assert not {one["measured"]["size"] for one in first["proposals"]} & {
        one["measured"]["size"] for one in second["proposals"]
    }
    for path in (place / "segment_rules/proposed").iterdir():
        path.rename(place / "segment_rules/active" / path.name)
    (place / "segment_rules/active/keen.yaml").unlink()
    assert main(["check", "--strict"]) == 0
    assert main(["test"]) == 0


def test_with_a_model_and_a_rule_of_its_own(
    events: Path, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = own_rule(condition(of="views", last="30d", bounds=["8"]), condition(of="purchases", last="30d", bounds=["1"]))
    nobody = own_rule(condition(of="views", last="1d", bounds=["5000"]))
    everybody = own_rule(condition(of="views", last=None, comparison="at_least", bounds=["0"]))
    del everybody["conditions"][0]["last"]
    replies = answer(
        proposal(candidates=[], rule=nobody, name="nobody-at-all"),
        proposal(candidates=[], rule=everybody, name="everybody-there"),
        proposal(candidates=[], rule=own, name="looks-and-buys"),
        proposal(),
    )
    with MessagesApi(replies) as api:
        for name, value in api.environ.items():
            monkeypatch.setenv(name, value)
        found = discovered(capsys, events)
    assert [one["name"] for one in found["proposals"]] == ["looks-and-buys", "tempted-by-accessories"]
    assert found["proposals"][0]["measured"]["size"] >= 50
    assert any("nobody-at-all: matches nobody" in line for line in found["left_out"])
    assert any("everybody-there: has" in line and "no micro-segment" in line for line in found["left_out"])
    assert found["cost"]["requests"] == 1
    log = Path(found["log"]).read_text()
    assert not ADDRESS.search(log)
    assert "person-" not in log
    assert not any(word in log for word in ('"m0-', "o17", "2025-12-0", "1764"))  # no message, order or instant


def test_a_table_and_one_line_of_a_fault(
    events: Path, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with MessagesApi(error(529, "overloaded_error", "Overloaded")) as api:
        for name, value in api.environ.items():
            monkeypatch.setenv(name, value)
        assert main(["discover", "--events", str(events)]) == 0
    said = capsys.readouterr()
    assert "the model was of no use: the model is overloaded, also after 2 repetitions (529): Overloaded" in said.out
    assert "written, for a person to look at:" in said.out
    assert "searching ..." in said.err
    assert "sk-secret-key" not in said.out + said.err


def test_without_enough_customers(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = place / "few.jsonl"
    path.write_text('{"type":"view","user":"ana","at":"2026-05-01T00:00:00Z","product":"p"}\n')
    assert main(["discover", "--events", str(path)]) == 1
    assert "customers" in capsys.readouterr().err
    assert main(["discover", "--events", "no-such-file"]) == 2
