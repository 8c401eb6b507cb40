"""``microseg schema``: the JSON Schema of rule files, with which editors complete and check while one types."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from streams.commands import Subparsers


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "schema",
        help="print the JSON Schema of rule files for editors",
        description="Prints the JSON Schema of a rule file, or with --tests of an example file. A file whose first "
        "line is # yaml-language-server: $schema=../rule.schema.json is then completed and checked by most editors.",
    )
    parser.add_argument("--tests", action="store_true", help="that of an example file instead")
    parser.add_argument(
        "--write", type=Path, metavar="DIR", help="write both, rule.schema.json and example.schema.json, into a folder"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints one schema, or writes both."""
    if args.write is None:
        print(_text("example.schema.json" if args.tests else "rule.schema.json"), end="")
        return 0
    from streams.authoring.files import write_whole

    for name in ("rule.schema.json", "example.schema.json"):
        write_whole(args.write / name, _text(name).encode())
        print(args.write / name)
    return 0


def _text(name: str) -> str:
    from streams.authoring.example_schema import example_schema
    from streams.authoring.schema import rule_schema

    schema = rule_schema() if name.startswith("rule") else example_schema()
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
