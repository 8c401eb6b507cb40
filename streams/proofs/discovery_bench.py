"""``scripts/discovery_bench``: what discovery finds of groups hidden in simulated shops, and what it proposes besides.

Shops differ in how many members each hidden group has and in how many of these do not behave as their group does
(noise). Each shop is searched once, the first twice, to see that the same customers give the same proposals.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from streams.progress import counting
from streams.proofs.command import exit_code_of
from streams.proofs.discovery_judge import Judged, judge
from streams.proofs.discovery_shop import PLANTED, shop

#: What is promised: of groups of TARGET_MEMBERS and more, without noise; of all proposals; of each search in seconds.
TARGET_MEMBERS, RECALL, FALSE_SHARE, SECONDS = 200, 0.9, 0.05, 60.0


class Case(NamedTuple):
    """A kind of shop."""

    members: int
    noise: float


class Line(NamedTuple):
    """What came of all shops of a kind; recall as a share of the groups hidden, ``wrong`` of ``proposed``."""

    case: Case
    shops: int
    recall: float
    proposed: int
    wrong: int
    seconds: float
    cpu_s: float
    missed: list[str]


def main() -> int:
    """Reads the arguments, simulates, tells. Exit code 1: a promise is not kept."""
    args = _parser().parse_args()
    return exit_code_of("discovery_bench", lambda: _run(args))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/discovery_bench", description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000, metavar="N", help="of each shop (20,000)")
    parser.add_argument(
        "--members", type=int, nargs="+", default=[100, 200, 400], metavar="N", help="of a hidden group"
    )
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.25], metavar="X", help="share of noise")
    parser.add_argument("--shops", type=int, default=2, metavar="N", help="shops of each kind (2)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the first shop (1)")
    parser.add_argument("--words", action="store_true", help="tell every proposal")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(args: argparse.Namespace) -> int:
    cases = [Case(members, noise) for members in args.members for noise in args.noise]
    jobs = [(case, args.seed + number) for case in cases for number in range(args.shops)]
    runs: dict[Case, list[Judged]] = {case: [] for case in cases}
    with counting("shops", jobs) as each:
        for case, seed in each:
            runs[case].append(judge(shop(args.customers, case.members, case.noise, seed)))
    again = judge(shop(args.customers, cases[0].members, cases[0].noise, args.seed))
    stable = again.digest == runs[cases[0]][0].digest
    lines = [line_of(case, found) for case, found in runs.items()]
    kept = verdict(lines, stable)
    if args.json:
        print(json.dumps({"customers": args.customers, "lines": [_told(line) for line in lines], "kept": kept}))
    else:
        _table(lines, kept, runs if args.words else {})
    return 0 if all(kept.values()) else 1


def line_of(case: Case, runs: Sequence[Judged]) -> Line:
    """The shops of a kind together."""
    found = [done for run in runs for done in run.found.values()]
    missed = [f"{kind} ({count})" for kind in PLANTED if (count := sum(not run.found[kind] for run in runs))]
    return Line(
        case,
        len(runs),
        sum(found) / len(found),
        sum(len(run.proposed) for run in runs),
        sum(run.wrong for run in runs),
        max(run.seconds for run in runs),
        max(run.cpu_s for run in runs),
        missed,
    )


def verdict(lines: Sequence[Line], stable: bool) -> dict[str, bool]:
    """Which promises are kept."""
    large = [line.recall for line in lines if line.case.members >= TARGET_MEMBERS and not line.case.noise]
    proposed, wrong = sum(line.proposed for line in lines), sum(line.wrong for line in lines)
    return {
        "recall": not large or sum(large) / len(large) >= RECALL,
        "false proposals": wrong <= FALSE_SHARE * proposed,
        "the same from the same": stable,
        "under a minute": all(line.seconds < SECONDS for line in lines),
    }


def _told(line: Line) -> dict[str, Any]:
    return {**line._asdict(), "case": line.case._asdict()}


def _table(lines: Sequence[Line], kept: dict[str, bool], runs: dict[Case, list[Judged]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("members", "noise", "shops", "recall", "proposed", "wrong", "seconds", "CPU s", "missed")
    for line in lines:
        figures = (f"{line.recall:.0%}", line.proposed, line.wrong, f"{line.seconds:.1f}", f"{line.cpu_s:.1f}")
        cells = (line.case.members, f"{line.case.noise:.0%}", line.shops, *figures, ", ".join(line.missed))
        table.add_row(*map(str, cells))
    console = Console()
    console.print(table)
    for case, found in runs.items():
        for one in (one for run in found for one in run.proposed):
            said = f"{one.kind or 'nothing hidden'}, precision {one.precision:.0%}, recall {one.recall:.0%}"
            console.print(f"{case.members} / {case.noise:.0%}: {one.size} {one.words}: {said}", highlight=False)
    for name, well in kept.items():
        console.print(f"{name}: {'kept' if well else '[red]not kept[/red]'}")


if __name__ == "__main__":
    sys.exit(main())
