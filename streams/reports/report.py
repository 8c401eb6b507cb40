"""The report: all that is known of the segments at the end of a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, NamedTuple

from streams.reports.alerts import Story, stories_of
from streams.reports.health import DAYS, Health, Overlap, unmailed
from streams.reports.weeks import Change, Figures, Weeks, changes_of, two_weeks, weeks_of
from streams.trials.decisions import Decision, Trial, decide_all
from streams.trials.looks import SHARES, Setup, arms_of, sample_of, told, trial_of
from streams.trials.samples import Sample
from streams.trials.totals import Totals

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


class Look(NamedTuple):
    """A trial at this look."""

    trial: Trial
    against: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the totals: titles and broad segments by segment, how trials were set up, how segments fare
    and overlap (None: nobody asked), and how many customers in each may not be mailed (None: nobody asked)."""

    titles: Mapping[str, str] = field(default_factory=dict)
    setups: Sequence[Setup] = ()
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
    sent = {name: one.week.sent + one.before.sent for name, one in weeks.items()}
    return Report(
        until,
        total,
        change,
        _rows(weeks, known),
        stories_of(weeks, _arms(totals, known.setups)),
        _looks(totals, known.setups),
        known.titles,
        unmailed(health, sent),
        [one for one in known.overlaps if one.jaccard >= ALIKE],
    )


def _rows(weeks: Mapping[str, Weeks], known: Known) -> list[Row]:
    broad = {setup.segment: setup.against for setup in known.setups}
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


def _arms(totals: Totals, setups: Iterable[Setup]) -> dict[str, dict[str, tuple[Sample, Sample]]]:
    """By metric and trial the samples of treatment and control."""
    arms = arms_of(totals.trials)
    running = [setup.segment for setup in setups if setup.segment in arms]
    return {
        metric: {
            name: (sample_of(metric, arms[name]["treatment"]), sample_of(metric, arms[name]["control"]))
            for name in running
        }
        for metric in SHARES
    }


def _looks(totals: Totals, setups: Sequence[Setup]) -> list[Look]:
    arms = arms_of(totals.trials)
    trials = [trial_of(setup, arms[setup.segment]) for setup in setups if setup.segment in arms]
    against = {setup.segment: setup.against for setup in setups}
    return [Look(trial, against[trial.name], one) for trial, one in zip(trials, decide_all(trials), strict=True)]


def as_json(report: Report) -> dict[str, Any]:
    """The report as one JSON object: shares are parts of 1, of messages that arrived; money is in the shop's
    currency."""
    return {
        "until": report.until.isoformat(),
        "total": {**_weeks(report.total), "clicks_change": _change(report.change)},
        "segments": [_row(row, report.titles) for row in report.rows],
        "alerts": [_story(one) for one in report.stories],
        "trials": [{**told(look.trial, look.decision), "against": look.against} for look in report.looks],
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
    return None if change is None else {**change.found._asdict(), "clear": change.clear}


def _story(story: Story) -> dict[str, Any]:
    parts = [
        {"segment": part.segment, "first": part.first.mean, "second": part.second.mean, "difference": part.difference}
        for part in story.parts
    ]
    said = {"compared": story.compared, "metric": story.metric, "alert": str(story.alert), "sentence": story.sentence}
    return {**said, **story.found._asdict(), "parts": parts}
