"""Totals of days for tests of reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from streams.trials.totals import DayTotals

UNTIL = date(2026, 5, 14)


def day(segment: str, back: int, sent: int, clicked: int = 0, arm: str = "-", **more: int) -> DayTotals:
    """Totals of a day so many days before UNTIL."""
    numbers = {"delivered": sent, "recipients": sent, **more}
    return DayTotals(segment, (UNTIL - timedelta(days=back)).isoformat(), arm, sent=sent, clicked=clicked, **numbers)


def steady(segment: str, sent: int, clicked: int, before: int | None = None) -> Iterable[DayTotals]:
    """Two weeks of the same every day; ``before``: clicks of the first one."""
    for back in range(14):
        yield day(segment, back, sent, clicked if before is None or back < 7 else before)
