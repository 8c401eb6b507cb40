"""``microseg write``: drafts of copy for segments, which a person approves."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, above_zero, add_config, settings_of

if TYPE_CHECKING:
    from streams.content.model import Library
    from streams.content.writing import Author, Starter, Written
    from streams.language.client import Caller
    from streams.settings import Settings


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "write",
        help="write drafts of copy for segments",
        description="Writes drafts of what segments lack into content/SEGMENT.yaml of the rule folder: by a model, if "
        "ANTHROPIC_API_KEY is set, else from template/starters.yaml. A person approves; what is approved stays.",
    )
    parser.add_argument("segments", nargs="*", metavar="SEGMENT", help="names of rules (default: all live ones)")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--locales", metavar="L,L", help="languages of voice.yaml (default: all of them)")
    parser.add_argument("--variants", type=int, choices=(2, 3, 4), default=2, help="of each locale (2)")
    parser.add_argument("--again", action="store_true", help="replace drafts by new ones; what is approved stays")
    parser.add_argument("--no-model", action="store_true", help="ask no model, also if there is a key")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the content is broken")
    parser.add_argument(
        "--results",
        nargs="?",
        const="",
        metavar="FILE",
        help="say which variants lose, by what microseg track has counted, or by totals in a JSON file",
    )
    parser.add_argument("--metric", choices=("clicked", "converted"), default="clicked", help="what decides (clicked)")
    parser.add_argument(
        "--planned", type=above_zero, default=10_000, metavar="N", help="customers planned for two variants (10000)"
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the files that were written; exit 1 where not everything could be."""
    from streams.content.load import load_content
    from streams.rules.load import load_rules

    settings = settings_of(args)
    folder = args.rules or settings.rules
    library = load_content(folder, load_rules(folder, settings.retention_ms))
    if args.results is not None:
        return _results(args, settings, library)
    if args.check:
        print(_counted(library))
        return 0
    return _write(args, settings, folder, library)


def _results(args: argparse.Namespace, settings: Settings, library: Library) -> int:
    from streams.errors import SettingsError

    try:
        from streams.content.counted import counted_results
        from streams.content.results import read_results
    except ImportError as error:
        raise SettingsError(["statistics need: pip install 'microseg[stats]'"]) from error
    if args.results:
        found = [*read_results(Path(args.results), library, args.planned, args.metric)]
    else:
        from streams.clients.outcomes import read_totals

        found = [*counted_results(read_totals(settings).variants, library, args.planned, args.metric)]
    for one in found:
        print(f"{one.segment} ({one.locale}): {one.verdict.sentence}")
    if not found:
        print("microseg: no mail's campaign was the label of an approved variant yet", file=sys.stderr)
    return 0


def _counted(library: Library) -> str:
    from streams.content.model import Status

    variants = [one for copy in library.copies.values() for some in copy.locales.values() for one in some]
    approved = sum(one.status is Status.APPROVED for one in variants)
    without = sorted({*library.rules} - {*library.copies})
    lacking = f"; no copy: {', '.join(without)}" if without else ""
    return f"{len(library.copies)} segments, {len(variants)} variants, {approved} approved{lacking}"


def _write(args: argparse.Namespace, settings: Settings, folder: Path, library: Library) -> int:
    from streams.content.writing import lacks, read_starters

    locales = _known(args.locales.split(",") if args.locales else [], library.voice.locales, "locale")
    segments = _known(args.segments, library.rules, "live rule")
    lacking = list(lacks(library, segments, locales, args.variants, again=args.again))
    if not lacking:
        print("microseg: nothing is lacking", file=sys.stderr)
        return 0
    starters = read_starters(folder)
    model = _model(args, settings)
    author = _author(library, starters, model)
    by_segment = groupby(lacking, key=lambda one: one.rule.name)
    try:
        return max([_add(args, folder, library, starters, map(author, some)) for _, some in by_segment])
    finally:
        if model is not None and model.spending.requests:
            print(f"microseg: {model.spending.words()}", file=sys.stderr)
            print(f"microseg: what was sent and answered: {model.journal.path}", file=sys.stderr)


def _add(
    args: argparse.Namespace, folder: Path, library: Library, starters: list[Starter], written: Iterable[Written]
) -> int:
    """Adds what was written for a segment, all at once; 1 where something could not be."""
    from streams.content.shelf import Home, add_drafts
    from streams.content.writing import fitting

    found = list(written)
    rule = found[0].lack.rule
    for one in found:
        for line in one.said:
            print(f"microseg: {rule.name} ({one.lack.locale}): {line}", file=sys.stderr)
    drafts = {one.lack.locale: one.drafts for one in found if one.drafts}
    if drafts:
        starter = fitting(rule, starters)
        home = Home(starter.link, starter.products)
        path = add_drafts(folder, library, rule.name, drafts, home, again=args.again)
        print(f"{path}: {sum(map(len, drafts.values()))} drafts", flush=True)
    return int(any(len(one.drafts) < one.lack.wanted for one in found))


def _known(asked: list[str], known: Iterable[str], what: str) -> list[str]:
    """What was asked for, all of it where nothing was; raises SettingsError where there is no such thing."""
    from streams.errors import SettingsError
    from streams.settings_source import nearest

    names = list(known)
    wrong = [f"there is no {what} {one}{nearest(one, names, str)}" for one in asked if one not in names]
    if wrong:
        raise SettingsError(wrong)
    return list(dict.fromkeys(asked)) or names


def _author(library: Library, starters: list[Starter], model: Caller | None) -> Author:
    from streams.content.asking import FromModel
    from streams.content.writing import FromStarters

    return FromStarters(library, starters) if model is None else FromModel(library, model.ask)


def _model(args: argparse.Namespace, settings: Settings) -> Caller | None:
    """The model; None, which is told, where none is to be asked."""
    from streams.events.instants import stamp
    from streams.language.client import KEY, Caller, Journal
    from streams.language.costs import Spending
    from streams.worker.clock import WallClock

    asking = settings.content
    if args.no_model or not os.environ.get(KEY, "").strip() or asking.model is None:
        print("microseg: no model is asked; drafts come from template/starters.yaml", file=sys.stderr)
        return None
    journal = Journal(asking.log_in(settings.data_dir), lambda: stamp(WallClock().now_ms()))
    return Caller(asking, Spending(asking), journal, os.environ)
