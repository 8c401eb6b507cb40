"""Measured values in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from streams.clients.changes import Cause, Change
from streams.clients.words import Reason, Words
from streams.memberships.wording import condition_words
from streams.rules.model import Bounds, Compare, Group, Measure, Node, Rule, RuleSet
from tests.laws.rules import WHOLE, rule_sets


def change(why: list[dict[str, Any]], kind: str = "event", segment: str = "s") -> Change:
    return Change("ana", 1, "2026-01-01T00:00:00.000Z", [segment], [], [segment], Cause(kind), {segment: why})


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ({"count": "views", "value": 6}, "6 views"),
        ({"count": "emails", "value": 1}, "1 e-mail"),
        ({"distinct": "views.category", "value": 4}, "4 different categories in views"),
        ({"distinct": "purchases.category", "value": 1}, "1 category in purchases"),
        ({"sum": "purchases.total", "value": 812.3}, "total of purchases together 812.3"),
        ({"average": "purchases.total", "value": 312.5}, "average total of purchases 312.5"),
        ({"highest": "items.price", "value": 3}, "highest price of items 3"),
        ({"share": "purchases", "value": 0.8333}, "83% of purchases"),
        ({"trend": "purchases", "value": 0.4}, "purchases at 0.4 times the earlier pace"),
        ({"overdue": "purchases", "value": 1.5}, "overdue of purchases 1.5"),
        ({"since": "last purchases", "value": "60d"}, "60d since the last purchase"),
        ({"since": "first purchases", "value": None}, "no purchases yet"),
        ({"average": "purchases.total", "value": None}, "no average total of purchases yet"),
        ({"overdue": "purchases", "value": None}, "no overdue of purchases yet"),
        ({"value": 1}, ""),
    ],
)
def test_values_alone(reason: Reason, text: str) -> None:
    assert Words().why(change([dict(reason)]), "s") == text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        (
            {"count": "views", "where": {"category": ["shoes", "bags"]}, "last": "90d", "more_than": 5, "value": 6},
            "6 views of shoes or bags in 90d",
        ),
        (
            {"count": "emails", "where": {"opened": True}, "latest": 5, "exactly": 0, "value": 0},
            "0 opened e-mails among the latest 5",
        ),
        ({"count": "emails", "where": {"opened": True}, "latest": 5, "exactly": 0, "value": None}, "no 5 e-mails yet"),
        (
            {"share": "purchases", "where": {"discounted": False}, "last": "1d", "at_least": 0.5, "value": 0.5},
            "50% of purchases not discounted in 1d",
        ),
        (
            {"trend": "purchases", "last": "30d", "against": "90d", "more_than": 2, "value": 3},
            "purchases at 3 times the earlier pace in 30d against the 90d before",
        ),
        ({"count": "views", "last_days": 2, "at_least": 1, "value": 1}, "1 view on the last 2 days"),
        ({"count": "views", "last_days": 1, "at_least": 1, "value": 2}, "2 views today"),
        (
            {"count": "purchases", "last": "50d", "before": "340d", "at_least": 1, "value": 1},
            "1 purchase in the 50d that ended 340d ago",
        ),
        (
            {"ratio": "views", "where": {"category": "bags"}, "last": "90d", "per": "carts", "at_least": 4, "value": 5},
            "5 views of bags for each cart in 90d",
        ),
        (
            {"sum": "items.price", "where": {"product": "p1", "price": {"at_least": 150}, "quantity": [1, 3]}}
            | {"at_least": 1, "value": 2},
            "price of items of product p1 with price at least 150 and quantity 1 or 3 together 2",
        ),
        (
            {"count": "clicks", "where": {"campaign": "spring"}, "at_least": 1, "value": 1},
            "1 click of campaign spring",
        ),
        (
            {"since": "last purchases", "where": {"category": "shoes"}, "more_than": "60d", "value": None},
            "no purchases of shoes yet",
        ),
    ],
)
def test_over_which_facts(reason: Reason, text: str) -> None:
    assert Words().why(change([dict(reason)]), "s") == text


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ({"profile": "club", "is": "gold", "value": "Gold"}, "club is Gold"),
        ({"profile": "club", "is_not": "gold", "value": None}, "club is missing"),
        ({"segment": "leave-in-peace", "is": False, "value": False}, "not in leave-in-peace"),
        ({"segment": "window-shopper/shoes", "is": True, "value": True}, "in window-shopper/shoes"),
    ],
)
def test_what_is_not_measured_stands_beside_what_is(reason: Reason, text: str) -> None:
    views = {"count": "views", "last": "7d", "at_least": 3, "value": 4}
    assert Words().why(change([dict(reason), views]), "s") == f"{text}, 4 views in 7d"


def leaves(node: Node) -> Iterator[Node]:
    """The conditions in a condition."""
    for part in node.parts if isinstance(node, Group) else ():
        yield from leaves(part)
    if not isinstance(node, Group):
        yield node


@settings(max_examples=30, deadline=None)
@given(rule_sets(WHOLE))
def test_nothing_of_what_was_measured_is_lost(rules: RuleSet) -> None:
    for rule in rules.rules:
        for leaf in leaves(rule.when):
            words = condition_words(leaf)
            said = Words().why(change([{**words, "value": 2}]), "s")
            named = [words[name] for name in ("last", "before", "latest", "against") if name in words]
            where = words.get("where", {})
            assert isinstance(where, dict)
            texts = [value for value in where.values() if isinstance(value, str)]
            assert all(str(one) in said for one in (*named, *texts)), said


COUNTED = Compare(Measure("count", "views"), Bounds(low=1))


@pytest.mark.parametrize(
    ("segment", "title"), [("s", "A title"), ("s/bed & breakfast", "A title: bed & breakfast"), ("t/shoes", "t/shoes")]
)
def test_titles_are_those_of_the_rules(segment: str, title: str) -> None:
    assert Words(RuleSet((Rule("s", "A title", COUNTED),), "d")).title(segment) == title
    assert Words().title(segment) == segment


def test_a_segment_of_a_family_has_its_own_reason() -> None:
    assert Words().why(change([{"count": "views", "value": 1}], segment="s/shoes"), "s/shoes") == "1 view"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("event", "6 views"), ("time", "time passed: 6 views"), ("rules", "the rules changed: 6 views")],
)
def test_lines_name_the_cause(kind: str, text: str) -> None:
    assert list(Words().lines(change([{"count": "views", "value": 6}], kind))) == [("entered", "s", text)]


def test_a_segment_of_nothing_measured_has_no_reason() -> None:
    assert list(Words().lines(change([]))) == [("entered", "s", "")]
