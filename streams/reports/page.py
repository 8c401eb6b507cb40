"""The report as one HTML page that needs nothing else: no script, no network; light and dark, and narrow screens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from streams.reports.alerts import WEEKS, Story
from streams.reports.pictures import course_picture, interval_picture, parts_picture
from streams.reports.report import Report, Row
from streams.reports.style import STYLE
from streams.reports.terminal import NOTHING, share
from streams.reports.weeks import Change, Weeks
from streams.trials.looks import Look
from streams.trials.numbers import numbers_of
from streams.trials.wording import amount, interval

_MAIL = ("segment", "sent", "delivered", "opens", "clicks", "28 days", "a week before", "conversions", "revenue each")
_HARM = ("unsubscribes", "complaints")
_HEALTH = ("segment", "customers", "two weeks", "entered", "left", "churn", "flapping", "may not be mailed")


def page(report: Report) -> str:
    """The whole page."""
    sections = "".join((_alerts(report), _trials(report), _mail(report), _health(report)))
    title = f"Segments, seven days up to {report.until}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{title}</title><style>{STYLE}</style></head>"
        f"<body><main><h1>{title}</h1>{_tiles(report.total, report.change)}{sections}{_NOTES}</main></body></html>\n"
    )


_NOTES = (
    "<footer><p>Opens are those of people; they are shown and decide nothing. Shares are of messages that arrived, "
    "revenue is a recipient and day. The newest days still gather clicks and orders. A coloured difference is beyond "
    "chance, also beside those of all other segments (Newcombe, Holm); beside the broad segment it also measures who "
    "is in the segment, which only a trial takes out.</p></footer>"
)


def _tiles(total: Weeks, change: Change | None) -> str:
    one = total.week
    each = NOTHING if one.revenue_each is None else amount(one.revenue_each, False)
    tiles = (
        ("sent", f"{one.sent:,}", ""),
        ("opens", share(one, "opened"), ""),
        ("clicks", share(one, "clicked"), f"{_moved(change)} against the week before" if change else ""),
        ("conversions", share(one, "converted"), ""),
        ("revenue each", each, ""),
        ("unsubscribes", share(one, "unsubscribed"), ""),
        ("complaints", share(one, "complained"), ""),
    )
    told = (f"<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>" for name, value, more in tiles)
    return f'<dl class="tiles">{"".join(told)}</dl>'


def _alerts(report: Report) -> str:
    if not report.stories:
        return ""
    told = "".join(map(_story, report.stories))
    return f'<section><h2>The sum and its parts</h2><div class="cards">{told}</div></section>'


def _story(story: Story) -> str:
    names = ("this week", "week before") if story.compared == WEEKS else ("treatment", "control")
    picture = parts_picture(story, names)
    return f'<article class="alert"><p>{escape(story.sentence)}</p><figure>{picture}</figure></article>'


def _trials(report: Report) -> str:
    if not report.looks:
        return ""
    return f'<section><h2>Trials</h2><div class="cards">{"".join(map(_trial, report.looks))}</div></section>'


def _trial(look: Look) -> str:
    one = look.decision
    lines = "".join(f"<li>{escape(line)}</li>" for line in numbers_of(look.trial, one))
    return (
        f'<article><h3>{escape(look.segment)} <span class="badge {one.outcome.lower()}">{one.outcome}</span></h3>'
        f'<p class="faint">against {escape(look.terms.against)}</p><p>{escape(one.sentence)}</p>{_figure(look)}'
        f"<details><summary>the numbers</summary><ul>{lines}</ul></details></article>"
    )


def _figure(look: Look) -> str:
    found, shares = look.decision.difference, look.trial.counts_events
    picture = interval_picture(found, shares=shares) if found else ""
    if not found or not picture:
        return ""
    caption = f"{escape(look.trial.metric)}, worse ← → better: {interval(found, shares)}"
    return f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"


def _mail(report: Report) -> str:
    broad = any(row.against for row in report.rows)
    heads = (*_MAIL, *_HARM, *(("against broad",) if broad else ()))
    rows = [_mail_row(row, report.titles.get(row.weeks.segment.partition("/")[0], ""), broad) for row in report.rows]
    return f"<section><h2>Mail</h2>{_table(heads, rows)}</section>"


def _mail_row(row: Row, title: str, broad: bool) -> list[str]:
    one = row.weeks.week
    each = NOTHING if one.revenue_each is None else amount(one.revenue_each, False)
    beside = f"{escape(row.against)} {_moved(row.beside)}" if row.against else ""
    return [
        _named(row.weeks.segment, title),
        f"{one.sent:,}",
        f"{one.delivered:,}",
        share(one, "opened"),
        share(one, "clicked"),
        course_picture([day.share("clicked") for _, day in row.weeks.daily], "clicks of 28 days"),
        f"{share(row.weeks.before, 'clicked')} {_moved(row.change)}",
        share(one, "converted"),
        each,
        *(share(one, name) for name in ("unsubscribed", "complained")),
        *((beside,) if broad else ()),
    ]


def _named(segment: str, title: str) -> str:
    return f"{escape(segment)}<small>{escape(title)}</small>" if title else escape(segment)


def _moved(change: Change | None) -> str:
    if change is None:
        return ""
    kind = "" if not change.clear else "good" if change.found.value > 0 else "bad"
    value = amount(change.found.value, True, signed=True)
    return f'<span class="{kind}" title="{interval(change.found, True)}">{value}</span>'


def _health(report: Report) -> str:
    rows = [_health_row(row) for row in report.rows if row.health]
    if not rows:
        return ""
    return f"<section><h2>Health</h2>{''.join(_remarks(report))}{_table(_HEALTH, rows)}</section>"


def _remarks(report: Report) -> Iterator[str]:
    if report.unmailed:
        yield f"<p>Nobody mails: {escape(', '.join(report.unmailed))}.</p>"
    for pair in report.overlaps:
        both = f"{pair.both:,} customers in both, {pair.jaccard:.0%} of all in either"
        yield f"<p>Nearly the same: {escape(pair.one)} and {escape(pair.other)} ({both}).</p>"


def _health_row(row: Row) -> list[str]:
    one = row.health
    if one is None:
        return []
    churn = NOTHING if one.churn is None else f"{one.churn:.0%}"
    suppressed = NOTHING if row.suppressed is None else f"{row.suppressed:,}"
    sizes = course_picture(one.sizes, "customers of 14 days")
    counts = (f"{one.size:,}", sizes, f"{one.entered:,}", f"{one.left:,}", churn, f"{one.flapping:,}")
    return [escape(row.weeks.segment), *counts, suppressed]


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells tell their column themselves, for narrow screens."""
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(_cells(heads, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cells(heads: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    for number, (head, cell) in enumerate(zip(heads, row, strict=True)):
        yield f'<td data-of="{head}">{cell}</td>' if number else f'<th scope="row">{cell}</th>'
