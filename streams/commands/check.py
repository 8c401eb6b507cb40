"""``microseg check``: validates the rule files."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from streams.rules.model import RuleSet


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "check",
        help="validate the rule files",
        description="Validates the rule files: exit 0 if they are good, 1 with one line a mistake if not.",
    )
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the mistakes, or how many rules there are and what their authors may not have meant."""
    from streams.rules.check import reminders
    from streams.rules.check import run as checked

    settings = settings_of(args)
    errors, rules = checked(args.dir or settings.rules, settings.retention_ms)
    reminded = reminders(rules) if rules else []
    if args.json:
        print(json.dumps({"ok": not errors, "errors": errors, "reminders": reminded}, ensure_ascii=False))
    else:
        for line in [*errors, *reminded]:
            print(line, file=sys.stderr)
        if rules:
            print(f"{_count(rules)} good (digest {rules.digest})")
    return 1 if errors else 0


def _count(rules: RuleSet) -> str:
    return "1 rule is" if len(rules.rules) == 1 else f"{len(rules.rules)} rules are"
