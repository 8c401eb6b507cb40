"""``scripts/rejudge``: what an edit of the rules costs with a million loaded customers.

First in one process: the kernel's own pass over all rows, and everything that a worker does for them, in turn. Then a
real worker, whose rule folder is edited back and forth while live events come: how long it judges, and how late the
events' changes are before and meanwhile.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.progress import doing
from streams.proofs.bench.files import SHARED, event_file
from streams.proofs.command import exit_code_of
from streams.proofs.editions import Texts, older, texts_of, without_families
from streams.proofs.judging_speed import Pass, compared
from streams.proofs.live_rejudging import Outcome, rejudge_live, shop_ground, write_changelogs
from streams.proofs.loaded_shop import LoadedShop, loaded_shop
from streams.proofs.rejudge_table import print_tables
from streams.rules.compile import Program, compile_rules
from streams.rules.load import load_texts
from streams.settings import Settings
from streams.worker.clock import WallClock
from streams.worker.warm import collect_rarely

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Rules:
    """An edit: the rules before and after."""

    before: Texts
    after: Texts

    def programs(self, settings: Settings) -> tuple[Program, Program]:
        """Both, compiled."""
        before, after = (
            compile_rules(load_texts(texts, settings.retention_ms), settings.retention_ms, settings.timezone)
            for texts in (self.before, self.after)
        )
        return before, after


def main() -> int:
    """Reads the arguments, measures, tells."""
    args = _parser().parse_args()
    return exit_code_of("rejudge", lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    with doing() as tell:
        result = _measure(args, tell)
    if args.json:
        print(json.dumps(result))
    else:
        print_tables(result)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/rejudge", description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000, metavar="N", help="how many (1,000,000)")
    parser.add_argument("--partitions", type=int, default=4, metavar="N", help="in so many partitions (4)")
    parser.add_argument("--rate", type=int, default=1_000, metavar="N", help="live events a second (1,000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="passes in process, and edits live (3)")
    parser.add_argument("--quiet", type=float, default=20, metavar="S", help="seconds before the first live edit (20)")
    parser.add_argument("--rules", type=Path, default=Path("segment_rules"), help="the rule folder (segment_rules)")
    parser.add_argument("--older", type=Path, help="the rules before the edit (the same, all durations halved)")
    parser.add_argument("--only", choices=("process", "live"), help="measure only in this way")
    parser.add_argument("--events", type=int, default=1_000_000, metavar="N", help="of the shop that is copied")
    parser.add_argument(
        "--make-events",
        type=Path,
        default=SHARED / "make_events.py",
        metavar="FILE",
        help="the script that writes them",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _measure(args: argparse.Namespace, tell: Tell) -> dict[str, Any]:
    settings = Settings(partitions=args.partitions)
    after = texts_of(args.rules)
    rules = Rules(texts_of(args.older) if args.older else older(after), after)
    tell("folding the shop that is copied", 0, 0)
    file = event_file(args.make_events, args.events, max(1, args.events // 10))
    shops = _Shops(file, settings, args.customers)
    result: dict[str, Any] = {"customers": args.customers, "partitions": args.partitions, "rules": len(after)}
    if args.only != "live":
        plain = Rules(without_families(rules.before), without_families(rules.after))
        for name, edit in (("all rules", rules), ("without families", plain)):
            if edit.after:
                result[name] = _in_process(shops.of(edit), settings, edit, args.rounds, name, tell) | {
                    "rules": len(edit.after)
                }
    if args.only != "process":
        result["live"] = _live(shops, rules, args, tell)
    return result


@dataclass(slots=True)
class _Shops:
    """The shop as it is under the rules before an edit."""

    file: Path
    settings: Settings
    customers: int

    def of(self, rules: Rules) -> LoadedShop:
        before, _ = rules.programs(self.settings)
        with self.file.open("rb") as lines:
            return loaded_shop(
                lines, before, self.settings.policy(), WallClock().now_ms(), self.customers, self.settings.partitions
            )


def _in_process(
    shop: LoadedShop, settings: Settings, rules: Rules, rounds: int, name: str, tell: Tell
) -> dict[str, Any]:
    now_ms, (before, after) = WallClock().now_ms(), rules.programs(settings)
    partitions = shop.partitions(before, settings.policy(), now_ms)
    done = iter(range(1, 4 * rounds + 1))
    collect_rarely()
    kernel, worker = compared(
        partitions, before, after, now_ms, rounds, lambda: tell(f"passes in process, {name}", next(done), 4 * rounds)
    )
    return _speeds(kernel, worker)


def _speeds(kernel: list[Pass], worker: list[Pass]) -> dict[str, Any]:
    last = worker[-1]
    return {
        "kernel_seconds": [round(one.seconds, 3) for one in kernel],
        "worker_seconds": [round(one.seconds, 3) for one in worker],
        "ratio": [round(mine.seconds / own.seconds, 2) for own, mine in zip(kernel, worker, strict=True)],
        "changes": last.changes,
        "changelog_rows": last.rows,
        "bytes": last.bytes,
        "switch_seconds": [round(one.switch_s, 3) for one in worker],
        "longest_slice_seconds": round(max(one.longest_s for one in worker), 3),
    }


def _live(shops: _Shops, rules: Rules, args: argparse.Namespace, tell: Tell) -> dict[str, Any]:
    shop = shops.of(rules)
    with tempfile.TemporaryDirectory(prefix="microseg-rejudge-") as home:
        tell("starting a broker", 0, 0)
        with shop_ground(Path(home), rules.before, args.partitions) as ground:
            tell("writing the changelogs", 0, 0)
            write_changelogs(ground, shop)
            editions = [rules.before if number % 2 else rules.after for number in range(args.rounds)]
            users = shop.users()
            del shop
            found = rejudge_live(
                ground,
                users,
                editions,
                args.rate,
                args.quiet,
                lambda name: tell(name, 0, 0),
                lambda left: tell("judging", args.customers - left, args.customers),
            )
    return _seen(found) | {"rate": args.rate}


def _seen(found: Outcome) -> dict[str, Any]:
    return {
        "opening_seconds": round(found.opening_s, 1),
        "quiet": found.quiet._asdict(),
        "edits": [
            {
                "live_seconds": one.live_s,
                "judging_seconds": one.judging_s,
                "going_live": one.going_live._asdict(),
                "judging": one.judging._asdict(),
            }
            for one in found.edits
        ],
        "peak_memory_bytes": found.peak_memory_bytes,
    }


if __name__ == "__main__":
    sys.exit(main())
