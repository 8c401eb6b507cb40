"""A plan: what candidate rules would do to the customers' memberships, as one JSON-able object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from streams.events.instants import stamp
from streams.memberships.durations import duration_text
from streams.plans.trials import forecasts
from streams.rules.digest import digest_of

if TYPE_CHECKING:
    from streams.engine.survey import Findings, Flow
    from streams.rules.model import RuleSet

Plan = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Live:
    """The rules that are compared with: their digest, and the digests of the rules one by one."""

    digest: str
    rules: Mapping[str, str]

    @classmethod
    def of(cls, rules: RuleSet) -> Live:
        """Those of a rule set."""
        return cls(rules.digest, digests(rules))


def digests(rules: RuleSet) -> dict[str, str]:
    """The digest of each rule by its name."""
    return {rule.name: digest_of((rule,)) for rule in rules.rules}


def plan_of(
    findings: Findings, rules: RuleSet, live: Live | None, oldest_ms: int, newest_ms: int, show: int = 0
) -> Plan:
    """The plan of candidate ``rules``; ``live`` None: there is nothing to compare with, and no size before.

    ``segments`` are the rules' (and each family's NAME/value) with ``mark`` (new, removed, changed, same; None where
    there is nothing to compare with), ``before``, ``after``, ``entering``, ``leaving``, of each the ids of at most
    ``show`` customers, and ``waits``, the rule's ``for``; ``families`` how many customers would be in any of a
    family's segments; ``overlaps`` pairs of rules with how many customers would be in ``both`` and their ``jaccard``
    similarity; ``trials`` what each could show (``plans.trials``); ``taken`` the instants of the oldest and the newest
    count; ``rules.others`` the digests of live rules, beside ``live``, under which a part was counted.
    """
    planned = digests(rules)
    waits = {rule.name: duration_text(rule.for_ms) for rule in rules.rules if rule.for_ms}
    segments = [
        {**_segment(name, flow, _mark(name, planned, live), live, show), "waits": waits.get(rule_of(name))}
        for name, flow in sorted(findings.segments.items())
    ]
    return {
        "rules": {"live": live.digest if live else None, "planned": rules.digest, "others": []},
        "unchanged": live is not None and live.digest == rules.digest,
        "customers": findings.customers,
        "taken": {"from": stamp(oldest_ms), "to": stamp(newest_ms)},
        "segments": segments,
        "families": {rule.name: _size(findings, rule.name) for rule in rules.rules if rule.for_each},
        "overlaps": list(_overlaps(findings)),
        "trials": forecasts({name: flow.after for name, flow in findings.segments.items()}, rules),
    }


def rule_of(segment: str) -> str:
    """The rule of a segment: of NAME/value it is NAME."""
    return segment.partition("/")[0]


def _mark(segment: str, planned: Mapping[str, str], live: Live | None) -> str | None:
    name = rule_of(segment)
    if live is None:
        return None
    if name not in planned:
        return "removed"
    if name not in live.rules:
        return "new"
    return "same" if planned[name] == live.rules[name] else "changed"


def _segment(name: str, flow: Flow, mark: str | None, live: Live | None, show: int) -> Plan:
    counted = {"before": flow.before, "entering": flow.entering, "leaving": flow.leaving} if live else {}
    ids = {"entering_ids": flow.entering_ids, "leaving_ids": flow.leaving_ids} if live else {}
    found: Plan = {
        "segment": name,
        "mark": mark,
        "before": None,
        "after": flow.after,
        "entering": None,
        "leaving": None,
    }
    return {**found, **counted, **{key: sorted(names)[:show] for key, names in ids.items() if names and show}}


def _overlaps(findings: Findings) -> Iterator[Plan]:
    for first, others in sorted(findings.overlaps.items()):
        for second, both in sorted(others.items()):
            if both and first != second:
                either = _size(findings, first) + _size(findings, second) - both
                yield {"segments": [first, second], "both": both, "jaccard": round(both / either, 4)}


def _size(findings: Findings, rule: str) -> int:
    """How many customers would be in the rule's segment, of a family in any."""
    return findings.overlaps.get(rule, {}).get(rule, 0)
