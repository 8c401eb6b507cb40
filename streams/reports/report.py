"""The report: all that is known of the segments at the end of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

from streams.reports.alerts import METRICS, Story, stories_of
from streams.reports.health import DAYS, Health, Overlap, unmailed
from streams.reports.weeks import Change, Weeks, changes_of, two_weeks, weeks_of
from streams.rules.model import TrialTerms
from streams.trials.assignment import CONTROL, TREATMENT
from streams.trials.figures import Figures
from streams.trials.looks import Look, looks
from streams.trials.numbers import difference_told, told
from streams.trials.samples import Sample, of_counts
from streams.trials.totals import Totals, TrialTotals

TOTAL = "all mail"
#: Shares of messages that a report shows, and the counts they are of.
SHOWN = ("opened", "clicked", "converted", "unsubscribed", "complained", "bounced")
#: From this similarity on two segments are nearly the same customers.
ALIKE = 0.5


class Row(NamedTuple):
    """A segment: its weeks, the change of its clicks against the week before and against those of its broad segment
    (``against``), None where nothing can be compared, and its health, None where nobody asked."""

    weeks: Weeks
    change: Change | None
    against: str | None
    beside: Change | None
    health: Health | None
    suppressed: int | None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the totals: titles, and the terms of trials, by segment; the instant to take for now, and
    for how long mail still brings orders (both in ms); how segments fare and overlap, and how many customers in each
    may not be mailed (None: nobody asked)."""

    titles: Mapping[str, str] = field(default_factory=dict)
    trials: Mapping[str, TrialTerms] = field(default_factory=dict)
    now_ms: int = 0
    lag_ms: int = 0
    health: Mapping[str, Health] | None = None
    overlaps: Sequence[Overlap] = ()
    suppressed: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The report of the seven days up to ``until``. ``unmailed``: segments with customers and without mail in two
    weeks."""

    until: date
    total: Weeks
    change: Change | None
    rows: list[Row]
    stories: list[Story]
    looks: list[Look]
    titles: Mapping[str, str]
    unmailed: list[str]
    overlaps: list[Overlap]


def report_of(totals: Totals, until: date, known: Known) -> Report:
    """The report, out of totals and whatever else is known."""
    weeks = weeks_of(totals.days, until)
    health = dict(known.health or {})
    for name in sorted(health.keys() - weeks.keys()):
        weeks[name] = two_weeks(name, (), until)
    total = two_weeks(TOTAL, totals.days, until)
    change = changes_of({TOTAL: (total.week, total.before)}, "clicked").get(TOTAL)
    found = looks(known.trials, totals, known.now_ms, known.lag_ms)
    sent = {name: one.week.sent + one.before.sent for name, one in weeks.items()}
    return Report(
        until,
        total,
        change,
        _rows(weeks, known),
        stories_of(weeks, {metric: _arms(found, name) for metric, name in METRICS.items()}),
        found,
        known.titles,
        unmailed(health, sent),
        [one for one in known.overlaps if one.jaccard >= ALIKE],
    )


def _rows(weeks: Mapping[str, Weeks], known: Known) -> list[Row]:
    broad = {name: terms.against for name, terms in known.trials.items()}
    changes = changes_of({name: (one.week, one.before) for name, one in weeks.items()}, "clicked")
    pairs = {
        name: (one.week, weeks[broad[name]].week)
        for name, one in weeks.items()
        if name in broad and broad[name] in weeks
    }
    beside = changes_of(pairs, "clicked")
    return [
        Row(
            weeks[name],
            changes.get(name),
            broad.get(name),
            beside.get(name),
            (known.health or {}).get(name),
            None if known.suppressed is None else known.suppressed.get(name, 0),
        )
        for name in sorted(weeks)
    ]


def _arms(found: Iterable[Look], name: str) -> dict[str, tuple[Sample, Sample]]:
    """Treatment and control of each trial: customers, and those of them that ``name`` counts."""
    pairs = {
        look.segment: [look.arms.get(arm, TrialTotals(look.segment, arm)) for arm in (TREATMENT, CONTROL)]
        for look in found
    }
    return {
        segment: (
            of_counts(treatment.customers, getattr(treatment, name)),
            of_counts(control.customers, getattr(control, name)),
        )
        for segment, (treatment, control) in pairs.items()
    }


def as_json(report: Report) -> dict[str, Any]:
    """The report as one JSON object: shares are parts of 1, of messages that arrived; money is in the shop's
    currency."""
    return {
        "until": report.until.isoformat(),
        "total": {**_weeks(report.total), "clicks_change": _change(report.change)},
        "segments": [_row(row, report.titles) for row in report.rows],
        "alerts": [_story(one) for one in report.stories],
        "trials": [{**told(look.trial, look.decision), "against": look.terms.against} for look in report.looks],
        "unmailed": report.unmailed,
        "overlaps": [one._asdict() for one in report.overlaps],
    }


def _row(row: Row, titles: Mapping[str, str]) -> dict[str, Any]:
    beside = None if row.against is None else {"segment": row.against, "clicks_difference": _change(row.beside)}
    return {
        "segment": row.weeks.segment,
        "title": titles.get(row.weeks.segment.partition("/")[0]),
        **_weeks(row.weeks),
        "clicks_change": _change(row.change),
        "against": beside,
        "health": None if row.health is None else {**row.health._asdict(), "days": DAYS},
        "suppressed": row.suppressed,
    }


def _weeks(weeks: Weeks) -> dict[str, Any]:
    return {"week": _figures(weeks.week), "before": _figures(weeks.before)}


def _figures(one: Figures) -> dict[str, Any]:
    shares = {f"{name}_share": one.share(name) for name in SHOWN}
    return {**asdict(one), **shares, "revenue_per_recipient": one.revenue_each}


def _change(change: Change | None) -> dict[str, Any] | None:
    return None if change is None else {**(difference_told(change.found) or {}), "clear": change.clear}


def _story(story: Story) -> dict[str, Any]:
    parts = [
        {"segment": part.segment, "first": part.first.mean, "second": part.second.mean, "difference": part.difference}
        for part in story.parts
    ]
    said = {"compared": story.compared, "metric": story.metric, "alert": str(story.alert), "sentence": story.sentence}
    return {**said, **story.found._asdict(), "parts": parts}
