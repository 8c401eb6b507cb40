"""The table of all rows, for a terminal and for a document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.proofs.bench.measured import Measured

HEAD = ("what", "measured", "peer", "ratio", "target", "reached", "note")
#: Columns where there is no terminal.
WIDTH = 160
_VERDICTS = {True: "yes", False: "NO", None: ""}


def cells(row: Measured) -> tuple[str, ...]:
    """A row in words, as ``HEAD`` names them."""
    measured = "not measured" if row.value is None else f"{number(row.value)} {row.unit}"
    peer = "" if row.peer is None else number(row.peer)
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    verdict = "not measured" if row.target and row.reached is None else _VERDICTS[row.reached]
    return (row.what, measured, peer, ratio, str(row.target or ""), verdict, row.note)


def number(value: float) -> str:
    """A number with about three figures that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def markdown(rows: Iterable[Measured]) -> str:
    """The table as Markdown."""
    lines = [HEAD, tuple("---" for _ in HEAD), *(cells(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def print_table(told: dict[str, Any], rows: Iterable[Measured]) -> None:
    """The table on standard output; the notes stand below what they tell of."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    colours = {"yes": "green", "NO": "bold red", "not measured": "yellow"}
    title = f"{told['machine']}, {told['date']}, load average before: {told['load_before']}"
    if told["sizes"]["name"] != "full":
        title += (
            f"\n{told['sizes']['name'].upper()}: small sizes, the figures are NOT comparable with those of a full run"
        )
    table = Table(title=title, show_lines=True)
    for name in HEAD[:-1]:
        table.add_column(name, justify="right" if name in ("measured", "peer", "ratio") else "left")
    for row in rows:
        what, *more, verdict, note = cells(row)
        if note:
            what = f"{what}\n[dim]{escape(note)}[/]"
        table.add_row(what, *more, f"[{colours[verdict]}]{verdict}[/]" if verdict in colours else verdict)
    console = Console()
    (console if console.is_terminal else Console(width=WIDTH)).print(table)
