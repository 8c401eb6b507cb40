"""``microseg load``: history from files into the topics."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of
from streams.errors import MicrosegError

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
        "Of CSV files (.csv) the exports of Shopify (orders, customers) and Klaviyo (events, profiles) are known; for "
        "any other say with --mapping what its columns mean. A load that is interrupted goes on where it was, and "
        "one that is repeated changes nothing. "
        "Exit 0: loaded; 1: there was no event at all among the lines; 2: it could not be done.",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="JSON lines or CSV; also .gz and .zst; -: standard input"
    )
    parser.add_argument("--mapping", type=Path, metavar="FILE", help="what the columns of CSV mean (see docs/load.md)")
    parser.add_argument("--at", metavar="T", help="when what has no date was true (default: the file's own date)")
    parser.add_argument("--topic", metavar="NAME", help="send everything to this topic, which must exist")
    parser.add_argument("--json", action="store_true", help="print what was done as one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Loads the files one after the other and tells how many events went where, and what was refused."""
    from streams.clients.topics import prepare

    settings = settings_of(args)
    _all_can_be_read(args.files)
    at_ms = _instant(args.at)
    prepare(settings, args.topic)
    started = time.monotonic()
    load = _load(args, settings, at_ms)
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


def _instant(text: str | None) -> int | None:
    from streams.events.instants import instant_ms

    try:
        return None if text is None else instant_ms(text)
    except ValueError as error:
        raise MicrosegError(f"--at: {text!r} {error}") from error


def _load(args: argparse.Namespace, settings: Settings, at_ms: int | None) -> Load:
    from streams.clients.load import Load
    from streams.clients.routes import Routes
    from streams.clients.sender import Sender
    from streams.files import open_lines
    from streams.progress import reading

    with Sender(settings) as sender:
        load = Load(sender, Routes(settings, args.topic), rates=settings.money())
        for name in args.files:
            with open_lines(name) as source, reading(source) as lines:
                if args.mapping or _is_table(name):
                    _table(load, args, settings, name, lines, at_ms)
                else:
                    load.file(source.name, lines)
    return load


def _is_table(name: str) -> bool:
    return name.lower().removesuffix(".gz").removesuffix(".zst").endswith(".csv")


def _table(
    load: Load, args: argparse.Namespace, settings: Settings, name: str, lines: Iterator[bytes], at_ms: int | None
) -> None:
    from streams.clients.bookmark import Bookmark
    from streams.dialects.words import Shop
    from streams.exports.categories import read_categories
    from streams.exports.reading import read_table

    if at_ms is None:
        at_ms = int(Path(name).stat().st_mtime * 1000) if name != "-" else None
    if at_ms is None:
        raise MicrosegError("a table from standard input needs --at: when what has no date was true")
    shop = Shop(settings.currency, read_categories(settings.categories))
    table = read_table(name, lines, args.mapping, at_ms, shop)
    bookmark = Bookmark(settings, name, args.mapping, args.topic)
    if bookmark.line:
        print(f"microseg: {name} goes on after line {bookmark.line}", file=sys.stderr)
    load.table(name, table.outcomes, bookmark)


def _say_refused(load: Load) -> None:
    if not load.refusals:
        return
    print(f"microseg: {load.refusals} lines were refused:", file=sys.stderr)
    for file, line, reason in load.refused:
        print(f"  {file}:{line}: {reason}", file=sys.stderr)
    if load.refusals > len(load.refused):
        print(f"  and {load.refusals - len(load.refused)} more", file=sys.stderr)
    if len(load.kinds) > 1:
        print("microseg: by reason:", file=sys.stderr)
        for kind, found in sorted(load.kinds.items(), key=lambda pair: -pair[1].count):
            lines = ", ".join(f"{one.file}:{one.line}" for one in found.first)
            print(f"  {found.count} {kind} (first {lines})", file=sys.stderr)


def _facts(load: Load, seconds: float) -> dict[str, object]:
    kinds = [
        {"reason": kind, "count": found.count, "first": [one._asdict() for one in found.first]}
        for kind, found in sorted(load.kinds.items(), key=lambda pair: -pair[1].count)
    ]
    return {
        "rows": load.rows,
        "resumed_after_rows": load.resumed,
        "events": load.sent.total(),
        "seconds": round(seconds, 3),
        "topics": dict(load.sent),
        "refused": load.refusals,
        "refused_by_reason": kinds,
        "first_refused": [one._asdict() for one in load.refused],
    }


def _summary(load: Load, seconds: float) -> str:
    events = load.sent.total()
    rate = f"{events / max(seconds, 0.001):,.0f} events/s"
    where = ", ".join(f"{topic} {count:,}" for topic, count in sorted(load.sent.items()))
    read = f" of {load.rows:,} rows" if load.rows != events + load.refusals else ""
    return f"loaded {events:,} events{read} in {seconds:.1f} s ({rate}){': ' if where else ''}{where}"
