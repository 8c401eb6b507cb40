"""``microseg replay``: events from files through the pure core; every membership change as a JSON line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.engine.replay import Replay

#: lines of output put together for one write
_AT_ONCE = 5_000


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "replay",
        help="print what the rules make of events in files",
        description="Reads events from JSON lines and prints every membership change, ordered by instant and customer.",
    )
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--until", metavar="T", help="where to end: an RFC 3339 stamp (default: the last event)")
    parser.add_argument("--final", action="store_true", help="print each customer's segments at the end instead")
    parser.add_argument("--timezone", metavar="NAME", help="the shop's time zone (default: the setting timezone)")
    parser.add_argument("files", nargs="+", metavar="FILE", help="JSON lines; .gz and .zst too; - is standard input")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the changes, or with --final the segments; what was refused is counted on stderr."""
    from streams.engine.replay import Replay, changes_in_order, segments_of_all
    from streams.events.instants import stamp
    from streams.rules.load import load_rules

    settings = settings_of(args)
    until_ms = _until(args.until)
    timezone = _timezone(args.timezone) if args.timezone else settings.timezone
    rules = load_rules(args.rules or settings.rules, settings.retention_ms)
    replay = Replay(rules, timezone, settings.retention_ms, settings.max_facts, settings.money(), settings.traffic)
    _read(replay, args.files)
    partition = replay.run(until_ms)
    write = sys.stdout.buffer.write
    if args.final:
        import orjson

        at = stamp(partition.machine.clock_ms())
        for user, segments in segments_of_all(partition):
            write(orjson.dumps({"user": user, "at": at, "segments": segments}) + b"\n")
    else:
        changes = changes_in_order(partition)
        for start in range(0, len(changes), _AT_ONCE):
            write(b"".join([b"%b\n" % (change.value or b"null") for change in changes[start : start + _AT_ONCE]]))
    _say_refused(replay)
    return 0


def _read(replay: Replay, files: list[str]) -> None:
    from streams.files import open_lines
    from streams.progress import reading

    for name in files:
        with open_lines(name) as source, reading(source) as lines:
            replay.read(lines)


def _until(text: str | None) -> int | None:
    from streams.events.instants import instant_ms

    if text is None:
        return None
    try:
        return instant_ms(text)
    except ValueError as error:
        raise MicrosegError(f"--until: {text!r} {error}") from error


def _timezone(name: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise MicrosegError(f"--timezone: {name!r} is no IANA time zone") from None


def _say_refused(replay: Replay) -> None:
    if replay.refused:
        line, reason = replay.refused[0]
        print(f"microseg: {len(replay.refused)} refused events, the first at line {line}: {reason}", file=sys.stderr)
