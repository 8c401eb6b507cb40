"""The examples in the help of commands: those that need no broker are run, the others parsed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

import pytest

from streams.cli import COMMANDS
from streams.commands.examples import EXAMPLES
from tests.docs.blocks import PAGES, ROOT, Block, blocks_of
from tests.docs.session import in_process, parsed

CALLS = [call for calls in EXAMPLES.values() for call, _ in calls]
#: Beginnings of those that are run, here and now, with the exit code of each.
OFFLINE = {
    "microseg init": 0,
    "microseg completions": 0,
    "microseg replay": 0,
    "microseg check": 0,
    "microseg test --mutants": 0,
    "microseg plan edited_rules --events": 0,
    "microseg explain ana --segment": 0,
    "microseg fmt": 0,
    "microseg schema": 0,
    "microseg export klaviyo ": 0,
    "microseg export klaviyo-content": 1,  # nothing is approved as it is shipped
    "microseg write": 0,
    "microseg preview one-and-done": 0,
    "microseg recommend ana": 0,
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the examples name: rules, an edit of them, and a history."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(ROOT / "segment_rules", folder / "segment_rules")
    shutil.copytree(ROOT / "segment_rules", folder / "edited_rules")
    first_hour = blocks_of(ROOT / "docs/first-hour.md")
    (folder / "history.jsonl").write_text(next(one.text for one in first_hour if one.title == "history.jsonl"))
    metrics = ("Placed Order", "Refunded Order", "Viewed Product", "Added to Cart")
    (folder / "metrics.json").write_text(json.dumps({name: f"M{number}" for number, name in enumerate(metrics)}))
    return folder


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith(tuple(OFFLINE))])
def test_an_example_runs(call: str, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MICROSEG_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(shop)
    code, said = in_process(shlex.split(call)[1:], {})
    assert code == next(code for start, code in OFFLINE.items() if call.startswith(start)), said


def test_every_example_is_of_a_command_with_right_options() -> None:
    block = Block(PAGES[0], 1, "", "", "\n".join(CALLS))
    assert parsed(block) == []
    assert {call.split()[1] for call in CALLS} <= set(COMMANDS)
    assert [
        name for name, calls in EXAMPLES.items() if any(not c.startswith(f"microseg {name}") for c, _ in calls)
    ] == []
