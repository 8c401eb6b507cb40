"""``microseg init``: the rules and settings that a shop begins with."""

from __future__ import annotations

import argparse
from pathlib import Path

from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "init",
        help="begin a shop: write settings and thirty rules to start from",
        description="Writes microseg.toml and the folder segment_rules, with thirty micro-segments, their examples, "
        "copy and mail template, into DIR. Files that are there already are left alone, and nothing is written then.",
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(), metavar="DIR", help="where (default: here)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Writes them and tells what comes next."""
    from streams.shipped import begin

    for path in begin(args.folder):
        print(f"wrote {path}")
    here = "" if args.folder == Path() else f"cd {args.folder}; "
    print(f"next: {here}microseg check, then microseg demo to see them at work, or microseg doctor before microseg run")
    return 0
