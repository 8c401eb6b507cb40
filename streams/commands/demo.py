"""``microseg demo``: a broker, a worker and a small live shop, and changes on the screen as they happen."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.settings import Settings

FAST = 14_400.0
MAX_SPEED = 1_000_000.0


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "demo",
        help="a live shop, from nothing: broker, worker, customers, and what becomes of the segments",
        description="Starts an embedded broker, a worker and a simulated shop, and shows who enters and leaves which "
        "segment, and why, until Ctrl-C; nothing keeps running. Exit 1 if --seconds pass without a single change.",
    )
    parser.add_argument("--speed", type=_speed, metavar="N", help=f"seconds of shop time a second (default: {FAST:g})")
    parser.add_argument("--customers", type=_customers, default=200, metavar="N", help="how many to begin with (200)")
    parser.add_argument("--seconds", type=_seconds, metavar="N", help="end so many seconds after the shop has opened")
    parser.add_argument(
        "--rules",
        type=Path,
        metavar="DIR",
        help="the rule folder (default: the setting rules, or the shipped ones)",
    )
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where it lives (default: demo in the data directory)")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="another seed is another shop (7)")
    parser.add_argument(
        "--shop-only",
        action="store_true",
        help="only the shop, for the broker of the settings; a worker runs elsewhere",
    )
    add_config(parser)
    parser.set_defaults(run=run)


def _speed(text: str) -> float:
    return _number(text, 1.0, MAX_SPEED)


def _seconds(text: str) -> float:
    return _number(text, 0.001, 1e9)


def _customers(text: str) -> int:
    number = _number(text, 1, 1_000_000)
    if not number.is_integer():
        raise argparse.ArgumentTypeError(f"{text} is no whole number")
    return int(number)


def _number(text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no number") from None
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"{text} is not from {least:g} to {most:g}")
    return number


def run(args: argparse.Namespace) -> int:
    """Plays the demo, or keeps the shop alone."""
    from rich.console import Console

    from streams.demo.play import Plan, keep_shop, play
    from streams.rules.load import load_rules

    settings = settings_of(args)
    plan = Plan(args.customers, args.seed, _chosen_speed(args, settings), args.seconds)
    console = Console()
    if args.shop_only:
        keep_shop(plan, settings, console)
        return 0
    folder: Path = args.rules or _rules_of(settings)
    rules = load_rules(folder)
    told = play(plan, args.dir or settings.data_dir / "demo", folder, rules, console)
    console.print(f"the demo has ended: {told} changes, nothing keeps running", highlight=False)
    return 0 if told or args.seconds is None else 1


def _rules_of(settings: Settings) -> Path:
    """The folder of the settings; who has none yet sees the shipped rules at work."""
    from streams.shipped import shipped_rules

    return settings.rules if settings.rules.exists() or settings.rules != Path("segment_rules") else shipped_rules()


def _chosen_speed(args: argparse.Namespace, settings: Settings) -> float:
    """A worker with the wall clock refuses events of the future, so that its shop must live in real time."""
    wall = bool(args.shop_only) and settings.clock == "wall"
    if wall and args.speed not in (None, 1.0):
        raise MicrosegError(
            "with the setting clock = wall the shop can only run with --speed 1; clock = event takes any"
        )
    speed: float | None = args.speed
    return speed or (1.0 if wall else FAST)
