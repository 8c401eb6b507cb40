"""The report on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from streams.explanations.terminal import printable
from streams.reports.report import Report
from streams.reports.weeks import Change
from streams.trials.decisions import Outcome
from streams.trials.figures import Figures
from streams.trials.looks import Look
from streams.trials.numbers import numbers_of
from streams.trials.wording import amount

_BLOCKS = "▁▂▃▄▅▆▇█"
_WIDTH = 41
NOTHING = "–"
OUTCOME_STYLE = {
    Outcome.KEEP: "bold green",
    Outcome.REVERT: "bold red",
    Outcome.INVALID: "bold red",
    Outcome.ADJUST: "bold yellow",
    Outcome.RUNNING: "bold",
}


def rendered(report: Report) -> Iterator[RenderableType]:
    """The tables and lines of a report, for a rich console."""
    for story in report.stories:
        yield Text(f"! {printable(story.sentence)}", style="bold red")
    yield _mail(report)
    yield _clicks(report)
    if any(row.health for row in report.rows):
        yield _health(report)
    if report.unmailed:
        yield Text(f"Nobody mails: {printable(', '.join(report.unmailed))}")
    for pair in report.overlaps:
        both = f"{pair.both:,} customers in both, {pair.jaccard:.0%} of all in either"
        yield Text(printable(f"Nearly the same: {pair.one} and {pair.other} ({both})"))
    for look in report.looks:
        yield from _look(look)


def _table(title: str, *heads: str) -> Table:
    """With the segment first, which may take several lines, and numbers."""
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=0, show_edge=False)
    table.add_column("segment", overflow="fold", min_width=14)
    for head in heads:
        table.add_column(head, justify="right", no_wrap="\n" not in head)
    return table


def _mail(report: Report) -> Table:
    heads = ("sent", "deliv-\nered", "opens", "clicks", "conver-\nsions", "revenue\neach")
    harm = ("unsub-\nscribes", "com-\nplaints")
    table = _table(f"The seven days up to {report.until}: shares of messages that arrived", *heads, *harm)
    for weeks in (*(row.weeks for row in report.rows), report.total):
        one = weeks.week
        each = NOTHING if one.revenue_each is None else amount(one.revenue_each, False)
        shares = [share(one, name) for name in ("opened", "clicked", "converted", "unsubscribed", "complained")]
        counts = (printable(weeks.segment), f"{one.sent:,}", f"{one.delivered:,}")
        if weeks is report.total:
            table.add_section()
        table.add_row(*map(Text, (*counts, *shares[:3], each, *shares[3:])))
    return table


def _clicks(report: Report) -> Table:
    table = _table("Clicks", "this week", "week before", "change", "broad one", "differ-\nence")
    for row in report.rows:
        if row.change or row.beside:
            cells = (printable(row.weeks.segment), share(row.weeks.week, "clicked"), share(row.weeks.before, "clicked"))
            broad = Text(printable(row.against or ""))
            table.add_row(*map(Text, cells), moved(row.change), broad, moved(row.beside))
    table.add_section()
    cells = (report.total.segment, share(report.total.week, "clicked"), share(report.total.before, "clicked"))
    table.add_row(*map(Text, cells), moved(report.change), "", "")
    return table


def share(figures: Figures, name: str) -> str:
    """Per cent of the messages that arrived."""
    found = figures.share(name)
    return NOTHING if found is None else f"{found:.2%}"


def moved(change: Change | None) -> Text:
    """A difference of shares; coloured where it is beyond chance."""
    if change is None:
        return Text("")
    style = "" if not change.clear else "green" if change.found.value > 0 else "red"
    return Text(amount(change.found.value, True, signed=True), style=style)


def _health(report: Report) -> Table:
    heads = ("customers", "two weeks", "entered", "left", "churn", "flap-\nping", "not to be\nmailed")
    table = _table("Health", *heads)
    for row in report.rows:
        if one := row.health:
            churn = NOTHING if one.churn is None else f"{one.churn:.0%}"
            suppressed = NOTHING if row.suppressed is None else f"{row.suppressed:,}"
            counts = (f"{one.size:,}", spark(one.sizes), f"{one.entered:,}", f"{one.left:,}", churn)
            table.add_row(*map(Text, (printable(row.weeks.segment), *counts, f"{one.flapping:,}", suppressed)))
    return table


def spark(numbers: tuple[int | None, ...]) -> str:
    """A course as blocks, a space where it is not known."""
    known = [one for one in numbers if one is not None]
    if not known or max(known) == min(known):
        return "".join(" " if one is None else _BLOCKS[3] for one in numbers)
    low, wide = min(known), max(known) - min(known)
    return "".join(" " if one is None else _BLOCKS[round((one - low) / wide * 7)] for one in numbers)


def _look(look: Look) -> Iterator[Text]:
    one = look.decision
    head = Text(f"\n{printable(look.segment)} against {printable(look.terms.against)}: ")
    yield head + Text(str(one.outcome), style=OUTCOME_STYLE[one.outcome])
    yield Text(f"  {printable(one.sentence)}")
    if one.difference is not None and (picture := bar(one.difference.low, one.difference.value, one.difference.high)):
        yield Text(f"  {picture}", no_wrap=True)
    for line in numbers_of(look.trial, one):
        yield Text(f"    {printable(line)}", style="dim")


def bar(low: float, value: float, high: float) -> str:
    """An interval as a line with its best guess (●) and 0 (│) in the middle; empty where it has no ends."""
    reach = max(abs(low), abs(high)) * 1.05
    if not 0 < reach < float("inf"):
        return ""
    places = [round((one / reach + 1) / 2 * (_WIDTH - 1)) for one in (low, value, high)]
    drawn = [" "] * _WIDTH
    for place in range(places[0], places[2] + 1):
        drawn[place] = "─"
    drawn[places[0]], drawn[places[2]] = "├", "┤"
    drawn[_WIDTH // 2] = "│"
    drawn[places[1]] = "●"
    return f"worse {''.join(drawn)} better"
