"""What ``scripts/rejudge`` measured, for people."""

from __future__ import annotations

from typing import Any

MIB = 1 << 20


def print_tables(result: dict[str, Any]) -> None:
    """A table of the passes in process, and one of the live worker, as far as they were measured."""
    from rich.console import Console

    console = Console()
    for name in ("all rules", "without families"):
        if name in result:
            console.print(_speeds(result, result[name]))
    if "live" in result:
        console.print(_live(result["live"]))


def _speeds(result: dict[str, Any], speeds: dict[str, Any]) -> Any:
    from rich.table import Table

    title = f"{result['customers']:,} customers under {speeds['rules']} rules, in process"
    table = Table("measure", "value", title=title)
    table.columns[1].justify = "right"
    rows = result["customers"]
    table.add_row("the kernel's own pass", _spread(speeds["kernel_seconds"], " s"))
    table.add_row("all that a worker does", _spread(speeds["worker_seconds"], " s"))
    table.add_row("times the kernel's own", _spread(speeds["ratio"], ""))
    table.add_row("the kernel a row", _spread([one / rows * 1e6 for one in speeds["kernel_seconds"]], " µs"))
    table.add_row("customers that change", f"{speeds['changes']:,} ({speeds['changes'] / rows:.0%})")
    table.add_row("rows for the changelog", f"{speeds['changelog_rows']:,}")
    table.add_row("records and rows, to be written", f"{speeds['bytes'] / MIB:,.0f} MiB")
    table.add_row("taking the rules up", _spread(speeds["switch_seconds"], " s"))
    table.add_row("longest slice", f"{speeds['longest_slice_seconds'] * 1000:,.0f} ms")
    return table


def _spread(values: list[float], unit: str) -> str:
    """The median, and where there are several the least and the greatest."""
    ordered = sorted(values)
    middle = f"{ordered[len(ordered) // 2]:.2f}{unit}"
    return middle if len(ordered) == 1 else f"{middle} ({ordered[0]:.2f} to {ordered[-1]:.2f})"


def _live(live: dict[str, Any]) -> Any:
    from rich.table import Table

    title = (
        f"a worker under {live['rate']:,} live events a second, peak memory {live['peak_memory_bytes'] / MIB:,.0f} MiB"
    )
    table = Table("phase", "took", "changes by events", "p50", "p99", "max", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    table.add_row("before an edit", "", *_latency(live["quiet"]))
    for number, edit in enumerate(live["edits"], 1):
        table.add_row(f"edit {number} goes live", f"{edit['live_seconds']:.1f} s", *_latency(edit["going_live"]))
        table.add_row("judging all rows", f"{edit['judging_seconds']:.1f} s", *_latency(edit["judging"]))
    return table


def _latency(latency: dict[str, Any]) -> tuple[str, ...]:
    return f"{latency['changes']:,}", *(f"{latency[name]:,.0f} ms" for name in ("p50_ms", "p99_ms", "max_ms"))
