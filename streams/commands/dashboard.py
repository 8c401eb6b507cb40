"""``microseg dashboard``: the pages that show segments, customers, trials and workers, in a process of their own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from streams.commands import Subparsers, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.dashboard.sources import Sources
    from streams.rules.model import RuleSet
    from streams.settings import Settings
    from streams.trials.looks import Look
    from streams.trials.totals import Totals

Json = dict[str, Any]


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "dashboard",
        help="serve the dashboard in a process of its own",
        description="Serves the pages that show segments, customers, proposals, trials and workers. Every worker "
        "serves them too, at the address of the setting http; a process of its own keeps the work away from workers.",
    )
    parser.add_argument("--port", type=_port, metavar="N", help="where to listen (default: that of the setting http)")
    add_config(parser)
    parser.set_defaults(run=run)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text} is no port; one is a number from 1 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serves until Ctrl-C."""
    from streams.dashboard.process import serve

    settings = settings_of(args)
    host, port = settings.http or ("127.0.0.1", 6066)
    serve(settings, sources_of(settings), host, args.port or port)
    return 0


def sources_of(settings: Settings) -> Sources:
    """What the dashboard is handed of rooms that are strangers to it."""
    from streams.dashboard.sources import Sources

    return Sources(
        lambda rules: _content(settings, rules),
        lambda rules, now_ms: _trials(settings, rules, now_ms),
        lambda rules: _report(settings, rules),
        lambda user: _stored(settings, user),
        lambda: _last_round(settings),
    )


def _content(settings: Settings, rules: RuleSet) -> dict[str, Json]:
    """The copy of each segment, without what is retired."""
    from streams.content.fields import FOLDER
    from streams.content.load import load_content
    from streams.content.model import Status

    if not (settings.rules / FOLDER).is_dir():
        return {}
    library = load_content(settings.rules, rules)
    return {
        copy.segment: {
            "link": copy.link,
            "products": copy.products,
            "locales": {
                locale: [
                    {"name": one.name, "status": str(one.status), **one.texts()}
                    for one in variants
                    if one.status is not Status.RETIRED
                ]
                for locale, variants in copy.locales.items()
            },
        }
        for copy in library.copies.values()
    }


def _trials(settings: Settings, rules: RuleSet, now_ms: int) -> list[Json]:
    """All trials as they stand; without totals as those of whom nothing is known yet."""
    terms = {rule.name: rule.on_trial for rule in rules.rules if rule.on_trial is not None}
    if not terms:
        return []
    try:
        from streams.trials.looks import DAY_MS, looks
    except ModuleNotFoundError as error:
        raise MicrosegError("decisions need scipy and statsmodels: pip install 'microseg[stats]'") from error
    titles = {rule.name: rule.title for rule in rules.rules}
    found = looks(terms, _totals(settings), now_ms, settings.conversion_days * DAY_MS)
    return [{"title": titles[look.segment], **_told(look, now_ms)} for look in found]


def _totals(settings: Settings) -> Totals:
    from streams.clients.errors import ClientError
    from streams.clients.outcomes import read_totals
    from streams.trials.totals import Totals

    try:
        return read_totals(settings)
    except ClientError:  # nobody tracks
        return Totals()


def _told(look: Look, now_ms: int) -> Json:
    from streams.events.instants import stamp
    from streams.trials.looks import DAY_MS

    terms, decision, trial = look.terms, look.decision, look.trial
    started = terms.started_ms
    means = {"treatment": trial.treatment.mean, "control": trial.control.mean}
    return {
        "name": look.segment,
        "against": terms.against,
        "metric": terms.metric,
        "state": decision.outcome.value,
        "day": None if started is None else max(0, min(terms.days, (now_ms - started) // DAY_MS + 1)),
        "days": terms.days,
        "started": None if started is None else stamp(started),
        "decided_from": None if look.ends_ms is None else stamp(look.ends_ms),
        "sentence": decision.sentence,
        "move": look.move,
        "shares": trial.counts_events,
        "interval": _interval(decision.difference),
        "arms": {name: {**_arm(look, name), "mean": means.get(name)} for name in (*means, *look.arms)},
        "guardrails": [
            {"name": name, "interval": _interval(found)} for name, found in sorted(decision.guardrails.items())
        ],
    }


def _arm(look: Look, name: str) -> Json:
    from streams.trials.totals import TrialTotals

    one = look.arms.get(name, TrialTotals(look.segment, name))
    counts = ("customers", "clicked", "converted", "unsubscribed", "complained", "bounced")
    return {**{count: getattr(one, count) for count in counts}, "revenue": one.revenue_micros / 1_000_000}


def _interval(found: Any) -> list[float] | None:
    """(low, value, high); JSON has no infinity, so an interval without ends is none."""
    if found is None or not all(abs(one) < float("inf") for one in (found.low, found.value, found.high)):
        return None
    return [found.low, found.value, found.high]


def _report(settings: Settings, rules: RuleSet) -> Json | None:
    """The figures of mail; None before there is any, and where the packages for it are not there."""
    totals = _totals(settings)
    if not totals.days:
        return None
    try:  # only now: these load much, into a worker that may do without
        from streams.reports.report import Known, as_json, report_of
        from streams.reports.weeks import end_of, newest_day
        from streams.trials.looks import DAY_MS
    except ModuleNotFoundError:
        return None
    until = newest_day(totals.days)
    assert until is not None
    titles = {rule.name: rule.title for rule in rules.rules}
    terms = {rule.name: rule.on_trial for rule in rules.rules if rule.on_trial}
    now_ms = end_of(until, settings.timezone)
    return as_json(report_of(totals, until, Known(titles, terms, now_ms, settings.conversion_days * DAY_MS)))


def _stored(settings: Settings, user: str) -> Json | None:
    """Where a customer stands by the serving store."""
    if settings.redis is None:
        return None
    from streams.sinks.serving.standing import standing_of

    return standing_of(settings, user)


def _last_round(settings: Settings) -> Json | None:
    """The last round of discovery, as its topic tells of it."""
    from streams.clients.errors import ClientError
    from streams.events.instants import stamp
    from streams.rounds.topic import read_last

    try:
        last = read_last(settings)
    except ClientError:  # there is no such topic before the first round
        return None
    if not last.began_ms:
        return None
    return {
        "began": stamp(last.began_ms),
        "ended": stamp(last.ended_ms) if last.ended_ms else None,
        "worker": last.worker,
        "customers": last.customers,
        "candidates": last.candidates,
        "proposals": [*last.proposals],
        "usd": last.usd,
        "trouble": last.error or last.fault or None,
    }
