"""Measured values in words."""

from __future__ import annotations

import pytest

from streams.clients.changes import Cause, Change
from streams.clients.words import Reason, Words
from streams.rules.model import Bounds, Compare, Group, Match, Measure, ProfileTest, Rule, RuleSet

DAY_MS = 86_400_000


def change(why: list[dict[str, str | int | float | None]], kind: str = "event") -> Change:
    return Change("ana", 1, "2026-01-01T00:00:00.000Z", ["s"], [], ["s"], Cause(kind), {"s": why})


def known(measure: Measure) -> Words:
    """Words of a rule that has a profile test, which is not measured, before this measure."""
    when = Group("all", (ProfileTest("club", missing=False), Compare(measure, Bounds(low=1))))
    return Words(RuleSet((Rule("s", "A title", when),), "d"))


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
        ({"average": "purchases.total", "value": None}, "no average of purchases.total yet"),
        ({"value": 1}, ""),
    ],
)
def test_values_alone(reason: dict[str, str | int | float | None], text: str) -> None:
    assert Words().why(change([reason]), "s") == text


@pytest.mark.parametrize(
    ("measure", "reason", "text"),
    [
        (
            Measure("count", "views", where=(Match("category", ("shoes", "bags")),), last_ms=90 * DAY_MS),
            {"count": "views", "value": 6},
            "6 views of shoes or bags in 90d",
        ),
        (
            Measure("count", "emails", where=(Match("opened", flag=True),), latest=5),
            {"count": "emails", "value": 0},
            "0 opened e-mails among the latest 5",
        ),
        (
            Measure("share", "purchases", where=(Match("discounted", flag=False),), last_ms=DAY_MS),
            {"share": "purchases", "value": 0.5},
            "50% of purchases not discounted in 1d",
        ),
        (
            Measure("trend", "purchases", last_ms=30 * DAY_MS, against_ms=90 * DAY_MS),
            {"trend": "purchases", "value": 3},
            "purchases at 3 times the earlier pace in 30d against the 90d before",
        ),
        (Measure("count", "views", last_days=2), {"count": "views", "value": 1}, "1 view on the last 2 days"),
    ],
)
def test_with_the_rule_that_measured(measure: Measure, reason: Reason, text: str) -> None:
    words = known(measure)

    assert words.why(change([dict(reason)]), "s") == text
    assert words.title("s") == "A title"


def test_a_record_of_other_rules_is_told_without_them() -> None:
    why: list[dict[str, str | int | float | None]] = [{"count": "views", "value": 1}, {"count": "carts", "value": 2}]

    assert known(Measure("count", "views", latest=5)).why(change(why), "s") == "1 view, 2 carts"


@pytest.mark.parametrize(
    ("kind", "text"),
    [("event", "6 views"), ("time", "time passed: 6 views"), ("rules", "the rules changed: 6 views")],
)
def test_lines_name_the_cause(kind: str, text: str) -> None:
    assert list(Words().lines(change([{"count": "views", "value": 6}], kind))) == [("entered", "s", text)]


def test_a_segment_of_nothing_measured_has_no_reason() -> None:
    assert list(Words().lines(change([]))) == [("entered", "s", "")]
