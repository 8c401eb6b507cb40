"""``microseg report``: what every segment brings, and how it fares."""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, above_zero, add_config, add_wait, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.reports.health import Memberships
    from streams.reports.report import Known, Report
    from streams.rules.load import LoadedFolder
    from streams.settings import Settings
    from streams.trials.totals import Totals


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "report",
        help="show what every segment's mail brings, trials and health",
        description="Shows the last week of every segment's mail beside the week before and its broad segment, trials "
        "and what to do with them, and how segments fare; from what microseg track published.",
    )
    parser.add_argument("--until", type=_day, metavar="DAY", help="the last day of the week (default: the newest)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write a page with pictures, to be opened anywhere")
    parser.add_argument("--from", dest="source", metavar="FILE", help="totals from a JSON file, and ask no broker")
    parser.add_argument("--changes", metavar="FILE", help="with --from: membership changes as JSON lines, for health")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument(
        "--flaps",
        type=above_zero,
        default=2,
        metavar="N",
        help="who comes and goes more than N times a week flaps (2)",
    )
    parser.add_argument(
        "--suppressed", action="store_true", help="ask the workers how many of each segment may not be mailed"
    )
    add_wait(parser)
    add_config(parser)
    parser.set_defaults(run=run)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day such as 2026-05-14") from None


def run(args: argparse.Namespace) -> int:
    """Prints the report, or writes the page."""
    _check(args)
    report = _report(args, settings_of(args))
    if args.html:
        from streams.reports.page import page

        args.html.write_text(page(report), encoding="utf-8")
    if args.json:
        from streams.reports.report import as_json

        print(json.dumps(as_json(report), ensure_ascii=False))
    elif not args.html:
        _print(report)
    return 0


def _check(args: argparse.Namespace) -> None:
    if args.changes and not args.source:
        raise MicrosegError("--changes goes with --from; without it they come from the topic")
    if args.suppressed and args.source:
        raise MicrosegError("--suppressed asks workers; it does not go with --from")
    try:
        import statsmodels  # noqa: F401
    except ImportError as error:
        raise MicrosegError("reports need more packages: pip install 'microseg[stats]'") from error


def _report(args: argparse.Namespace, settings: Settings) -> Report:
    from streams.reports.report import report_of
    from streams.reports.weeks import end_of, newest_day

    totals = _totals(args, settings)
    until = args.until or newest_day(totals.days) or _today(settings)
    end_ms = end_of(until, settings.timezone)
    loaded = _rules(args, settings)
    return report_of(totals, until, _known(args, settings, loaded, end_ms))


def _totals(args: argparse.Namespace, settings: Settings) -> Totals:
    from streams.clients.outcomes import read_totals
    from streams.reports.reading import totals_of_file

    return totals_of_file(args.source) if args.source else read_totals(settings)


def _today(settings: Settings) -> date:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from streams.worker.clock import WallClock

    return datetime.fromtimestamp(WallClock().now_ms() / 1000, ZoneInfo(settings.timezone)).date()


def _rules(args: argparse.Namespace, settings: Settings) -> LoadedFolder | None:
    """The rule folder; None where totals come from a file and no folder is named or there."""
    from streams.rules.load import load_folder

    folder = args.rules or settings.rules
    if args.source and not args.rules and not folder.is_dir():
        return None
    return load_folder(folder, settings.retention_ms)


def _known(args: argparse.Namespace, settings: Settings, loaded: LoadedFolder | None, end_ms: int) -> Known:
    from streams.reports.report import ALIKE, Known
    from streams.trials.looks import DAY_MS
    from streams.worker.clock import WallClock

    now_ms = end_ms if args.source else min(end_ms, WallClock().now_ms())
    rules = loaded.rule_set.rules if loaded else ()
    members = _memberships(args, settings, end_ms)
    return Known(
        {rule.name: rule.title for rule in rules},
        {rule.name: rule.on_trial for rule in rules if rule.on_trial},
        now_ms,
        settings.conversion_days * DAY_MS,
        members.health(rule.name for rule in rules if not rule.for_each) if members else None,
        members.overlaps(ALIKE) if members else (),
        _suppressed(args, settings, loaded) if args.suppressed and loaded else None,
    )


def _memberships(args: argparse.Namespace, settings: Settings, end_ms: int) -> Memberships | None:
    from streams.reports.reading import changes_of_file, changes_of_topic, memberships_of

    if args.source and not args.changes:
        return None
    changes = changes_of_file(args.changes) if args.source else changes_of_topic(settings)
    return memberships_of(changes, end_ms, args.flaps)


def _suppressed(args: argparse.Namespace, settings: Settings, loaded: LoadedFolder) -> dict[str, int]:
    from streams.reports.suppressed import asked, suppressed_of
    from streams.rules.load import load_texts
    from streams.survey.asking import ask_plan
    from streams.survey.sums import summed

    texts = asked(loaded.texts)
    answers = ask_plan(settings, texts, wait_s=args.wait)
    return suppressed_of(summed(answers, load_texts(texts, settings.retention_ms)))


def _print(report: Report) -> None:
    from rich.console import Console

    from streams.reports.terminal import rendered

    console = Console(highlight=False)
    for part in rendered(report):
        console.print(part)
