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
#: Beginnings of those that are run.
OFFLINE = (
    "microseg init",
    "microseg completions",
    "microseg replay",
    "microseg check",
    "microseg test --mutants",
    "microseg plan edited_rules --events",
    "microseg explain ana --segment",
    "microseg fmt",
    "microseg schema",
    "microseg export klaviyo ",
    "microseg export klaviyo-content",
    "microseg write",
    "microseg preview one-and-done",
    "microseg recommend ana",
)


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


@pytest.mark.parametrize("call", [call for call in CALLS if call.startswith(OFFLINE)])
def test_an_example_runs(call: str, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("MICROSEG_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(shop)
    code, said = in_process(shlex.split(call)[1:], {})
    assert code == 0, said


def test_every_example_is_of_a_command_with_right_options() -> None:
    block = Block(PAGES[0], 1, "", "", "\n".join(CALLS))
    assert parsed(block) == []
    assert {call.split()[1] for call in CALLS} <= set(COMMANDS)
    assert [
        name for name, calls in EXAMPLES.items() if any(not c.startswith(f"microseg {name}") for c, _ in calls)
    ] == []
