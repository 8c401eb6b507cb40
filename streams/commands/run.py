"""``microseg run``: one worker."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiohttp import web

    from streams.settings import Settings


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "run",
        help="run one worker; more workers share the partitions",
        description="Runs one worker: reads the input topics, keeps customers' rows, publishes membership changes.",
    )
    parser.add_argument(
        "--until-drained",
        action="store_true",
        help="leave once everything that was in the topics at the start is read and written, and tell what it took",
    )
    parser.add_argument("--json", action="store_true", help="with --until-drained: tell it as JSON")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Runs the worker; the process ends inside."""
    from streams.worker.making import partitions_of, throwaways_of
    from streams.worker.process import Options, run_worker

    settings = settings_of(args)
    options = Options(args.until_drained, args.json, throwaways_of(settings), _dashboard(settings))
    run_worker(settings, partitions_of(settings), options)


def _dashboard(settings: Settings) -> Callable[[web.Application], None]:
    """Adds the dashboard to a worker's pages; it does nothing before somebody looks."""
    from streams.commands.dashboard import sources_of
    from streams.dashboard.app import WITHIN_A_WORKER, Dashboard
    from streams.dashboard.process import told

    def mount(app: web.Application) -> None:
        Dashboard(settings, sources_of(settings), WITHIN_A_WORKER).mount(app)
        told(*(settings.http or ("", 0)))

    return mount
