"""``microseg track``: what mail comes to, kept up with the live topics."""

from __future__ import annotations

import argparse

from streams.commands import Subparsers, add_config, settings_of


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "track",
        help="count what the mail of each segment and trial comes to; more processes share the partitions",
        description="Joins mail, orders and memberships of each customer and keeps the totals of segments, days and "
        "trials in a topic, exactly once. Reports and trial decisions read them there.",
    )
    parser.add_argument("--until-drained", action="store_true", help="leave once everything that is there is counted")
    parser.add_argument("--json", action="store_true", help="with --until-drained: tell what was read as JSON")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs tracking; the process ends inside."""
    from streams.tracking.process import run_track

    run_track(settings_of(args), until_drained=args.until_drained, as_json=args.json)
