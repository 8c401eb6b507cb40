"""``microseg recommend``: products to show a customer or a segment."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from streams.commands import Subparsers, above_zero, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.recommend.listing import Pick
    from streams.recommend.past import Past
    from streams.recommend.products import Feed
    from streams.settings import Settings

KINDS = ("viewed", "bought-with", "viewed-with", "new-category", "popular", "again")


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "recommend",
        help="products to show a customer or a segment",
        description="Prints which products to show a customer, or the members of a segment, and why: with --events "
        "from files, else from what microseg recommend --follow keeps in the topic APPLICATION-recommendations.",
    )
    parser.add_argument("customer", nargs="?", metavar="CUSTOMER", help="the customer's id")
    parser.add_argument("--segment", metavar="NAME", help="for the members of this segment instead")
    parser.add_argument("--events", nargs="+", metavar="FILE", help="JSON lines; .gz and .zst too; - is standard input")
    parser.add_argument("--products", type=Path, metavar="FILE", help="the shop's feed: CSV; only what it has in stock")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--until", metavar="T", help="as of an RFC 3339 stamp (default: the last event)")
    parser.add_argument("--count", type=above_zero, default=10, metavar="N", help="how many (10)")
    parser.add_argument("--only", action="append", choices=KINDS, metavar="WHY", help=f"only: {', '.join(KINDS)}")
    parser.add_argument(
        "--again", action="store_true", help="also what they have, for goods that are bought repeatedly"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, one object a line")
    parser.add_argument("--follow", action="store_true", help="keep the topic of recommendations current, until Ctrl-C")
    parser.add_argument("--until-drained", action="store_true", help="with --follow: leave once all is up to date")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints them, or keeps them current."""
    asked = [name for name in ("customer", "segment", "follow") if getattr(args, name)]
    if len(asked) != 1:
        raise MicrosegError("say one of CUSTOMER, --segment NAME and --follow (see microseg recommend --help)")
    _check(args)
    settings = settings_of(args)
    feed = _feed(args.products)
    if args.follow:
        _follow(args, settings, feed)
    picks = _offline(args, settings, feed) if args.events else _live(args, settings, feed)
    _tell(args, picks, feed)
    return 0


def _check(args: argparse.Namespace) -> None:
    """Refuses options that do not go together."""
    if args.until_drained and not args.follow:
        raise MicrosegError("--until-drained needs --follow")
    if args.follow and args.events:
        raise MicrosegError("--follow follows the topics of the settings; it takes no --events")
    if args.only and not args.customer:
        raise MicrosegError("--only is for a customer")
    for name in ("rules", "until", "only"):
        if getattr(args, name) and not args.events:
            raise MicrosegError(f"--{name} needs --events")
    if args.again and not (args.events or args.follow):
        raise MicrosegError("--again needs --events, or --follow: what is live was chosen by that")


def _feed(file: Path | None) -> Feed | None:
    from streams.recommend.products import read_feed

    return None if file is None else read_feed(file)


def _offline(args: argparse.Namespace, settings: Settings, feed: Feed | None) -> Sequence[Pick]:
    from streams.recommend.past import counted, read_past
    from streams.recommend.recommender import Recommender

    past = read_past(args.events, settings.money())
    _say_refused(past)
    until_ms = past.end_ms() if args.until is None else _until(args.until)
    counting = counted(past.events, until_ms, feed)
    recommender = Recommender(counting, settings.retention_ms)
    kinds = frozenset(kind.replace("-", " ") for kind in args.only or ())
    if args.segment:
        members = _members(args, settings, past, until_ms)
        _must_be_known(args.segment, members)
        recommender.rank(until_ms, members)
        return recommender.for_segment(args.segment, args.count)
    segments: list[str] = []
    members = {}
    if not counting.histories.get(counting.home(args.customer)):
        _say(f"{args.customer} has bought and looked at nothing: what their segments like, then what is popular")
        if args.rules or settings.rules.is_dir():
            members = _members(args, settings, past, until_ms)
            segments = [name for name, users in members.items() if counting.home(args.customer) in users]
    recommender.rank(until_ms, members)
    return recommender.for_customer(args.customer, args.count, segments, kinds, again=args.again)


def _members(args: argparse.Namespace, settings: Settings, past: Past, until_ms: int) -> dict[str, Sequence[str]]:
    from streams.recommend.past import members_of
    from streams.rules.load import load_rules

    rules = load_rules(args.rules or settings.rules, settings.retention_ms)
    return dict(members_of(past, rules, until_ms, settings.timezone, settings.retention_ms))


def _must_be_known(segment: str, members: dict[str, Sequence[str]]) -> None:
    from streams.settings_source import nearest

    if segment not in members:
        raise NoSuchSegment(f"nobody is in {segment}{nearest(segment, list(members), str)}")


class NoSuchSegment(MicrosegError):
    """There is no such segment, or nobody is in it."""

    exit_code = 1


def _live(args: argparse.Namespace, settings: Settings, feed: Feed | None) -> Sequence[Pick]:
    from streams.recommend.live.topic import newest_list, segment_key

    key = segment_key(args.segment) if args.segment else args.customer
    found = newest_list(settings, key)
    if found is None:
        who = f"the segment {args.segment}" if args.segment else args.customer
        raise NoSuchSegment(f"there is no list for {who} in {settings.recommendations}")
    shown = [pick for pick in found if feed is None or feed.has_in_stock(pick.product)]
    return shown[: args.count]


def _follow(args: argparse.Namespace, settings: Settings, feed: Feed | None) -> NoReturn:
    from streams.recommend.live.following import Wanted
    from streams.recommend.live.process import run_following

    run_following(settings, feed, Wanted(args.count, args.again), until_drained=args.until_drained)


def _until(text: str) -> int:
    from streams.events.instants import instant_ms

    try:
        return instant_ms(text)
    except ValueError as error:
        raise MicrosegError(f"--until: {text!r} {error}") from error


def _say_refused(past: Past) -> None:
    if past.refused:
        line, reason = past.refused[0]
        _say(f"{len(past.refused)} refused events, the first at line {line}: {reason}")


def _say(text: str) -> None:
    print(f"microseg: {text}", file=sys.stderr, flush=True)


def _tell(args: argparse.Namespace, picks: Sequence[Pick], feed: Feed | None) -> None:
    """One line a product: its id, its name where the feed has one, and why."""
    import json

    for place, pick in enumerate(picks, 1):
        said = None if feed is None else feed.product(pick.product)
        if args.json:
            more = {"name": said.name, "price": said.price, "url": said.url, "image": said.image} if said else {}
            print(
                json.dumps({"place": place, "product": pick.product, "why": pick.why, "with": pick.goes_with, **more})
            )
        else:
            why = f"{pick.why} {pick.goes_with}".strip()
            print(f"{place:>3} {pick.product}{f' {said.name}' if said and said.name else ''} ({why})")
