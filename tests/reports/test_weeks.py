"""Weeks out of days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.reports.weeks import changes_of, newest_day, weeks_of
from streams.trials.figures import Figures
from tests.reports.days import UNTIL, day, steady


def test_a_week_is_seven_days_and_the_one_before_the_seven_before() -> None:
    found = weeks_of([day("a", back, 10 ** (back // 7)) for back in range(30)], UNTIL)["a"]
    assert (found.week.sent, found.before.sent) == (7, 70)
    assert len(found.daily) == 28
    assert found.daily[-1] == (UNTIL.isoformat(), Figures(sent=1, delivered=1, recipients=1))
    assert weeks_of([day("a", 0, 5)], UNTIL - timedelta(days=1))["a"].week.sent == 0


def test_arms_are_added_up_and_segments_are_not() -> None:
    parts = [day("b", 0, 10, 1), day("b", 0, 20, 2, "treatment"), day("b/x", 0, 5), day("a", 3, 7)]
    found = weeks_of(parts, UNTIL)
    assert list(found) == ["a", "b", "b/x"]
    assert (found["b"].week.sent, found["b"].week.clicked) == (30, 3)


def test_shares_are_of_messages_that_arrived() -> None:
    one = Figures(sent=100, delivered=80, clicked=8, bounced=20, revenue_micros=40_500_000, recipients=90)
    assert one.share("clicked") == 0.1
    assert one.share("bounced") == 0.2
    assert one.revenue_each == pytest.approx(0.45)
    assert Figures(sent=50, clicked=5).share("clicked") == 0.1  # a platform that tells of no delivery
    assert Figures().share("clicked") is None
    assert Figures().revenue_each is None
    assert Figures(delivered=3, clicked=5).sample("clicked").y == 3  # never more than there are


def test_which_changes_are_clear_beside_each_other() -> None:
    weak = (Figures(delivered=5000, clicked=168), Figures(delivered=5000, clicked=130))
    strong = (Figures(delivered=5000, clicked=300), Figures(delivered=5000, clicked=130))
    assert changes_of({"alone": weak}, "clicked")["alone"].clear
    pairs = {f"weak-{n}": weak for n in range(5)} | {"strong": strong, "none": (Figures(), weak[0])}
    found = changes_of(pairs, "clicked")
    assert {name for name, one in found.items() if one.clear} == {"strong"}
    assert "none" not in found


def test_the_newest_day() -> None:
    assert newest_day(steady("a", 1, 0)) == UNTIL
    assert newest_day([]) is None
