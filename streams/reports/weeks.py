"""Two weeks of every segment's mail, out of totals of days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.trials.checks import holm
from streams.trials.figures import Figures
from streams.trials.intervals import Difference, at_the_end
from streams.trials.totals import DayTotals

WEEK = 7
#: Days of which the daily course is shown.
COURSE = 28


class Weeks(NamedTuple):
    """A segment's mail in the week and in the one before, and day by day (YYYY-MM-DD), the oldest first; whatever the
    arms that its customers were in."""

    segment: str
    week: Figures
    before: Figures
    daily: tuple[tuple[str, Figures], ...]


class Change(NamedTuple):
    """The difference of two shares of messages; ``clear``: beyond chance, also beside those of all other segments."""

    found: Difference
    clear: bool


def newest_day(days: Iterable[DayTotals]) -> date | None:
    """The newest day that totals tell of; None of none."""
    newest = max((one.day for one in days), default=None)
    return None if newest is None else date.fromisoformat(newest)


def weeks_of(days: Iterable[DayTotals], until: date) -> dict[str, Weeks]:
    """Each segment's two weeks, the second of which ends with the day ``until``, in order of their names."""
    own: defaultdict[str, list[DayTotals]] = defaultdict(list)
    for one in days:
        own[one.segment].append(one)
    return {segment: two_weeks(segment, own[segment], until) for segment in sorted(own)}


def two_weeks(name: str, parts: Iterable[DayTotals], until: date) -> Weeks:
    """The two weeks of any days' totals together."""
    by_day: defaultdict[str, list[DayTotals]] = defaultdict(list)
    for one in parts:
        by_day[one.day].append(one)
    week, before = (
        Figures.of(one for day in _days(last, WEEK) for one in by_day[day])
        for last in (until, until - timedelta(days=WEEK))
    )
    return Weeks(name, week, before, tuple((day, Figures.of(by_day[day])) for day in _days(until, COURSE)))


def end_of(day: date, timezone: str) -> int:
    """The midnight that ends a day of the shop's, in milliseconds UTC."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(timezone))
    return round(midnight.timestamp() * 1000)


def _days(last: date, count: int) -> list[str]:
    return [(last - timedelta(days=back)).isoformat() for back in reversed(range(count))]


def changes_of(pairs: Mapping[str, tuple[Figures, Figures]], name: str, alpha: float = 0.05) -> dict[str, Change]:
    """Of pairs (one, other) of figures by segment the difference of the shares that ``name`` counts (Newcombe, 1998),
    where both have messages; which are clear beside each other says Holm (1979)."""
    found = {
        segment: at_the_end(one.sample(name), other.sample(name), alpha)
        for segment, (one, other) in pairs.items()
        if one.reached and other.reached
    }
    clear = holm({segment: one.p for segment, one in found.items()}, alpha)
    return {segment: Change(one, segment in clear) for segment, one in found.items()}
