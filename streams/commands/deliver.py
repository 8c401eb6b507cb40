"""``microseg deliver``: keeps another system what the memberships are."""

from __future__ import annotations

import argparse
import json
import signal
import sys

from streams.commands import Subparsers, add_config, settings_of


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "deliver",
        help="keep another system up to date with the memberships",
        description="Keeps another system up to date with the memberships, until Ctrl-C. What it has is remembered "
        "there: after a crash, or a loss on either side, it goes on where that stands.",
    )
    parser.add_argument("sink", choices=["redis"], metavar="SINK", help="which: redis")
    parser.add_argument("--rebuild", action="store_true", help="begin with everything anew; readers keep what is there")
    parser.add_argument(
        "--until-drained", action="store_true", help="leave once everything that was there is delivered"
    )
    parser.add_argument("--json", action="store_true", help="with --until-drained: tell what it took as JSON")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delivers."""
    from streams.sinks.serving.connection import redis_of, shown
    from streams.sinks.serving.keeping import Keeping
    from streams.worker.clock import WallClock

    settings = settings_of(args)
    keeping = Keeping(settings, redis_of(settings), WallClock(), _say)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: keeping.stop())
    _say(f"delivering to {shown(settings)}")
    keeping.run(anew=args.rebuild, until_drained=args.until_drained)
    if args.until_drained and args.json:
        print(json.dumps(keeping.progress._asdict()))
    return 0


def _say(text: str) -> None:
    print(f"microseg: {text}", file=sys.stderr, flush=True)
