"""The shipped rules as a library: how many, what each one says, and that no two are the same."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from streams.authoring.examples import example_mistakes
from streams.cli import main
from streams.rules.load import load_rules
from streams.rules.model import Compare, Group, Node, Rule
from tests.library.readme import RULES

LIBRARY = load_rules(RULES)
FILES = sorted([*(RULES / "active").glob("*.yaml"), *(RULES / "trial").glob("*.yaml")])
EDITOR_LINE = "# yaml-language-server: $schema=../rule.schema.json"
WANTED = (
    "accessories-window-shopper",
    "window-shopper",
    "cross-category-explorer",
    "high-browse-low-buy",
    "promotion-only-buyer",
    "full-price-loyalist",
    "slowing-down",
    "speeding-up",
    "overdue-for-own-rhythm",
    "one-and-done",
    "second-purchase-window",
    "cart-left-behind",
    "looked-at-again",
    "category-switcher",
    "gift-season-buyer",
    "big-basket",
    "returns-a-lot",
    "reads-never-buys",
    "clicks-never-buys",
    "silent-subscriber",
    "woke-up-again",
    "new-and-curious",
    "bargain-turned-full-price",
)


def conditions(node: Node) -> list[Node]:
    """All conditions of a rule."""
    if isinstance(node, Group):
        return [one for part in node.parts for one in conditions(part)]
    return [node]


def name_of(rule: Rule) -> str:
    return rule.name


def test_there_are_24_to_30() -> None:
    assert 24 <= len(LIBRARY.rules) <= 30
    assert sorted(path.stem for path in FILES) == [rule.name for rule in LIBRARY.rules]


@pytest.mark.parametrize("name", WANTED)
def test_the_field_s_own_are_among_them(name: str) -> None:
    assert name in {rule.name for rule in LIBRARY.rules}


@pytest.mark.parametrize("rule", LIBRARY.rules, ids=name_of)
def test_each_says_who_why_and_what_to_mail(rule: Rule) -> None:
    assert len(rule.title.split()) >= 3
    assert len(rule.why.split()) >= 8
    assert len(rule.strategy.split()) >= 5
    assert len(rule.title) <= 70


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_editors_find_the_schema(path: Path) -> None:
    assert path.read_text(encoding="utf-8").splitlines()[0] == EDITOR_LINE


def test_no_two_are_the_same() -> None:
    for said in (
        Counter((rule.when, rule.for_each) for rule in LIBRARY.rules),
        Counter(rule.title.lower() for rule in LIBRARY.rules),
        Counter(rule.strategy.lower() for rule in LIBRARY.rules),
    ):
        assert [one for one, times in said.items() if times > 1] == []


def test_the_language_is_in_use() -> None:
    """What ops can copy from: each measure but sum and lowest, each kind of window, families, waits, references."""
    found = [one for rule in LIBRARY.rules for one in conditions(rule.when)]
    measures = [one.measure for one in found if isinstance(one, Compare)]
    wanted = {
        "count",
        "distinct",
        "average",
        "highest",
        "share",
        "ratio",
        "trend",
        "overdue",
        "since last",
        "since first",
    }

    assert {measure.op for measure in measures} >= wanted
    assert any(measure.before_ms for measure in measures)
    assert any(measure.latest for measure in measures)
    assert {rule.for_each for rule in LIBRARY.rules} >= {None, "category", "product"}
    assert any(rule.for_ms for rule in LIBRARY.rules)
    assert any(rule.keep_for_ms for rule in LIBRARY.rules)
    assert [rule.name for rule in LIBRARY.rules if rule.everyone] == ["leave-in-peace"]


def test_each_has_an_example_of_a_member_and_of_a_non_member() -> None:
    assert example_mistakes(RULES, LIBRARY, strict=True) == []


def test_every_example_file_is_named_after_a_rule() -> None:
    assert [path.stem for path in sorted((RULES / "tests").glob("*.yaml"))] == [rule.name for rule in LIBRARY.rules]


def test_each_has_an_example_of_somebody_who_may_not_be_mailed() -> None:
    for rule in LIBRARY.rules:
        text = (RULES / "tests" / f"{rule.name}.yaml").read_text(encoding="utf-8")
        assert "action: unsubscribed" in text, rule.name


def test_no_mutant_survives_without_a_reason(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--mutants", str(RULES)]) == 0, capsys.readouterr().out
