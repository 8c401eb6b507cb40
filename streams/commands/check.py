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
        description="Validates the rule files and their examples: exit 0 if they are good, 1 with one line a mistake "
        "if not. It does not run the examples; microseg test does.",
    )
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument(
        "--strict", action="store_true", help="every rule needs an example of a member and one of a non-member"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the mistakes, or how many rules there are and what their authors may not have meant."""
    from streams.authoring.examples import example_mistakes
    from streams.rules.check import reminders
    from streams.rules.check import run as checked

    settings = settings_of(args)
    folder = args.dir or settings.rules
    errors, rules = checked(folder, settings.retention_ms)
    errors += example_mistakes(folder, rules, strict=args.strict)
    reminded = reminders(rules) if rules else []
    if args.json:
        print(json.dumps({"ok": not errors, "errors": errors, "reminders": reminded}, ensure_ascii=False))
    else:
        for line in [*errors, *reminded]:
            print(line, file=sys.stderr)
        if rules and not errors:
            print(f"{_count(rules)} good (digest {rules.digest})")
    return 1 if errors else 0


def _count(rules: RuleSet) -> str:
    return "1 rule is" if len(rules.rules) == 1 else f"{len(rules.rules)} rules are"
