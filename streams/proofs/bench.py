"""``scripts/bench``: how fast one worker drains a topic, what that takes, and how fast it recovers."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from streams.clients.changes import ChangeReader
from streams.proofs.command import exit_code_of
from streams.proofs.ground import Ground, ProofError, fresh_ground, load_lines
from streams.proofs.subscriber import Subscriber
from streams.proofs.verdict import differences, expected_segments
from streams.proofs.worker_runs import drain
from streams.rules.load import load_rules

CACHE = Path(".microseg/bench")
SHARED = Path("../shared/bench")
MIB = 1 << 20


def main() -> int:
    """Reads the arguments, measures, tells."""
    args = _parser().parse_args()
    return exit_code_of("bench", lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    load_rules(args.rules)
    events = event_file(args.make_events, args.events, args.users or max(1, args.events // 10))
    result = _measure(args, events)
    if args.json:
        print(json.dumps(result))
    else:
        _table(result)
    return 1 if result["faults"] else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="how many events (1,000,000)")
    parser.add_argument("--users", type=int, metavar="N", help="of how many customers (a tenth of the events)")
    parser.add_argument("--rules", type=Path, default=SHARED / "rules", help=f"the rule folder ({SHARED / 'rules'})")
    parser.add_argument(
        "--make-events",
        type=Path,
        default=SHARED / "make_events.py",
        metavar="FILE",
        help="the script that writes events",
    )
    parser.add_argument("--no-check", action="store_true", help="do not hold the result against the replay")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def event_file(script: Path, events: int, users: int) -> Path:
    """The file of events, written once."""
    file = CACHE / f"events-{events}-{users}.jsonl"
    if not file.exists():
        _say(f"writing {file}")
        CACHE.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        command = [sys.executable, str(script), "--events", str(events), "--users", str(users)]
        with part.open("wb") as out:
            done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise ProofError(f"{script} failed: {done.stderr.strip()[-300:]}")
        part.rename(file)
    return file


def _measure(args: argparse.Namespace, file: Path) -> dict[str, Any]:
    with fresh_ground(args.rules, topic="events") as ground:
        _say("loading the topic")
        started = time.monotonic()
        load_lines(ground, _lines(file))
        load_s = time.monotonic() - started
        _say("draining it")
        first = drain(ground)
        _say("restarting the worker")
        again = drain(ground)
        faults = [] if args.no_check else _faults(ground, file)
    events = first["events"]
    return {
        "events": events,
        "customers": first["customers"],
        "seconds": first["seconds"],
        "events_per_second": first["events_per_second"],
        "cpu_seconds_per_million": round(first["cpu_seconds"] / events * 1e6, 2),
        "peak_memory_bytes": first["peak_memory_bytes"],
        "recovery_seconds": again["recovery_seconds"],
        "recovered_customers": again["customers"],
        "load_events_per_second": round(events / load_s),
        "checked": not args.no_check,
        "faults": faults,
    }


def _lines(file: Path) -> Iterator[bytes]:
    with file.open("rb") as lines:
        yield from lines


def _faults(ground: Ground, file: Path) -> list[str]:
    _say("holding it against the replay")
    with closing(ChangeReader(ground.settings, from_beginning=True)) as reader:
        subscriber = Subscriber(reader)
        subscriber.read_all()
    return subscriber.faults + differences(expected_segments(ground, _lines(file)), subscriber.segments)


def _table(result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("measure", "value", title="one worker and its broker on this machine")
    table.columns[1].justify = "right"
    table.add_row("events", f"{result['events']:,}")
    table.add_row("customers", f"{result['customers']:,}")
    table.add_row("drained in", f"{result['seconds']:.1f} s")
    table.add_row("events a second", f"{result['events_per_second']:,}")
    table.add_row("CPU seconds a million events, start included", f"{result['cpu_seconds_per_million']:.1f}")
    table.add_row("peak memory", f"{result['peak_memory_bytes'] / MIB:,.0f} MiB")
    table.add_row("recovery of all rows", f"{result['recovery_seconds']:.1f} s")
    table.add_row("loaded at, events a second", f"{result['load_events_per_second']:,}")
    table.add_row("against the replay", _verdict(result))
    Console().print(table)
    for fault in result["faults"][:20]:
        print(f"  {fault}")


def _verdict(result: dict[str, Any]) -> str:
    if not result["checked"]:
        return "not checked"
    return f"{len(result['faults'])} differences" if result["faults"] else "agrees"


def _say(text: str) -> None:
    print(f"{text} ...", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
