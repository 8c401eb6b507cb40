"""``microseg trial``: segments measured against broad ones: start, status, stop, decide."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, print_lines, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.rules.model import TrialTerms
    from streams.settings import Settings
    from streams.trials.looks import Look


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "trial",
        help="measure a segment against a broad one: start, status, stop, decide",
        description="Draws the customers of a segment for its own mail or that of a broad segment, and says what came "
        "of it. A decision proposes to move the rule file, and moves it with --apply.",
    )
    actions = parser.add_subparsers(title="what to do", metavar="ACTION", required=True)
    start = _action(actions, "start", "move a proposed rule file to trial/, which starts its trial")
    start.add_argument("file", metavar="FILE", help="a file in proposed/, or only its name")
    start.set_defaults(run=run_start)
    status = _action(actions, "status", "show all trials and how they stand", totals=True)
    status.set_defaults(run=run_status)
    stop = _action(actions, "stop", "end a trial without a decision: with --apply its file goes to retired/")
    stop.add_argument("segment", metavar="SEGMENT")
    stop.add_argument("--apply", action="store_true", help="move the file")
    stop.set_defaults(run=run_stop)
    decide = _action(actions, "decide", "say what to do with a segment on trial, and do it with --apply", totals=True)
    decide.add_argument("segment", metavar="SEGMENT")
    decide.add_argument("--apply", action="store_true", help="move the file as proposed")
    decide.set_defaults(run=run_decide)


def _action(actions: Subparsers, name: str, words: str, *, totals: bool = False) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("--at", metavar="T", help="the instant to take for now: an RFC 3339 stamp")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    if totals:
        parser.add_argument("--totals", metavar="FILE", help="read totals from a file, not from the topic")
    add_config(parser)
    return parser


def run_start(args: argparse.Namespace) -> int:
    """Moves the file."""
    from streams.authoring.moving import proposal, start
    from streams.events.instants import stamp

    settings, folder = _where(args)
    rule = start(folder, proposal(folder, args.file), _now_ms(args), settings.retention_ms)
    assert rule.trial is not None
    since = stamp(rule.trial.started_ms or 0)
    if args.json:
        print(json.dumps({"segment": rule.name, "against": rule.trial.against, "started": since}))
    else:
        days = f"for {rule.trial.days} days, by {rule.trial.metric}"
        print(f"{rule.name} is on trial against {rule.trial.against} since {since}, {days}")
    return 0


def run_status(args: argparse.Namespace) -> int:
    """Prints how the trials stand."""
    settings, folder = _where(args)
    found = _looks(args, settings, _on_trial(folder, settings))
    if args.json:
        print(json.dumps({"trials": [_told(look) for look in found]}, ensure_ascii=False))
    else:
        print_lines([line for look in found for line in _lines(look)] or ["no segment is on trial"])
    return 0


def run_stop(args: argparse.Namespace) -> int:
    """Ends a trial, or says how that would be done."""
    settings, folder = _where(args)
    _known(args.segment, _on_trial(folder, settings))
    moved = _moved(folder, args, "retired", settings)
    if args.json:
        print(json.dumps({"segment": args.segment, "move": "retired", "moved": moved}))
    else:
        print(_said_move(args.segment, "retired", moved=moved))
    return 0


def run_decide(args: argparse.Namespace) -> int:
    """Prints what to do, and does it with --apply. All trials are looked at, as several results need more proof."""
    settings, folder = _where(args)
    trials = _on_trial(folder, settings)
    _known(args.segment, trials)
    look = next(one for one in _looks(args, settings, trials) if one.segment == args.segment)
    moved = look.move is not None and _moved(folder, args, look.move, settings)
    if args.json:
        print(json.dumps({**_told(look), "moved": moved}, ensure_ascii=False))
        return 0
    print_lines(_lines(look))
    if look.move is None:
        print(f"nothing is to be moved: {args.segment} stays in trial/")
    else:
        print(_said_move(args.segment, look.move, moved=moved))
    return 0


def _where(args: argparse.Namespace) -> tuple[Settings, Path]:
    settings = settings_of(args)
    return settings, args.rules or settings.rules


def _now_ms(args: argparse.Namespace) -> int:
    from streams.events.instants import instant_ms
    from streams.worker.clock import WallClock

    if args.at is None:
        return WallClock().now_ms()
    try:
        return instant_ms(args.at)
    except ValueError as error:
        raise MicrosegError(f"--at: {args.at!r} {error}") from error


def _on_trial(folder: Path, settings: Settings) -> dict[str, TrialTerms]:
    """The terms of the segments on trial."""
    from streams.rules.load import load_rules

    rules = load_rules(folder, settings.retention_ms).rules
    return {rule.name: rule.on_trial for rule in rules if rule.on_trial is not None}


def _known(segment: str, trials: dict[str, TrialTerms]) -> None:
    from streams.rules.nearest import hint

    if segment not in trials:
        raise MicrosegError(f"{segment} is not on trial{hint(segment, trials)}")


def _looks(args: argparse.Namespace, settings: Settings, trials: dict[str, TrialTerms]) -> list[Look]:
    if not trials:
        return []
    try:
        from streams.trials.looks import DAY_MS, looks
    except ModuleNotFoundError as error:
        raise MicrosegError("decisions need scipy and statsmodels: pip install 'microseg[stats]'") from error
    if args.totals:
        from streams.reports.reading import totals_of_file

        totals = totals_of_file(args.totals)
    else:
        from streams.clients.outcomes import read_totals

        totals = read_totals(settings)
    return looks(trials, totals, _now_ms(args), settings.conversion_days * DAY_MS)


def _moved(folder: Path, args: argparse.Namespace, to: str, settings: Settings) -> bool:
    from streams.authoring.moving import move

    if args.apply:
        move(folder, args.segment, to, settings.retention_ms)
    return bool(args.apply)


def _said_move(segment: str, to: str, *, moved: bool) -> str:
    if moved:
        return f"moved: {segment}.yaml is in {to}/ now"
    return f"proposed: move {segment}.yaml to {to}/; --apply does it"


def _told(look: Look) -> dict[str, object]:
    """A look as JSON has it."""
    from dataclasses import asdict

    from streams.events.instants import stamp
    from streams.trials.numbers import told

    return {
        **told(look.trial, look.decision),
        "against": look.terms.against,
        "started": None if look.terms.started_ms is None else stamp(look.terms.started_ms),
        "decided_from": None if look.ends_ms is None else stamp(look.ends_ms),
        "move": look.move,
        "arms": {name: asdict(one) for name, one in sorted(look.arms.items())},
    }


def _lines(look: Look) -> list[str]:
    """A look in words: how it stands, why, and the numbers under it."""
    from streams.events.instants import stamp

    until = "nobody said when it began (started:)" if look.ends_ms is None else f"decided from {stamp(look.ends_ms)} on"
    arms = [
        f"    {name}: {one.customers:,} customers, {one.clicked:,} clicked, {one.converted:,} ordered, "
        f"{one.revenue_micros / 1_000_000:,.2f} of revenue, {one.unsubscribed:,} unsubscribed, "
        f"{one.complained:,} complained, {one.bounced:,} bounced"
        for name, one in sorted(look.arms.items(), reverse=True)
    ]
    head = f"{look.segment} against {look.terms.against}, by {look.terms.metric}: {look.decision.outcome}"
    return [head, f"    {look.decision.sentence}", *arms, f"    {until}"]
