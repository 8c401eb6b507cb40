"""``microseg load``: history from files into the topics."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from streams.clients.load import Load
    from streams.settings import Settings


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "load",
        help="load events from files into the topics",
        description="Sends the events of JSON lines to the input topics, keyed by customer: views and carts, purchases "
        "and refunds, e-mails, and the rest each to their own. Lines that are no event are left out and told. "
        "Exit 0: loaded; 1: there was no event at all among the lines; 2: it could not be done.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines; .gz and .zst too; - is standard input")
    parser.add_argument("--topic", metavar="NAME", help="send everything to this topic, which must exist")
    parser.add_argument("--json", action="store_true", help="print what was done as one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Loads the files one after the other and tells how many events went where, and what was refused."""
    from streams.clients.topics import prepare

    settings = settings_of(args)
    _all_can_be_read(args.files)
    prepare(settings, args.topic)
    started = time.monotonic()
    load = _load(args, settings)
    seconds = time.monotonic() - started
    _say_refused(load)
    if args.json:
        print(json.dumps(_facts(load, seconds)))
    else:
        print(_summary(load, seconds))
    return 1 if load.refusals and not load.sent else 0


def _all_can_be_read(files: list[str]) -> None:
    """Raises OSError before anything is loaded if a file is missing."""
    for name in files:
        if name != "-":
            with open(name, "rb"):
                pass


def _load(args: argparse.Namespace, settings: Settings) -> Load:
    from streams.clients.load import Load
    from streams.clients.routes import Routes
    from streams.clients.sender import Sender
    from streams.files import open_lines
    from streams.progress import reading

    with Sender(settings) as sender:
        load = Load(sender, Routes(settings, args.topic))
        for name in args.files:
            with open_lines(name) as source, reading(source) as lines:
                load.file(source.name, lines)
    return load


def _say_refused(load: Load) -> None:
    if not load.refusals:
        return
    print(f"microseg: {load.refusals} lines were refused:", file=sys.stderr)
    for file, line, reason in load.refused:
        print(f"  {file}:{line}: {reason}", file=sys.stderr)
    if load.refusals > len(load.refused):
        print(f"  and {load.refusals - len(load.refused)} more", file=sys.stderr)


def _facts(load: Load, seconds: float) -> dict[str, object]:
    refused = [one._asdict() for one in load.refused]
    events = load.sent.total()
    return {
        "events": events,
        "seconds": round(seconds, 3),
        "topics": dict(load.sent),
        "refused": load.refusals,
        "first_refused": refused,
    }


def _summary(load: Load, seconds: float) -> str:
    events = load.sent.total()
    rate = f"{events / max(seconds, 0.001):,.0f} events/s"
    where = ", ".join(f"{topic} {count:,}" for topic, count in sorted(load.sent.items()))
    return f"loaded {events:,} events in {seconds:.1f} s ({rate}){': ' if where else ''}{where}"
