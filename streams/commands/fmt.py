"""``microseg fmt``: brings rule files into one form."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.rules.model import Rule

#: The folders whose files are formatted; what is retired stays as it was.
FOLDERS = ("active", "trial", "proposed")


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "fmt",
        help="bring rule files into one form",
        description="Brings rule files into one form: keys in one order, one indentation; comments and blank lines "
        "stay, and so does the meaning. A broken file is reported as by microseg check and left alone.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="DIR|FILE",
        help="a rule folder or rule files (default: the setting rules)",
    )
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file would change")
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the files that were changed, or would be; exit 1 if there are any with --check, or broken ones."""
    from streams.rules.errors import RuleErrors

    settings = settings_of(args)
    changed, broken = [], False
    for path in _files(args.paths or [settings.rules]):
        try:
            if _format(path, settings.retention_ms, write=not args.check):
                changed.append(path)
        except RuleErrors as error:
            broken = True
            print(error, file=sys.stderr)
    for path in changed:
        print(f"would change {path}" if args.check else path)
    return int(broken or (args.check and bool(changed)))


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.exists():
            raise MicrosegError(f"{path}: there is no such file or folder")
        if not path.is_dir():
            yield path
            continue
        folders = [path / name for name in FOLDERS if (path / name).is_dir()]
        if not folders:
            raise MicrosegError(f"{path}: no rule folder; it has none of the folders {', '.join(FOLDERS)}")
        for folder in folders:
            yield from sorted(file for file in folder.glob("*.yaml") if not file.name.startswith("."))


def _format(path: Path, retention_ms: int, *, write: bool) -> bool:
    """Whether the file's form is another; raises RuleErrors where it is broken or cannot be formatted."""
    from streams.authoring.files import write_whole
    from streams.authoring.fmt import NotFormatted, formatted
    from streams.rules.digest import digest_of
    from streams.rules.errors import Problems, RuleErrors
    from streams.rules.folder import read_text

    problems = Problems()
    text = read_text(path, problems)
    if text is None:
        raise RuleErrors(problems.lines())
    before = _rule(path, text, retention_ms)
    try:
        made = formatted(text)
        if digest_of([_rule(path, made, retention_ms)]) != digest_of([before]):
            raise NotFormatted("not formatted: its meaning would change")
    except NotFormatted as error:
        raise RuleErrors([f"{path.parent.name}/{path.name}:1:1: {error}"]) from error
    if made != text and write:
        write_whole(path, made.encode())
    return made != text


def _rule(path: Path, text: str, retention_ms: int) -> Rule:
    """The rule in a text, whatever it refers to; raises RuleErrors."""
    from streams.rules.errors import Problems, RuleErrors
    from streams.rules.parse_measure import Reading
    from streams.rules.parse_rule import parse_rule

    problems = Problems()
    rule = parse_rule(text, path.parent.name, path.stem, Reading(problems, [], retention_ms))
    if rule is None:
        raise RuleErrors(problems.lines())
    return rule
