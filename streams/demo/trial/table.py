"""What a trial came to, as a table."""

from __future__ import annotations

from collections.abc import Mapping

from rich.box import SIMPLE_HEAD
from rich.table import Table

from streams.trials.assignment import CONTROL, TREATMENT
from streams.trials.figures import MICROS, Figures
from streams.trials.totals import Totals, TrialTotals


def table_of(totals: Totals, micro: str, broad: str, planted: Mapping[str, float]) -> Table:
    """Of each arm its customers and what they did, as tracking has counted it; ``planted``: how likely a mail of either
    segment was clicked."""
    told = f"treatment gets the mail of {micro}, control that of {broad}"
    table = Table(title="What it came to", title_justify="left", box=SIMPLE_HEAD, padding=0, caption=told)
    table.add_column("arm")
    for head in ("customers", "mails", "clicked", "as planted", "who\nclicked", "who\nordered", "revenue\neach"):
        table.add_column(head, justify="right", no_wrap="\n" not in head)
    for arm, segment in ((TREATMENT, micro), (CONTROL, broad)):
        mine = next((one for one in totals.trials if (one.segment, one.arm) == (micro, arm)), TrialTotals(micro, arm))
        mail = Figures.of(day for day in totals.days if (day.segment, day.arm) == (segment, arm))
        table.add_row(
            arm,
            f"{mine.customers:,}",
            f"{mail.sent:,}",
            f"{mail.clicked / (mail.sent or 1):.1%}",
            f"{planted[segment]:.0%}",
            f"{mine.clicked / (mine.customers or 1):.1%}",
            f"{mine.converted / (mine.customers or 1):.1%}",
            f"{mine.revenue_micros / MICROS / (mine.customers or 1):,.2f}",
        )
    return table
