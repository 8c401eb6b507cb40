"""``microseg subscribe``: membership changes as they come."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from streams.commands import Subparsers, above_zero, add_config, settings_of

if TYPE_CHECKING:
    from streams.clients.changes import Arrived
    from streams.clients.words import Words


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "subscribe",
        help="print membership changes as they come",
        description="Prints membership changes as they come, until Ctrl-C.",
    )
    parser.add_argument("--from-beginning", action="store_true", help="begin with the oldest change that is kept")
    parser.add_argument("--segment", metavar="NAME", help="only changes in which a customer enters or leaves it")
    parser.add_argument("--customer", metavar="ID", help="only changes of this customer")
    parser.add_argument("--json", action="store_true", help="print the records as they are, one a line")
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="leave after so many seconds")
    parser.add_argument("--count", type=above_zero, metavar="N", help="leave after so many changes")
    add_config(parser)
    parser.set_defaults(run=run)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Prints what passes the filters."""
    from streams.clients.changes import ChangeReader
    from streams.clients.words import Words

    words = Words()
    left: int | None = args.count
    with closing(ChangeReader(settings_of(args), from_beginning=args.from_beginning)) as reader:
        for arrived in reader.follow(args.seconds):
            if not _wanted(arrived, args):
                continue
            for line in _lines(arrived, args, words):
                print(line)
            sys.stdout.flush()
            if left is not None and (left := left - 1) == 0:
                break
    return 0


def _wanted(arrived: Arrived, args: argparse.Namespace) -> bool:
    """An erased customer concerns every segment."""
    if args.customer is not None and arrived.user != args.customer:
        return False
    change = arrived.change
    return args.segment is None or change is None or args.segment in (*change.entered, *change.exited)


def _lines(arrived: Arrived, args: argparse.Namespace, words: Words) -> Iterator[str]:
    change = arrived.change
    if args.json:
        yield arrived.raw.decode() if arrived.raw is not None else _erased(arrived.user)
    elif change is None:
        yield f"{arrived.user} was erased"
    else:
        for verb, segment, reason in words.lines(change):
            if args.segment in (None, segment):
                yield f"{change.at} {change.user} {verb} {segment}{f' ({reason})' if reason else ''}"


def _erased(user: str) -> str:
    import json

    return json.dumps({"user": user, "erased": True})
