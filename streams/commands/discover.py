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
    from streams.discovery.start import Done
    from streams.rules.load import LoadedFolder
    from streams.settings import Settings


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "discover",
        help="propose segments that nobody thought of",
        description="Searches the customers of event files for groups whose later behaviour differs, has a language "
        "model pick and explain (where ANTHROPIC_API_KEY is set), and writes rule files to DIR/proposed for a person "
        "to look at. Nothing goes live. docs/discovery_model.md says what the model is told.",
    )
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--events", nargs="+", metavar="FILE", required=True, help="event files: JSON lines, .gz, .zst")
    parser.add_argument("--no-model", action="store_true", help="ask no language model")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints what is proposed."""
    from streams.discovery.start import alone, facts_of
    from streams.rules.load import load_folder

    settings = settings_of(args)
    folder = args.dir or settings.rules
    loaded = load_folder(folder, settings.retention_ms)
    with alone(settings.data_dir):
        done = _done(settings, folder, loaded, args)
    if args.json:
        print(json.dumps(facts_of(done), ensure_ascii=False))
    else:
        _print(done)
    return 0


def _done(settings: Settings, folder: Path, loaded: LoadedFolder, args: argparse.Namespace) -> Done:
    from streams.authoring.run_examples import Shop
    from streams.discovery.likeness import Likeness
    from streams.discovery.miner import mine
    from streams.discovery.round import Found
    from streams.discovery.start import Ground, discover
    from streams.progress import doing
    from streams.survey.offline import replayed
    from streams.worker.clock import WallClock

    shop = Shop(settings.timezone, settings.retention_ms, settings.traffic)
    ground = Ground(folder, loaded, settings.data_dir, shop, WallClock().now_ms())
    partition = replayed(settings, loaded.rule_set, args.events)
    with doing() as tell:
        tell("searching", 0, 0)
        asof_ms = partition.machine.clock_ms()
        mined = mine(partition, asof_ms)
        searched = Found(mined.evidence, mined.candidates, mined.measure, Likeness(partition, asof_ms))
        return discover(searched, ground, settings.discovery, None if args.no_model else os.environ, tell)


def _print(done: Done) -> None:
    from rich.console import Console

    from streams.discovery.told import lines, table

    if done.report.written:
        Console(file=sys.stdout, width=columns() or 160, highlight=False).print(table(done))
    print_lines(lines(done))
