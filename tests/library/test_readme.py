"""The README of the rule folder: every snippet is right, every mistake is told as it says, nothing is left out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from streams.authoring.examples import load_examples
from streams.authoring.run_examples import Shop, failures
from streams.cli import COMMANDS
from streams.engine.api import DAY_MS
from streams.rules.bounds import COMPARISONS
from streams.rules.check import run as check
from streams.rules.compile import compile_rules
from streams.rules.folder import KEPT, LIVE
from streams.rules.load import load_rules
from streams.rules.model import SOURCES
from streams.rules.parse_condition import GROUPS
from streams.rules.parse_measure import MODIFIERS
from streams.rules.parse_rule import FAMILIES
from tests.library.readme import README, RULES, Block, as_rule, blocks, mistakes

TEXT = README.read_text(encoding="utf-8")
BLOCKS = blocks()
OF_A_RULE = ("title", "why", "for_each", "when", "for", "keep_for", "everyone", "email", "strategy")
OF_A_PROFILE = ("is", "is_not", "one_of", "none_of", "missing")


def at_line(block: Block) -> str:
    return f"line {block.line}"


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of the shipped rules, to which snippets may refer."""
    return shutil.copytree(RULES, tmp_path / "segment_rules")


def put(folder: Path, block: Block) -> None:
    path = folder / block.file
    path.parent.mkdir(exist_ok=True)
    path.write_text(block.whole, encoding="utf-8")


def mistakes_in(folder: Path, text: str) -> list[str]:
    (folder / "active" / "tried.yaml").write_text(text, encoding="utf-8")
    return check(folder)[0]


# -- snippets ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", BLOCKS, ids=at_line)
def test_a_snippet_is_a_rule_that_is_evaluated_or_examples_that_hold(block: Block, shipped: Path) -> None:
    put(shipped, block)

    rules = load_rules(shipped)
    assert compile_rules(rules, 730 * DAY_MS).names
    examples = load_examples(shipped, rules)
    assert failures(rules, [file for file in examples if file.name == Path(block.file).stem], Shop()) == []


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.path.startswith("active/")], ids=at_line)
def test_a_snippet_with_the_name_of_a_shipped_rule_is_that_rule(block: Block) -> None:
    assert (RULES / block.path).read_text(encoding="utf-8").split("\n", 1)[1] == block.text.split("\n", 1)[1]


def test_there_are_snippets_of_each_kind() -> None:
    assert len(BLOCKS) >= 9
    assert any(block.is_examples for block in BLOCKS)
    assert sum(block.is_rule for block in BLOCKS) >= 3
    assert TEXT.count("```") == 2 * len(BLOCKS)  # nothing in another language, which would not be tried


@pytest.mark.parametrize("block", [one for one in BLOCKS if not one.is_examples], ids=at_line)
def test_a_snippet_with_a_slip_is_noticed(block: Block, shipped: Path) -> None:
    """So that the test above can fail: every snippet of conditions is really read."""
    broken = re.sub(r"\b(count|distinct|any|all):", r"\1x:", block.whole, count=1)

    assert broken != block.whole
    assert mistakes_in(shipped, broken) != []


# -- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "said"), mistakes())
def test_a_mistake_is_told_as_the_table_says(when: str, said: str, shipped: Path) -> None:
    found = mistakes_in(shipped, as_rule(when))

    assert [line.split(": ", 1)[1] for line in found] == [said]


def test_the_table_of_mistakes_is_read() -> None:
    assert len(mistakes()) == len(TEXT.split("## Common mistakes")[1].split("##")[0].strip().splitlines()) - 2
    assert len(mistakes()) >= 10


# -- nothing left out -------------------------------------------------------------------------------------------------


def missing(words: Iterable[str]) -> list[str]:
    """The words that do not stand in the README as code."""
    spans = re.findall(r"```yaml\n(.*?)```|`([^`\n]+)`", TEXT, re.DOTALL)
    code = "\n".join(part for span in spans for part in span)
    return [word for word in words if not re.search(rf"(?<![\w.]){re.escape(word)}(?![\w])", code)]


@pytest.mark.parametrize(
    "words",
    [
        [*MODIFIERS, "profile", "segment"],
        {modifier for taken in MODIFIERS.values() for modifier in taken},
        [*SOURCES],
        {field for fields in SOURCES.values() for field in fields},
        [*COMPARISONS, *OF_A_PROFILE],
        [*OF_A_RULE, *GROUPS, "$each"],
        [f"{folder}/" for folder in (*LIVE, *KEPT, "tests")],
        ["now", "events", "expect", "until", "times", "every"],
    ],
    ids=["measures", "modifiers", "sources", "fields", "comparisons", "rule", "folders", "examples"],
)
def test_the_whole_language_is_there(words: Iterable[str]) -> None:
    assert missing(words) == []


@pytest.mark.parametrize("family", FAMILIES)
def test_what_families_are_made_of_is_there(family: str) -> None:
    assert family in TEXT.split("`for_each` (")[1].split(")")[0]


def test_each_command_that_is_named_exists() -> None:
    named = set(re.findall(r"`microseg (\w+)", TEXT))

    assert named >= {"check", "test", "fmt", "plan", "explain"}
    assert named - set(COMMANDS) == set()


def test_every_shipped_segment_is_listed_once() -> None:
    listed = re.findall(r"`([a-z-]+)`", TEXT.split("## What is here")[1].split("\n\n")[1])

    assert sorted(listed) == sorted(path.stem for path in (RULES / "active").glob("*.yaml"))
