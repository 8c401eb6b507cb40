"""``microseg deliver``: keeps another system what the memberships are."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from streams.content.live import LiveContents
    from streams.settings import Settings
    from streams.settings_sinks import Sink


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "deliver",
        help="keep another system up to date with the memberships",
        description="Keeps another system up to date with the memberships, until Ctrl-C. What it has is remembered: "
        "after a crash, or a loss on either side, it goes on where that stands.",
    )
    parser.add_argument("sink", metavar="SINK", help="which: redis, or the NAME of a [sinks.NAME] of the settings")
    parser.add_argument("--rebuild", action="store_true", help="begin with everything anew; readers keep what is there")
    parser.add_argument(
        "--until-drained", action="store_true", help="leave once everything that was there is delivered"
    )
    parser.add_argument("--dry-run", action="store_true", help="print the calls that would be made, and make none")
    parser.add_argument("--json", action="store_true", help="with --until-drained: tell what it took as JSON")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Delivers."""
    settings = settings_of(args)
    is_redis = args.sink == "redis"
    told = _redis(args, settings) if is_redis else _sink(args, settings, _found(args.sink, settings))
    if args.json and (args.until_drained or args.dry_run):
        print(json.dumps(told))
    return 0


def _redis(args: argparse.Namespace, settings: Settings) -> dict[str, object]:
    from streams.clients.errors import ClientError
    from streams.sinks.serving.connection import redis_of, shown
    from streams.sinks.serving.keeping import Keeping
    from streams.worker.clock import WallClock

    if args.dry_run:
        raise ClientError("redis has no dry run: it is only told what is in the topic; see microseg subscribe")
    keeping = Keeping(settings, redis_of(settings), WallClock(), _say)
    _end_with(keeping.stop)
    _say(f"delivering to {shown(settings)}")
    keeping.run(anew=args.rebuild, until_drained=args.until_drained)
    return keeping.progress._asdict()


def _found(name: str, settings: Settings) -> Sink:
    from streams.errors import SettingsError
    from streams.settings_source import nearest

    if name in settings.sinks:
        return settings.sinks[name]
    hint = nearest(name, ["redis", *settings.sinks], str)
    known = ", ".join(["redis", *sorted(settings.sinks)])
    raise SettingsError([f"no sink is named {name}{hint or f'; there are: {known}'}"])


def _sink(args: argparse.Namespace, settings: Settings, sink: Sink) -> dict[str, object]:
    from streams.sinks.delivery.start import Outside, deliver, dry_run, shown

    stop, secrets = threading.Event(), settings.secrets()
    _end_with(stop.set)

    def say(text: str) -> None:
        for secret in secrets:  # an answer may repeat what it was sent
            text = text.replace(secret, "***")
        _say(text)

    with _contents(settings, say) as contents:
        outside = Outside(stop, say, lambda: _found(args.sink, settings_of(args)), contents)
        if args.dry_run:
            _say(f"what would go to {sink.name}, {shown(sink)}:")
            return dry_run(settings, sink, outside, _print, anew=args.rebuild)._asdict()
        _say(f"delivering to {sink.name}, {shown(sink)}")
        return deliver(settings, sink, outside, anew=args.rebuild, until_drained=args.until_drained)._asdict()


@contextmanager
def _contents(settings: Settings, say: Callable[[str], None]) -> Iterator[LiveContents | None]:
    """The copy that goes with changes, if it is to, with what is recommended now."""
    if not settings.content.deliver:
        yield None
        return
    from streams.content.live import LiveContents
    from streams.content.model import Product
    from streams.recommend.live.lists import LiveLists
    from streams.worker.clock import WallClock

    lists = LiveLists(settings, say)

    def products(user: str, segment: str) -> list[Product] | None:
        ids = lists.of(user, segment)
        return None if ids is None else [Product(one, "") for one in ids]

    contents = LiveContents(settings, WallClock().now_ms, say, products)
    lists.start()
    try:
        yield contents
    finally:
        lists.close()


def _end_with(stop: Callable[[], None]) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())


def _say(text: str) -> None:
    print(f"microseg: {text}", file=sys.stderr, flush=True)


def _print(text: str) -> None:
    print(text, flush=True)
