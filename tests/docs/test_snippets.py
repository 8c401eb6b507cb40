"""Everything that the documentation shows is right: rules load, events decode, settings are read, commands run.

Of a page's ``console`` blocks every command is run, in order, in a folder of the page's own, and its output held
against what is shown (… stands for anything). A block with a title such as "another terminal" goes on beside the
others; one with a file's name is that file. A block titled "for example", or whose title says "not run" and why, has
commands that are only parsed, as have blocks of no language.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.docs.blocks import PAGES, ROOT, Block, blocks_of
from tests.docs.reading import READERS
from tests.docs.session import Session, follows, matches, parsed

ALL = [block for page in PAGES for block in blocks_of(page)]
ONLY_SHOWN = ("text", "promql", "mermaid")
_FILE = re.compile(r"[\w./-]+\.\w+")


def is_live(block: Block) -> bool:
    """Whether its commands are run."""
    return block.language == "console" and "not run" not in block.title and block.title != "for example"


def is_file(block: Block) -> bool:
    return _FILE.fullmatch(block.title) is not None


def at(block: Block) -> str:
    return block.place


@pytest.mark.parametrize("block", [one for one in ALL if one.language in READERS and not is_file(one)], ids=at)
def test_what_is_shown_is_what_it_seems_to_be(block: Block, tmp_path: Path) -> None:
    READERS[block.language](block, tmp_path)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if any(map(is_live, blocks_of(page)))], ids=lambda one: one.name
)
def test_what_a_page_does_can_be_done(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MICROSEG_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    session = Session(tmp_path, {"MICROSEG_HTTP": "", "MICROSEG_LOG": "text", "TZ": "UTC"})
    try:
        for block in blocks_of(page):
            if is_file(block):
                Path(block.title).parent.mkdir(parents=True, exist_ok=True)
                Path(block.title).write_text(block.text, encoding="utf-8")
            elif is_live(block):
                session.run(block)
    finally:
        session.close()


def test_commands_that_are_only_listed_exist() -> None:
    listed = [one for one in ALL if not one.language or (one.language == "console" and not is_live(one))]
    assert [wrong for block in listed for wrong in parsed(block)] == []


def test_no_block_is_of_a_kind_that_nobody_tries() -> None:
    known = {*READERS, "console", "", *ONLY_SHOWN, "yaml", "json"}
    assert [block.place for block in ALL if block.language not in known and not is_file(block)] == []


def test_output_is_compared() -> None:
    assert matches("loaded … events\n", "loaded 8 events\n")
    assert not matches("loaded … events\n", "loaded 8 views\n")
    assert matches("a\n…\nd\n", "a\nb\nc\nd\n")
    assert follows(["b", "…", "d …"], ["a", "b", "c", "d e"], 0) == 4
    assert follows(["b", "a"], ["a", "b"], 0) is None


def test_a_wrong_command_is_noticed() -> None:
    block = Block(ROOT / "README.md", 1, "", "", "microseg plan --sow 5  # nonsense\nmicroseg plan\nscripts/nothing\n")
    assert len(parsed(block)) == 2
