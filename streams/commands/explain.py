"""``microseg explain``: a customer's segments, why, since when, until when, and what is missing."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, add_wait, print_lines, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.explanations.explain import Explanation
    from streams.settings import Settings


class Unknown(MicrosegError):
    """Nobody of that id is known, or there is no such segment."""

    exit_code = 1


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "explain",
        help="tell why a customer is in their segments, and when they will leave",
        description="Tells a customer's segments with the measured values, since when and until when if nothing "
        "happens, and what is missing for the nearest others.",
    )
    parser.add_argument("user", type=_user, metavar="USER", help="the customer's id")
    parser.add_argument("--segment", metavar="NAME", help="only this segment, or this family")
    parser.add_argument("--all", action="store_true", help="tell of all segments, not only of the nearest misses")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--at", metavar="T", help="the instant, an RFC 3339 stamp (default: now, or the last event)")
    parser.add_argument("--events", nargs="+", metavar="FILE", help="read event files and ask no worker")
    add_wait(parser)
    add_config(parser)
    parser.set_defaults(run=run)


def _user(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("is empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError("is not UTF-8, which every id is") from error
    return text


def run(args: argparse.Namespace) -> int:
    """Prints the explanation."""
    settings = settings_of(args)
    at_ms = _instant(args.at)
    try:
        found = _offline(settings, args, at_ms) if args.events else _asked(settings, args, at_ms)
    except MicrosegError as error:
        if args.events or at_ms is not None or not _print_stored(settings, args, error):
            raise
        return 0
    if found is None:
        raise Unknown(f"nobody called {args.user!r} is known: no event of theirs, or it was erased")
    if "merged_into" in found:
        _print_merged(found, settings, args)
        return 0
    wanted = _only(found, args.segment) if args.segment else found
    if args.json:
        print(json.dumps(wanted, ensure_ascii=False))
    else:
        _print(found, wanted, settings, args)
    return 0


def _instant(text: str | None) -> int | None:
    from streams.events.instants import instant_ms

    if text is None:
        return None
    try:
        return instant_ms(text)
    except ValueError as error:
        raise MicrosegError(f"--at: {text!r} {error}") from error


def _asked(settings: Settings, args: argparse.Namespace, at_ms: int | None) -> Explanation | None:
    from streams.survey.asking import ask_explain

    return ask_explain(settings, args.user, at_ms, args.wait, _family(args)).findings


def _print_stored(settings: Settings, args: argparse.Namespace, error: MicrosegError) -> bool:
    """What the serving store has, where one is set and knows the customer; whether it does."""
    if settings.redis is None:
        return False
    from streams.sinks.serving.standing import standing_lines, standing_of

    try:
        found = standing_of(settings, args.user)
    except MicrosegError:  # what was tried first tells more
        found = None
    if found is None:
        return False
    aside = "so the serving store tells where they stand; why and until when only a worker can tell"
    print("\n".join(f"microseg: {line}" for line in (*str(error).splitlines(), aside)), file=sys.stderr)
    print_lines((json.dumps(found, ensure_ascii=False),) if args.json else standing_lines(found, settings.timezone))
    return True


def _offline(settings: Settings, args: argparse.Namespace, at_ms: int | None) -> Explanation | None:
    from streams.engine.course import course_of
    from streams.explanations.explain import explanation, merged
    from streams.rules.load import load_rules
    from streams.survey.offline import replayed

    rules = load_rules(settings.rules, settings.retention_ms)
    partition = replayed(settings, rules, args.events, at_ms)
    course = course_of(partition, args.user, partition.machine.clock_ms(), _family(args))
    if course is not None:
        return explanation(args.user, course, rules)
    redirect = partition.identity.merged_into(args.user)
    return None if redirect is None else merged(args.user, redirect.survivor, redirect.at_ms)


def _family(args: argparse.Namespace) -> str:
    """The family of which a segment is asked for."""
    return (args.segment or "").partition("/")[0]


def _only(found: Explanation, name: str) -> Explanation:
    """The explanation of one segment, or of all segments of a family."""
    from streams.rules.nearest import hint

    segments = [one for one in found["segments"] if name in (one["segment"], one["segment"].partition("/")[0])]
    without = {family: each for family, each in found["without_values"].items() if family == name}
    if not segments and not without:
        known = [*(one["segment"] for one in found["segments"]), *found["without_values"]]
        raise Unknown(f"there is no segment {name!r} for this customer{hint(name, known)}")
    return {**found, "segments": segments, "without_values": without}


def _print_merged(found: Explanation, settings: Settings, args: argparse.Namespace) -> None:
    from zoneinfo import ZoneInfo

    from streams.explanations.lines import merged_line

    print_lines(
        (json.dumps(found, ensure_ascii=False) if args.json else merged_line(found, ZoneInfo(settings.timezone)),)
    )


def _print(found: Explanation, wanted: Explanation, settings: Settings, args: argparse.Namespace) -> None:
    from zoneinfo import ZoneInfo

    from streams.explanations.lines import body, head

    zone = ZoneInfo(settings.timezone)
    print_lines((*head(found, zone), *body(wanted, zone, everything=args.all or bool(args.segment))))
