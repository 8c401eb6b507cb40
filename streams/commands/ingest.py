"""``microseg ingest``: what shops already stream, as native events."""

from __future__ import annotations

import argparse

from streams.commands import Subparsers, add_config, settings_of


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "ingest",
        help="translate the shop's own topics into native events; more processes share the partitions",
        description="Reads the topics that have a dialect, translates their records and writes native events, keyed by "
        "customer, to the topics that workers read, exactly once.",
    )
    parser.add_argument(
        "--until-drained",
        action="store_true",
        help="leave once everything that is in the topics is translated, and tell what it took",
    )
    parser.add_argument("--json", action="store_true", help="with --until-drained: tell it as JSON")
    parser.add_argument(
        "--http",
        nargs="?",
        type=_address,
        const=("127.0.0.1", 6067),
        metavar="HOST:PORT",
        help="also take webhooks of Shopify (/shopify) and calls of the Segment spec (/v1/batch, /v1/track, ...) here "
        "and write them to the topics of their dialects (default: 127.0.0.1:6067)",
    )
    add_config(parser)
    parser.set_defaults(run=run)


def _address(text: str) -> tuple[str, int]:
    from streams.settings_values import address

    try:
        return address(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    """Runs ingest; the process ends inside."""
    from streams.ingest.process import Options, run_ingest

    run_ingest(settings_of(args), Options(until_drained=args.until_drained, as_json=args.json, http=args.http))
