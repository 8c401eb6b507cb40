"""``microseg doctor``: whether all that a worker needs is here, and what to do where it is not."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console

    from streams.doctor.found import Found

#: state -> mark and colour
LOOKS = {"good": ("ok   ", "green"), "watch": ("look ", "yellow"), "bad": ("BAD  ", "red")}


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="check Python, disk, clock, settings, rules, keys and broker, and say what to do",
        description="Checks Python, packages, disk, clock, settings, rules, keys, broker, topics and Redis, and says "
        "what to do about what is not good. It changes nothing. Exit 1 if something would keep a worker from working.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints what each check finds, as it finds it."""
    import json
    from dataclasses import asdict

    from rich.console import Console

    from streams.doctor.found import worst

    console = Console(highlight=False, soft_wrap=True)
    findings: list[Found] = []
    for one in _findings(args):
        findings.append(one)
        if not args.json:
            _tell(console, one)
    state = worst(findings)
    if args.json:
        print(json.dumps({"state": state, "findings": [asdict(one) for one in findings]}, ensure_ascii=False))
    else:
        console.print({"good": "all is well", "watch": "it works; have a look", "bad": "not all is well"}[state])
    return 1 if state == "bad" else 0


def _findings(args: argparse.Namespace) -> Iterator[Found]:
    from streams.doctor.files import files, settings_or_why

    settings, said = settings_or_why(args.config, os.environ)
    yield from said
    if settings is None:
        return
    from streams.doctor.broker import broker
    from streams.doctor.machine import machine
    from streams.doctor.store import store

    for checks in (machine, files, broker, store):
        yield from checks(settings)


def _tell(console: Console, one: Found) -> None:
    from rich.text import Text

    mark, colour = LOOKS[one.state]
    console.print(Text.assemble((mark, colour), f"{one.what}: {one.said}"))
    if one.todo:
        console.print(Text(f"     -> {one.todo}"))
