"""Generated examples: of every kind of condition, and of all shipped rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.authoring.example_nodes import Known, parse_examples
from streams.authoring.run_examples import Shop, failures
from streams.discovery.proposals.example_text import example_text
from streams.discovery.proposals.rule_text import rule_text
from streams.rules.errors import Problems
from streams.rules.load import load_rules, load_texts
from streams.rules.model import Rule, RuleSet
from streams.rules.order import references
from tests.discovery.shop import ASOF, BROWSED, FAN, PROMOTION, SPEEDING

NOW_MS = 1_780_272_000_000
SHIPPED = [rule for rule in load_rules(Path(__file__).parents[2] / "segment_rules").rules if not references(rule.when)]
CONDITIONS: list[dict[str, Any]] = [
    {"count": "views", "last": "7d", "at_least": 3},
    {"count": "carts", "where": {"price": {"more_than": 99.5}}, "last": "2w", "between": [2, 4]},
    {"count": "purchases", "where": {"discounted": False}, "last": "90d", "before": "30d", "exactly": 2},
    {"distinct": "views.category", "last": "60d", "at_least": 4},
    {"sum": "purchases.total", "last": "365d", "at_least": 1000},
    {"average": "items.price", "less_than": 20},
    {"highest": "purchases.units", "at_least": 5},
    {"share": "purchases", "where": {"discounted": True}, "latest": 5, "at_least": "80%"},
    {"since": "last purchases", "between": ["120d", "365d"]},
    {"since": "first views", "less_than": "3d"},
    {"trend": "views", "last": "14d", "against": "56d", "at_least": 3},
    {"overdue": "purchases", "more_than": 1.5},
    {"ratio": "views", "per": "purchases", "last": "90d", "at_least": 10},
    {"count": "emails", "where": {"opened": True, "campaign": ["spring", "summer"]}, "last": "30d", "at_least": 3},
    {"count": "clicks", "last": "30d", "at_least": 1},
    {"count": "opens", "last_days": 3, "at_least": 2},
    {"count": "refunds", "last": "90d", "at_least": 2},
    {"sum": "refunds.total", "last": "90d", "at_least": 150},
    {"profile": "city", "is": "Berlin"},
    {"profile": "age", "at_least": 30},
]


def loaded(rule: dict[str, Any], name: str = "made") -> Rule:
    (found,) = load_texts({f"active/{name}.yaml": rule_text(rule, "Made")}).rules
    return found


def check(rule: Rule) -> None:
    text = example_text(rule, NOW_MS, Shop())
    assert text is not None
    problems = Problems()
    file = parse_examples(text, rule.name, Known({rule.name: rule}, problems))
    assert problems.lines() == []
    assert file is not None
    assert failures(RuleSet((rule,), ""), [file], Shop()) == []
    sides = [bool(said.segments) for one in file.examples for said in one.expect]
    assert {True, False} == set(sides)
    assert ASOF in text


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda one: " ".join(map(str, one.items()))[:60])
def test_a_condition(condition: dict[str, Any]) -> None:
    check(loaded({"when": condition}))


@pytest.mark.parametrize("rule", [BROWSED, SPEEDING, PROMOTION, FAN], ids=["browsed", "speeding", "promotion", "fan"])
def test_several_conditions(rule: dict[str, Any]) -> None:
    check(loaded(rule))


@pytest.mark.parametrize("rule", SHIPPED, ids=lambda rule: rule.name)
def test_shipped_rules(rule: Rule) -> None:
    check(rule)


def test_both_ends_of_a_window_and_what_is_not_allowed_are_shown() -> None:
    text = example_text(loaded(BROWSED), NOW_MS, Shop()) or ""
    assert "oldest-views-1-in: [made]" in text
    assert "oldest-views-1-out: []" in text
    assert "one-purchases-more-2: []" in text


def test_nobody_can_be_a_member() -> None:
    never = {"when": {"all": [{"count": "views", "at_least": 3}, {"count": "views", "at_most": 1}]}}
    assert example_text(loaded(never), NOW_MS, Shop()) is None
