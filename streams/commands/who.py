"""``microseg who``: the customers of a segment."""

from __future__ import annotations

import argparse
import json
from itertools import islice
from typing import TYPE_CHECKING

from streams.commands import Subparsers, above_zero, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.sinks.serving.lookup import Lookup


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "who",
        help="list the customers of a segment, from the serving store",
        description="Lists the customers of a segment with the instants at which they entered, from the serving store "
        "in Redis (see microseg deliver redis); without SEGMENT the segments and their sizes.",
    )
    parser.add_argument("segment", nargs="?", metavar="SEGMENT", help="the segment")
    parser.add_argument("--newest", type=above_zero, metavar="N", help="only the N who entered last")
    parser.add_argument("--count", action="store_true", help="only how many they are")
    parser.add_argument("--json", action="store_true", help="print JSON, one object a line")
    add_config(parser)
    parser.set_defaults(run=run)


class NoSuchSegment(MicrosegError):
    """The store has no such segment."""

    exit_code = 1


def run(args: argparse.Namespace) -> int:
    """Prints them."""
    from redis.exceptions import RedisError

    from streams.clients.errors import ClientError
    from streams.sinks.serving.connection import redis_of, shown
    from streams.sinks.serving.lookup import Lookup

    settings = settings_of(args)
    lookup = Lookup(redis_of(settings), settings.application)
    try:
        if not lookup.there:
            raise ClientError(f"nothing was delivered to {shown(settings)} yet; run microseg deliver redis")
        _tell(args, lookup)
    except RedisError as error:
        raise ClientError(f"cannot read {shown(settings)}: {error}") from error
    return 0


def _tell(args: argparse.Namespace, lookup: Lookup) -> None:
    from streams.events.instants import stamp
    from streams.settings_source import nearest

    sizes = lookup.sizes()
    if args.segment is None:
        for name, size in sizes.items():
            print(json.dumps({"segment": name, "size": size}) if args.json else f"{size:>10,} {name}")
        return
    if args.segment not in sizes:
        raise NoSuchSegment(f"nobody is in {args.segment}{nearest(args.segment, list(sizes), str)}")
    if args.count:
        size = sizes[args.segment]
        print(json.dumps({"segment": args.segment, "size": size}) if args.json else size)
        return
    for member in islice(lookup.members(args.segment, newest_first=args.newest is not None), args.newest):
        since = stamp(member.since_ms)
        print(json.dumps({"user": member.user, "since": since}) if args.json else f"{since} {member.user}")
