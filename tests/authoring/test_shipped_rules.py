"""The examples of the shipped rules, each a test: the same files that ``microseg test`` runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from streams.authoring.examples import load_examples
from streams.authoring.model import ExampleFile
from streams.authoring.report import told
from streams.authoring.run_examples import Shop, failures
from streams.cli import main
from streams.rules.load import load_rules
from streams.rules.model import RuleSet

SHIPPED = Path(__file__).parents[2] / "segment_rules"
SHOP = Shop()


@cache
def shipped() -> tuple[RuleSet, list[ExampleFile]]:
    rules = load_rules(SHIPPED)
    return rules, load_examples(SHIPPED, rules)


def each() -> list[ExampleFile]:
    """A file for each example."""
    return [
        ExampleFile(file.name, (example,), (), file.about)
        for file in shipped()[1]
        for example in file.examples
    ]  # fmt: skip


def named(file: ExampleFile) -> str:
    return f"{file.name}: {file.examples[0].name}"


@pytest.mark.parametrize("file", each(), ids=named)
def test_an_example_holds(file: ExampleFile) -> None:
    rules, _ = shipped()
    found = failures(rules, [file], SHOP)
    assert not found, "\n".join(line for failure in found for line in told(failure, rules, SHOP))


def test_each_rule_has_examples_of_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["check", "--strict", str(SHIPPED)])
    assert code == 0, capsys.readouterr().err


def test_each_rule_has_the_one_form(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["fmt", "--check", str(SHIPPED)])
    assert code == 0, capsys.readouterr().out
