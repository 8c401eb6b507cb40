"""A finished round for people: a table of the proposals, and lines below it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streams.discovery.proposals.words import main_outcome, outcome_name
from streams.discovery.start import Done

if TYPE_CHECKING:
    from rich.table import Table

    from streams.discovery.proposals.writing import Written

HEADS = ("proposal", "members", "later", "lift", "95 % interval", "RFM", "by")


def table(done: Done) -> Table:
    """The proposals, a row each, with the outcome by which it was found."""
    from rich.table import Table
    from rich.text import Text

    found = Table(box=None, pad_edge=False, header_style="bold")
    for head in HEADS:
        found.add_column(head, justify="left" if head in ("proposal", "later", "by") else "right", overflow="fold")
    for one in done.report.written:
        found.add_row(*(Text(cell) for cell in _cells(one)))  # as text: a title is no markup of rich
    return found


def _cells(one: Written) -> tuple[str, ...]:
    candidate, words = one.draft.candidate, one.draft.words
    best = main_outcome(candidate)
    figures = (outcome_name(best), f"{best.lift:.2f}", f"{best.low:.2f} to {best.high:.2f}") if best else ("", "", "")
    return f"{words.name}\n{words.title}", f"{candidate.size:,}", *figures, f"{candidate.rfm:.0%}", one.draft.by


def lines(done: Done) -> Iterator[str]:
    """What else there is to know of a round."""
    report = done.report
    if report.fault:
        yield f"the model was of no use: {report.fault}; proposed are the search's own candidates, with plain words"
    if done.spending:
        yield done.spending.words()
        yield f"what was sent and answered: {done.log}"
    for one in report.left_out:
        yield f"left out: {one}"
    if not report.written:
        yield "nothing is proposed"
        return
    yield "written, for a person to look at:"
    for written in report.written:
        yield f"  {written.path}{'' if written.examples else ' (without examples)'}"
