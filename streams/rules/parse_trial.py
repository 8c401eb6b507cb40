"""``trial``: how a segment is measured against another one."""

from __future__ import annotations

from dataclasses import replace

from streams.events.instants import instant_ms
from streams.events.text import compared
from streams.rules.bounds import number
from streams.rules.errors import Problems, quoted
from streams.rules.model import GUARDRAILS, METRICS, RATIO_SCALE, TrialTerms
from streams.rules.nearest import hint
from streams.rules.scalars import plain_text, several, whole
from streams.rules.yaml_nodes import Entry, Yaml, YamlMap

TRIAL_KEYS = ("against", "days", "metric", "share", "holdout", "guardrails", "customers", "started")
MOST_DAYS = 365


def parse_trial(trial: Entry, problems: Problems) -> TrialTerms | None:
    """The terms of a trial; None where something is wrong, which is then among the problems."""
    node, before = trial.value, len(problems)
    if not isinstance(node, YamlMap):
        problems.add(node.place, "trial takes keys and values, such as {against: SEGMENT, days: 14, metric: clicks}")
        return None
    for name, entry in node.entries.items():
        if name not in TRIAL_KEYS:
            problems.add(entry.key.place, f"unknown key {quoted(name)} under trial{hint(name, TRIAL_KEYS)}")
    if "against" not in node.entries:
        problems.add(trial.key.place, "a trial needs against: and the segment whose mail the others get")
    found = _terms(node, problems)
    return found if len(problems) == before else None


def _terms(node: YamlMap, problems: Problems) -> TrialTerms | None:
    values = {name: entry.value for name, entry in node.entries.items()}
    against = plain_text(values["against"], problems) if "against" in values else None
    terms = TrialTerms(compared(against or ""), place=values["against"].place if "against" in values else node.place)
    if "days" in values:
        terms = replace(terms, days=_days(values["days"], problems) or terms.days)
    if "metric" in values:
        terms = replace(terms, metric=_one_of(values["metric"], METRICS, problems) or terms.metric)
    if "guardrails" in values:
        terms = replace(terms, guardrails=_guardrails(values["guardrails"], problems))
    if "customers" in values:
        terms = replace(terms, customers=whole(values["customers"], problems))
    if "started" in values:
        terms = replace(terms, started_ms=_instant(values["started"], problems))
    return _with_shares(terms, values, problems)


def _with_shares(terms: TrialTerms, values: dict[str, Yaml], problems: Problems) -> TrialTerms:
    share = _part(values["share"], problems) if "share" in values else terms.share
    holdout = _part(values["holdout"], problems) if "holdout" in values else 0
    if share is None or holdout is None:
        return terms
    if share + holdout >= RATIO_SCALE:
        place = values["holdout" if holdout else "share"].place
        problems.add(place, "share and holdout together leave nobody who gets the other segment's mail; write less")
    return replace(terms, share=share, holdout=holdout)


def _days(node: Yaml, problems: Problems) -> int | None:
    days = whole(node, problems)
    if days is not None and days > MOST_DAYS:
        problems.add(node.place, f"a trial of {days} days; write at most {MOST_DAYS}")
    return days


def _one_of(node: Yaml, names: tuple[str, ...], problems: Problems) -> str | None:
    found = plain_text(node, problems)
    if found is not None and found not in names:
        problems.add(node.place, f"{quoted(found)} is not known here{hint(found, names)}")
    return found


def _guardrails(node: Yaml, problems: Problems) -> tuple[str, ...]:
    def read(one: Yaml, problems: Problems) -> str | None:
        return _one_of(one, GUARDRAILS, problems)

    return tuple(dict.fromkeys(several(node, read, problems) or ()))


def _part(node: Yaml, problems: Problems) -> int | None:
    """Ten-thousandths, more than none and less than all."""
    found = number(node, problems)
    if found is not None and not 0 < found < RATIO_SCALE:
        problems.add(node.place, "a part of the customers is needed, above 0 and below 100%, such as 50%")
        return None
    return found


def _instant(node: Yaml, problems: Problems) -> int | None:
    found = plain_text(node, problems)
    try:
        return None if found is None else instant_ms(found)
    except ValueError as error:
        problems.add(node.place, f"{quoted(found or '')} {error}; microseg trial start writes it")
        return None
