"""``scripts/faults``: hurts real workers and a real broker in every way, and tells what that cost."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict

from tests.faults import stage
from tests.faults.catalogue import FAULTS
from tests.faults.judge import Outcome

SHOWN = 10


def main() -> int:
    """Reads the arguments, runs the faults, tells. Exit code 1: something was lost, or came twice, or was wrong."""
    parser = _parser()
    args = parser.parse_args()
    if unknown := [name for name in args.names if name not in FAULTS]:
        parser.error(f"there is no fault {', '.join(unknown)}; there are {', '.join(FAULTS)}")
    stage.STORE = args.store
    outcomes: dict[str, Outcome] = {}
    for name in args.names or FAULTS:
        outcomes[name] = _run(name)
    if args.json:
        print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}))
    else:
        _table(outcomes)
    return 1 if any(not outcome.good for outcome in outcomes.values()) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="FAULT", help=f"of {', '.join(FAULTS)} (all)")
    parser.add_argument("--store", choices=stage.STORES, default="memory", help="where workers keep customers (memory)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(name: str) -> Outcome:
    """One fault; one that could not be carried out is a bad one."""
    print(f"{name} ...", file=sys.stderr, end=" ", flush=True)
    started = time.monotonic()
    try:
        outcome = FAULTS[name]()
    except Exception as error:
        outcome = Outcome(0, 0, 0, 0, None, [f"could not be carried out: {type(error).__name__}: {error}"])
    print(f"{'well' if outcome.good else 'BAD'}, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    for line in outcome.faults[:SHOWN]:
        print(f"  {line}", file=sys.stderr)
    return outcome


def _table(outcomes: dict[str, Outcome]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "fault", "injected", "events", "lost", "repeated", "worst recovery", "", title="nothing lost, nothing twice"
    )
    for column in table.columns[1:6]:
        column.justify = "right"
    for name, one in outcomes.items():
        numbers = [f"{number:,}" for number in (one.injected, one.events, one.lost, one.repeated)]
        recovery = "" if one.recovery_s is None else f"{one.recovery_s:.1f} s"
        table.add_row(name, *numbers, recovery, "well" if one.good else f"[red]{len(one.faults)} faults[/red]")
    console = Console()
    console.print(table)
    for name, one in outcomes.items():
        for note in one.notes:
            console.print(f"  {name}: {note}", highlight=False, markup=False)


if __name__ == "__main__":
    sys.exit(main())
