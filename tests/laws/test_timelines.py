"""Time passes and nothing happens: each window, the millisecond before its end and the millisecond of it."""

from __future__ import annotations

from typing import Any

import pytest

from streams.rules.model import Bounds, Compare, Group, Match, Measure, Node, ProfileTest, Rule, RuleSet
from tests.laws.events import Raw
from tests.laws.pools import DAY_MS, HOUR_MS, START_MS
from tests.laws.runs import replayed
from tests.reference import course

SOME = Bounds(low=10_000)
NONE = Bounds(high=0)
RETENTION_MS = 30 * DAY_MS


def views(*days: float, **fields: Any) -> list[Raw]:
    """Views so many days after the start."""
    at = [START_MS + round(day * DAY_MS) for day in days]
    return [{"type": "view", "user": "ana", "id": f"v{t}", "at": t, "product": "p", **fields} for t in at]


def orders(*days: float, **fields: Any) -> list[Raw]:
    """Orders of 10 so many days after the start."""
    return [{**view, "type": "purchase", "order": view["id"], "total": 10, **fields} for view in views(*days)]


def mail(day: float, action: str, **fields: Any) -> Raw:
    """An action of message m so many days after the start."""
    at = START_MS + round(day * DAY_MS)
    return {"type": "email", "user": "ana", "id": f"{action}{at}", "at": at, "message": "m", "action": action, **fields}


def measured(op: str, source: str, bounds: Bounds, **more: Any) -> Compare:
    """A condition."""
    return Compare(Measure(op, source, **more), bounds)


DISCOUNTED = (Match("discounted", flag=True),)
OPENED = (Match("opened", flag=True),)
BAGS = (Match("category", texts=("bags",)),)

# the condition, the events, the day at whose instant the answer changes, the answer from then on
TIMELINES: dict[str, tuple[Node, list[Raw], float, bool]] = {
    "a count falls below": (measured("count", "views", SOME, last_ms=7 * DAY_MS), views(0), 7, False),
    "a count falls to the bound": (measured("count", "views", NONE, last_ms=7 * DAY_MS), views(0, 1), 8, True),
    "the third newest leaves": (
        measured("count", "views", Bounds(low=20_000, low_open=True), last_ms=7 * DAY_MS),
        views(0, 1, 2, 3),
        8,
        False,
    ),
    "only what matches leaves": (
        measured("count", "views", SOME, last_ms=7 * DAY_MS, where=BAGS),
        views(0, category="Bags") + views(3, category="shoes"),
        7,
        False,
    ),
    "ever ends with retention": (measured("count", "views", SOME), views(0), 30, False),
    "never begins with retention": (measured("count", "views", NONE), views(0), 30, True),
    "a category leaves": (
        measured("distinct", "views", Bounds(low=20_000), field="category", last_ms=7 * DAY_MS),
        views(0, category="a") + views(1, category=["b", "a"]) + views(2, category="a"),
        8,
        False,
    ),
    "a sum falls": (
        measured("sum", "purchases", Bounds(low=200_000), field="total", last_ms=7 * DAY_MS),
        orders(0, 1, 2),
        8,
        False,
    ),
    "an average rises": (
        measured("average", "purchases", Bounds(low=150_000), field="total", last_ms=7 * DAY_MS),
        orders(0) + orders(1, total=15),
        7,
        True,
    ),
    "an average ends": (
        measured("average", "purchases", Bounds(low=0), field="total", last_ms=7 * DAY_MS),
        orders(0),
        7,
        False,
    ),
    "a share rises to four in five": (
        measured("share", "purchases", Bounds(low=8_000), last_ms=7 * DAY_MS, where=DISCOUNTED),
        orders(0, 0.5) + orders(1, 2, 3, 4, discount=1),
        7,
        True,
    ),
    "a share ends": (
        measured("share", "emails", Bounds(low=5_000), last_ms=7 * DAY_MS, where=OPENED),
        [mail(0, "sent"), mail(1, "opened")],
        7,
        False,
    ),
    "an open outlives its mail": (
        measured("count", "opens", SOME, last_ms=7 * DAY_MS),
        [mail(0, "sent"), mail(1, "clicked")],
        8,
        False,
    ),
    "long since the last": (measured("since last", "views", Bounds(low=5 * DAY_MS)), views(0, 2), 7, True),
    "longer since the last": (
        measured("since last", "views", Bounds(low=5 * DAY_MS, low_open=True)),
        views(2),
        7 + 1 / DAY_MS,
        True,
    ),
    "not long since the first": (
        measured("since first", "purchases", Bounds(high=14 * DAY_MS, high_open=True)),
        orders(0, 3),
        14,
        False,
    ),
    "at most so long since the first": (
        measured("since first", "purchases", Bounds(high=14 * DAY_MS)),
        orders(0, 3),
        14 + 1 / DAY_MS,
        False,
    ),
    "since the first ends as that is forgotten": (
        measured("since first", "views", Bounds(low=28 * DAY_MS)),
        views(0, 5),
        30,
        False,
    ),
    "a trend falls as its window empties": (
        measured("trend", "views", Bounds(high=0), last_ms=2 * DAY_MS, against_ms=4 * DAY_MS),
        views(0, 1),
        3,
        True,
    ),
    "a trend ends as there is nothing to compare with": (
        measured("trend", "views", Bounds(high=0), last_ms=2 * DAY_MS, against_ms=4 * DAY_MS),
        views(0),
        6,
        False,
    ),
    "the newest three are not there any more": (
        measured("count", "views", Bounds(low=0), latest=3, last_ms=7 * DAY_MS),
        views(0, 1, 2),
        7,
        False,
    ),
    "all, by its first part": (
        Group(
            "all",
            (
                measured("count", "views", SOME, last_ms=7 * DAY_MS),
                measured("count", "views", SOME, last_ms=DAY_MS),
            ),
        ),
        views(0),
        1,
        False,
    ),
    "any, by its last part": (
        Group(
            "any",
            (
                measured("count", "views", SOME, last_ms=7 * DAY_MS),
                measured("count", "views", SOME, last_ms=DAY_MS),
            ),
        ),
        views(0),
        7,
        False,
    ),
    "none, as the last part ends": (
        Group(
            "none",
            (
                measured("count", "views", SOME, last_ms=HOUR_MS),
                measured("count", "views", SOME, last_ms=DAY_MS),
            ),
        ),
        views(0),
        1,
        True,
    ),
    "a profile does not age": (
        Group("all", (ProfileTest("plan", texts=("pro",)), measured("count", "views", NONE))),
        [*views(0), {"type": "profile", "user": "ana", "id": "p", "at": START_MS, "set": {"plan": "Pro"}}],
        30,
        True,
    ),
    "known for ever": (Group("none", (measured("count", "carts", SOME),)), views(0), 0, True),
}


@pytest.mark.parametrize("name", TIMELINES)
def test_the_millisecond_before_and_the_millisecond_of_it(name: str) -> None:
    node, events, day, after = TIMELINES[name]
    rules = RuleSet((Rule("r", "r", node),), "0123456789ab")
    lapse_ms = START_MS + round(day * DAY_MS)
    for until_ms, member in ((lapse_ms - 1, not after), (lapse_ms, after)):
        expected = course(events, rules, until_ms, retention_ms=RETENTION_MS)
        assert bool(expected and expected[-1]["segments"]) == member
        assert replayed(events, rules, until_ms=until_ms, retention_ms=RETENTION_MS) == expected
