"""``microseg discover``: one round of discovery, which proposes segments that nobody thought of."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, columns, print_lines, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from streams.discovery.round import Tell
    from streams.discovery.start import Done
    from streams.settings import Settings


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "discover",
        help="propose segments that nobody thought of",
        description="Searches all live customers, or those of event files, for groups whose later behaviour differs, "
        "has a language model pick and explain (where ANTHROPIC_API_KEY is set), and writes rule files to DIR/proposed "
        "for a person to look at. Nothing goes live. docs/discovery_model.md says what the model is told.",
    )
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument(
        "--events", nargs="+", metavar="FILE", help="search event files (.gz, .zst), not live customers"
    )
    parser.add_argument("--no-model", action="store_true", help="ask no language model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints what is proposed."""
    from streams.discovery.start import facts_of
    from streams.progress import doing

    settings = settings_of(args)
    folder = args.dir or settings.rules
    environ = None if args.no_model else os.environ
    with doing() as tell:
        done = (_of_files if args.events else _live)(settings, folder, environ, args, tell)
    if args.json:
        print(json.dumps(facts_of(done), ensure_ascii=False))
    else:
        _print(done)
    return 0


def _live(
    settings: Settings, folder: Path, environ: Mapping[str, str] | None, args: argparse.Namespace, tell: Tell
) -> Done:
    from streams.rounds.live import Order, live_round
    from streams.worker.clock import WallClock

    return live_round(Order(settings, folder), environ, WallClock().now_ms, tell)


def _of_files(
    settings: Settings, folder: Path, environ: Mapping[str, str] | None, args: argparse.Namespace, tell: Tell
) -> Done:
    from streams.discovery.everyone import Everyone
    from streams.discovery.start import alone, discover, searched
    from streams.rounds.live import ground_of
    from streams.survey.offline import replayed
    from streams.worker.clock import WallClock

    with alone(settings.data_dir):
        ground = ground_of(settings, folder, WallClock().now_ms())
        partition = replayed(settings, ground.loaded.rule_set, args.events)
        tell("searching", 0, 0)
        found = searched(Everyone([partition]), partition.machine.clock_ms())
        return discover(found, ground, settings.discovery, environ, tell)


def _print(done: Done) -> None:
    from rich.console import Console

    from streams.discovery.told import lines, table

    if done.report.written:
        Console(file=sys.stdout, width=columns() or 160, highlight=False).print(table(done))
    print_lines(lines(done))
