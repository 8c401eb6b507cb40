"""The arguments of ``scripts/bench``."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from streams.proofs.bench.bench import DISTURBED
from streams.proofs.bench.files import SHARED
from streams.proofs.bench.sizes import FULL, QUICK, Sizes

PICTURES = Path("docs/pictures")


def parser(names: list[str]) -> argparse.ArgumentParser:
    """The parser; ``names`` are the measurements."""
    made = argparse.ArgumentParser(
        prog="scripts/bench",
        description="Measures this program, beside peers where they are given, and holds it against its targets.",
    )
    made.add_argument("names", nargs="*", metavar="NAME", help=f"only these measurements: {', '.join(names)}")
    made.add_argument("--peers", type=Path, metavar="DIR", help="the folder of the peers, with its run.py")
    made.add_argument("--check", action="store_true", help="exit code 1 where a target is missed")
    made.add_argument("--quick", action="store_true", help="small sizes; the figures are not comparable")
    made.add_argument("--json", action="store_true", help="print one JSON object")
    made.add_argument("--from", dest="source", type=Path, nargs="+", metavar="FILE", help="tell such objects again")
    made.add_argument("--write", type=Path, metavar="FILE", help="fill the block of figures in this document")
    made.add_argument("--out", type=Path, metavar="DIR", help=f"where pictures go ({PICTURES}; --quick: the cache)")
    made.add_argument("--no-pictures", action="store_true", help="draw none")
    made.add_argument("--runs", type=int, metavar="N", help=f"interleaved runs of each ({FULL.runs})")
    made.add_argument("--events", type=int, metavar="N", help=f"the job's events ({FULL.events:,})")
    made.add_argument("--users", type=int, metavar="N", help="of how many customers (a tenth of the events)")
    made.add_argument("--rules", type=Path, default=SHARED / "rules", help=f"the job's rules ({SHARED / 'rules'})")
    made.add_argument(
        "--make-events", type=Path, default=SHARED / "make_events.py", metavar="FILE", help="writes events"
    )
    made.add_argument(
        "--disturbed",
        type=float,
        default=DISTURBED,
        metavar="PART",
        help=f"repeat what others took more of ({DISTURBED})",
    )
    made.add_argument("--no-check", action="store_true", help="do not hold the changes against the replay")
    return made


def sizes_of(args: argparse.Namespace) -> Sizes:
    """The sizes that are asked for."""
    sizes = QUICK if args.quick else FULL
    if args.events:
        sizes = replace(sizes, name=sizes.name if args.quick else "changed", events=args.events)
        sizes = replace(sizes, users=max(1, args.events // 10))
    if args.users:
        sizes = replace(sizes, name=sizes.name if args.quick else "changed", users=args.users)
    return replace(sizes, runs=args.runs) if args.runs else sizes
