"""The shipped rules in the demo shop: most of them have members there, and people come and go."""

from __future__ import annotations

from collections import Counter

import orjson
import pytest

from streams.demo.shop import DAY_MS, Shop
from streams.engine.replay import replay_events
from streams.rules.load import load_rules
from tests.library.readme import RULES

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
DAYS = 400  # gifts of a year ago need more than a year
#: The demo shop mails once a week, so nobody gets eight e-mails in a month.
STAY_EMPTY = {"campaign-fatigue"}


@pytest.fixture(scope="module")
def moves() -> dict[str, Counter[str]]:
    """How often anybody entered and left the segments of each rule."""
    lines = (orjson.dumps(event) for event in Shop(100, START_MS).until(START_MS + DAYS * DAY_MS))
    found: dict[str, Counter[str]] = {"entered": Counter(), "exited": Counter()}
    for change in replay_events(lines, load_rules(RULES)):
        for way, counter in found.items():
            counter.update(segment.partition("/")[0] for segment in change[way])
    return found


def test_all_rules_but_few_have_members(moves: dict[str, Counter[str]]) -> None:
    names = {rule.name for rule in load_rules(RULES).rules}

    assert names - set(moves["entered"]) == STAY_EMPTY


def test_people_leave_again(moves: dict[str, Counter[str]]) -> None:
    stuck = [name for name, times in moves["entered"].items() if times >= 10 and not moves["exited"][name]]

    assert stuck == []
