"""``microseg plan``: what a rule folder would do to live customers, before it goes live."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, add_wait, columns, print_lines, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.plans.plan import Plan
    from streams.rules.load import LoadedFolder
    from streams.settings import Settings


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "plan",
        help="show what an edit of the rules would do to live customers",
        description="Asks all workers who would enter and leave each segment, and how the segments would overlap.",
    )
    parser.add_argument("dir", nargs="?", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--trial", metavar="FILE", help="as if the trial of this proposed rule had started")
    parser.add_argument("--show", type=_count, default=0, metavar="N", help="name up to N customers a segment and way")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--apply", action="store_true", help="make the rules live, also if that empties a large segment"
    )
    parser.add_argument("--yes", action="store_true", help="with --apply: do not ask")
    parser.add_argument("--events", nargs="+", metavar="FILE", help="count the customers of event files, ask no worker")
    parser.add_argument("--against", type=Path, metavar="DIR", help="with --events: the rules that are live")
    add_wait(parser)
    add_config(parser)
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is no whole number from 0 on")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Prints the plan, and with --apply makes the rules live."""
    from streams.rules.load import load_folder

    _check(args)
    settings = settings_of(args)
    folder = args.dir or settings.rules
    loaded = load_folder(folder, settings.retention_ms)
    if args.trial:
        loaded = _with_trial(loaded, folder, args.trial, settings)
    plan = _offline(settings, loaded, args) if args.events else _asked(settings, loaded, args)
    if not args.json:
        _print(plan, settings)
    if args.apply and (args.yes or _agreed(folder)):
        plan["applied"] = _applied(settings, loaded)
        if not args.json:
            print(f"live now: digest {plan['applied']}")
    if args.json:
        print(json.dumps(plan, ensure_ascii=False))
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.events and args.apply:
        raise MicrosegError("--apply makes rules live for the workers; it does not go with --events")
    if args.trial and args.apply:
        raise MicrosegError("--trial only looks ahead; microseg trial start moves the file")
    if args.against and not args.events:
        raise MicrosegError("--against goes with --events; workers know which rules are live")
    if args.apply and args.json and not args.yes:
        raise MicrosegError("--apply asks below the plan, which --json does not show; add --yes")
    if args.apply and not args.yes and not sys.stdin.isatty():
        raise MicrosegError("--apply asks before it makes rules live, and there is no terminal to ask on; add --yes")


def _with_trial(loaded: LoadedFolder, folder: Path, given: str, settings: Settings) -> LoadedFolder:
    from dataclasses import replace

    from streams.authoring.moving import proposal, with_trial

    rules, texts = with_trial(folder, proposal(folder, given), settings.retention_ms)
    return replace(loaded, rule_set=rules, texts=texts)


def _asked(settings: Settings, loaded: LoadedFolder, args: argparse.Namespace) -> Plan:
    from streams.survey.asking import ask_plan
    from streams.survey.sums import summed

    return summed(ask_plan(settings, loaded.texts, args.show, args.wait), loaded.rule_set, args.show)


def _offline(settings: Settings, loaded: LoadedFolder, args: argparse.Namespace) -> Plan:
    from streams.plans.plan import Live, plan_of
    from streams.rules.load import load_rules
    from streams.survey.offline import findings_of

    live = load_rules(args.against, settings.retention_ms) if args.against else None
    findings = findings_of(settings, live or loaded.rule_set, loaded.rule_set, args.events, args.show)
    compared = Live.of(live) if live else None
    return plan_of(findings, loaded.rule_set, compared, findings.at_ms, findings.at_ms, args.show)


def _print(plan: Plan, settings: Settings) -> None:
    from streams.plans.rows import foot, plain, rows
    from streams.plans.trials import lines

    print_lines((*plain(list(rows(plan)), columns()), "", *lines(plan), *foot(plan, settings.timezone)))


def _agreed(folder: Path) -> bool:
    print(f"make the rules of {folder} live? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _applied(settings: Settings, loaded: LoadedFolder) -> str:
    from streams.rulebook.publish import publish

    return publish(settings, loaded.texts, force=True).digest
