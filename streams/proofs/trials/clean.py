"""Weeks of mail out of chance: clean ones, in which every segment goes on as before, and planted reversals."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from streams.reports.alerts import LOOKS, stories_of
from streams.reports.weeks import WEEK, weeks_of
from streams.trials.strata import Alert
from streams.trials.totals import DayTotals

START = date(2026, 3, 2)
#: Segments: messages a day, and the shares of them that are clicked and that convert.
SEGMENTS = (
    ("a", 900, 0.02, 0.002),
    ("b", 700, 0.04, 0.004),
    ("c", 500, 0.08, 0.010),
    ("d", 300, 0.15, 0.020),
    ("e", 150, 0.30, 0.030),
)
#: A planted reversal: every segment's shares become better by this, while nearly all mail moves to the poorest one.
BETTER = 1.15
MOVED = {"a": 3.0, "d": 0.3, "e": 0.2}


def alerted(chance: np.random.Generator) -> bool:
    """Whether a report raises any alert in a clean week, looked at every day of it."""
    days = _days(2 * WEEK + LOOKS - 1, chance)
    looks = (START + timedelta(days=2 * WEEK - 1 + look) for look in range(LOOKS))
    return any(stories_of(weeks_of(days, until), {}) for until in looks)


def caught(chance: np.random.Generator) -> bool:
    """Whether a report finds the planted reversal at the end of its week."""
    days = _days(2 * WEEK, chance, planted=True)
    stories = stories_of(weeks_of(days, START + timedelta(days=2 * WEEK - 1)), {})
    return any(one.alert is Alert.REVERSED and one.metric == "clicks" for one in stories)


def _days(count: int, chance: np.random.Generator, *, planted: bool = False) -> list[DayTotals]:
    """Totals of so many days; what is planted begins after the first week."""
    return [
        _day(segment, number, chance, planted and number >= WEEK) for segment in SEGMENTS for number in range(count)
    ]


def _day(segment: tuple[str, int, float, float], number: int, chance: np.random.Generator, planted: bool) -> DayTotals:
    name, messages, clicks, conversions = segment
    more = BETTER if planted else 1.0
    sent = int(chance.poisson(messages * (MOVED.get(name, 1.0) if planted else 1.0)))
    clicked, converted = (int(chance.binomial(sent, share * more)) for share in (clicks, conversions))
    day = (START + timedelta(days=number)).isoformat()
    clicks_too = {"opened": clicked, "clicked": clicked, "converted": converted, "orders": converted}
    return DayTotals(name, day, "-", sent=sent, delivered=sent, recipients=sent, **clicks_too)
