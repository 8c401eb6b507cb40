"""Runs the measurements that are asked for, and tells what they found."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streams.errors import MicrosegError
from streams.progress import doing
from streams.proofs.bench import bot, cold, document, growth, job, latency, memory, pictures, raw, recovery, replay
from streams.proofs.bench.bench import Bench
from streams.proofs.bench.command import PICTURES, parser, sizes_of
from streams.proofs.bench.files import CACHE
from streams.proofs.bench.machine import load, machine, today, versions
from streams.proofs.bench.measured import Result, as_json, from_json
from streams.proofs.bench.peers import Peers
from streams.proofs.bench.table import print_table
from streams.proofs.command import exit_code_of
from streams.proofs.ground import ProofError
from streams.rules.load import load_rules
from streams.settings_source import nearest

PARTS = ("rows", "curves", "faults")
SHIPPED = Path("segment_rules")
MEASUREMENTS: dict[str, Callable[[Bench], Result]] = {
    "job": job.measure,
    "raw": raw.measure,
    "replay": replay.measure,
    "recovery": recovery.measure,
    "latency": latency.measure,
    "bot": bot.measure,
    "memory": memory.measure,
    "growth": growth.measure,
    "cold": cold.measure,
}


def main() -> int:
    """Reads the arguments, measures, tells."""
    args = parser(list(MEASUREMENTS)).parse_args()
    return exit_code_of("bench", lambda: _run(args), MicrosegError)


def _run(args: argparse.Namespace) -> int:
    names = _chosen(args.names)
    if not args.no_pictures and not args.source and "growth" in names:
        pictures.check_drawing()
    told = _together(args.source) if args.source else _measured(args, names)
    result = from_json(told)
    out = args.out or (PICTURES if told["sizes"]["name"] == "full" else CACHE / "pictures")
    drawn = [] if args.no_pictures else pictures.draw(result.curves, out)
    if args.write:
        document.write(args.write, told, result, drawn)
    if args.json:
        print(json.dumps(told))
    else:
        print_table(told, result.rows)
        _tell(result, drawn)
    missed = any(row.reached is False for row in result.rows)
    return 1 if result.faults or (args.check and missed) else 0


def _chosen(names: list[str]) -> list[str]:
    for name in names:
        if name not in MEASUREMENTS:
            raise ProofError(f"there is no measurement {name}{nearest(name, list(MEASUREMENTS), str)}")
    return [name for name in MEASUREMENTS if name in names or not names]


def _measured(args: argparse.Namespace, names: list[str]) -> dict[str, Any]:
    """Measures, and keeps the result in a file, which ``--from`` takes."""
    load_rules(args.rules)
    sizes = sizes_of(args)
    peers = Peers(args.peers, sizes) if args.peers else None
    about: dict[str, Any] = {"date": today(), "load_before": load()}
    result = Result()
    with doing() as tell, ExitStack() as stack:
        bench = Bench(sizes, args.rules, args.make_events, SHIPPED, tell, stack, peers)
        bench.check, bench.disturbed = not args.no_check, args.disturbed
        for number, name in enumerate(names, 1):
            bench.say(f"{name}: measurement {number} of {len(names)}")
            result.add(_attempted(name, bench))
        result.faults += bench.faults
    about |= {"machine": machine(), "versions": versions(), "sizes": asdict(sizes)}
    told = {**about, **as_json(result)}
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = CACHE / f"{'-'.join([sizes.name, *(names if len(names) < len(MEASUREMENTS) else ())])}.json"
    kept.write_text(json.dumps(told, indent=1))
    print(f"kept in {kept}", file=sys.stderr)
    return told


def _together(files: list[Path]) -> dict[str, Any]:
    """What results of measurements that were made apart tell; date and machine are those of the first.

    Raises:
        ProofError: a file is no result, or of other sizes than the first.
    """
    try:
        all_told = [json.loads(file.read_text()) for file in files]
        first = all_told[0]
        if any(told["sizes"] != first["sizes"] for told in all_told):
            raise ProofError("--from: results of different sizes do not go together")
        return {**first, **{part: [one for told in all_told for one in told[part]] for part in PARTS}}
    except (ValueError, KeyError, TypeError) as error:
        raise ProofError(f"--from: no result of scripts/bench ({error})") from error


def _attempted(name: str, bench: Bench) -> Result:
    """What a measurement found; one that cannot be made does not throw away what the others found."""
    try:
        return MEASUREMENTS[name](bench)
    except (MicrosegError, OSError) as error:
        return Result(faults=[f"{name}: {error}"])


def _tell(result: Result, drawn: list[Path]) -> None:
    for fault in result.faults[:20]:
        print(f"wrong: {fault}")
    for file in drawn:
        print(f"drawn: {file}")


if __name__ == "__main__":
    sys.exit(main())
