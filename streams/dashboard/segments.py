"""Segments as the pages show them: a row each, and a page of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.clients.words import Words
from streams.dashboard.health import Signs, health_of
from streams.dashboard.hours import HOUR_MS
from streams.dashboard.members import Example, Members
from streams.dashboard.why import change_lines
from streams.events.instants import stamp
from streams.rules.model import Rule, RuleSet

Json = dict[str, Any]
DAY_MS = 24 * HOUR_MS
TREND_POINTS, TREND_STEP = 48, 4
#: Of a page's picture, in hours.
LONG_HOURS, FLOW_HOURS = 14 * 24, 48
MOST_VALUES, MOST_OVERLAPS, MOST_EXAMPLES = 10, 20, 3


@dataclass(frozen=True, slots=True)
class Beside:
    """What other rooms know, by segment: copy, trials, figures of mail (``report --json``); and the texts of rules."""

    content: Mapping[str, Json] = field(default_factory=dict)
    trials: Mapping[str, Json] = field(default_factory=dict)
    report: Json | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


class Segments:
    """Of one look: who is where, under which rules, at an instant. ``ready``: all changes up to now are known."""

    def __init__(self, members: Members, rules: RuleSet, now_ms: int, beside: Beside, *, ready: bool) -> None:
        self._members, self._rules, self._now_ms, self._beside = members, rules, now_ms, beside
        self._ready = ready
        self._words = Words(rules)
        self._nearest: dict[str, tuple[str, float]] | None = None
        self._values: dict[str, list[str]] = {}
        for name in members.segments() if ready else ():
            family, slash, _ = name.partition("/")
            if slash:
                self._values.setdefault(family, []).append(name)

    def known_since(self) -> str | None:
        """Sizes before are not known."""
        return stamp(self._members.known_ms) if self._ready and self._members.known_ms else None

    def rows(self) -> Iterator[Json]:
        """A row a rule; behind that of a family those of its largest values."""
        for rule in self._rules.rules:
            yield self.row(rule, rule.name)
            largest = sorted(self._values.get(rule.name, ()), key=lambda name: (-self._members.sizes[name], name))
            for name in largest[:MOST_VALUES]:
                yield self.row(rule, name)

    def row(self, rule: Rule, name: str) -> Json:
        """A segment, a family, or a value of one."""
        is_value = name != rule.name
        trial = None if is_value else self._beside.trials.get(rule.name)
        return {
            "name": name,
            "title": self._words.title(name),
            "family": rule.name if is_value else None,
            "each": None if is_value else rule.for_each,
            "values": None if is_value or not rule.for_each else len(self._values.get(rule.name, ())),
            "folder": rule.folder,
            "why": rule.why,
            "everyone": rule.everyone,
            **self._numbers(name),
            "trial": trial and _short_trial(trial),
            "content": None if is_value else _short_content(self._beside.content.get(rule.name)),
        }

    def page(self, rule: Rule, name: str) -> Json:
        """The row with all that is known beside it; ``members`` are left to who may see customers."""
        hours, size, now_ms = self._members.hours(name), self._members.sizes[name], self._now_ms
        known_ms = max(self._members.known_ms, now_ms - LONG_HOURS * HOUR_MS)
        path = f"{rule.folder}/{rule.name}.yaml"
        over_time = hours.sizes(size, now_ms, 1, LONG_HOURS, known_ms) if self._ready else []
        flow = hours.flow(now_ms, FLOW_HOURS) if self._ready else []
        return {
            **self.row(rule, name),
            "path": path,
            "rule": self._beside.texts.get(path, ""),
            "strategy": rule.strategy,
            "known_since": self.known_since(),
            "size_over_time": [[stamp(at_ms), count] for at_ms, count in over_time],
            "flow": [[stamp(at_ms), entered, left] for at_ms, entered, left in flow],
            "overlap": [
                {"name": other, "both": both, "share": round(both / size, 4)}
                for other, both in (self._members.overlaps(name).most_common(MOST_OVERLAPS) if size else ())
            ],
            "content": self._beside.content.get(rule.name),
            "report": self._mail(name),
        }

    def examples(self, name: str) -> list[Example]:
        """A few customers who entered lately."""
        return self._members.examples(name)[:MOST_EXAMPLES]

    def told_example(self, name: str, example: Example) -> Json:
        """A customer, since when they are in the segment (or a family's segment) and why."""
        segments = [one for one in example.change.entered if name in (one, one.partition("/")[0])]
        segment = segments[0] if segments else name
        why = change_lines(self._words, example.change, segment)
        return {"user": example.user, "segment": segment, "since": example.change.at, "until": None, "why": why}

    def _numbers(self, name: str) -> Json:
        if not self._ready:
            nothing = dict.fromkeys(("size", "entered_day", "exited_day"))
            return {**nothing, "trend": [], "health": {"state": "good", "notes": []}}
        members, hours, now_ms = self._members, self._members.hours(name), self._now_ms
        size = members.sizes[name]
        entered, left = hours.between(now_ms - DAY_MS, now_ms + DAY_MS)
        trend = hours.sizes(size, now_ms, TREND_STEP, TREND_POINTS, members.known_ms)
        return {
            "size": size,
            "entered_day": entered,
            "exited_day": left,
            "trend": [[stamp(at_ms), count] for at_ms, count in trend],
            "health": health_of(self._signs(name, size)),
        }

    def _signs(self, name: str, size: int) -> Signs:
        week_ms = self._now_ms - 7 * DAY_MS
        entered, left = self._members.hours(name).between(week_ms, self._now_ms + DAY_MS)
        known = self._members.known_ms <= week_ms
        alerts = [] if "/" in name else list(self._alerts(name))
        return Signs(size, size - entered + left if known else None, left, self._alike(name), alerts)

    def _alike(self, name: str) -> tuple[str, float] | None:
        """The most alike other segment."""
        if self._nearest is None:
            self._nearest = nearest(self._members)
        return self._nearest.get(name)

    def _alerts(self, name: str) -> Iterator[str]:
        """What the figures of mail say, where there are any."""
        report = self._beside.report
        if report is None or not _sent(report["total"]):
            return
        found = self._mailed(name)
        if found is None or not _sent(found):
            yield "No mail went to it in two weeks."
            return
        change = found.get("clicks_change")
        if change and change["clear"] and change["value"] < 0:
            yield f"Fewer clicks than in the week before ({change['value']:+.2%})."

    def _mailed(self, name: str) -> Json | None:
        return next((one for one in (self._beside.report or {}).get("segments", ()) if one["segment"] == name), None)

    def _mail(self, name: str) -> Json | None:
        report, found = self._beside.report, self._mailed(name)
        if report is None or found is None:
            return None
        return {"until": report["until"], "week": _figures(found["week"]), "before": _figures(found["before"])}


def nearest(members: Members) -> dict[str, tuple[str, float]]:
    """Of each rule's segment the most alike other one, and their similarity (Jaccard)."""
    found: dict[str, tuple[str, float]] = {}
    for (one, other), both in members.pairs().items():
        alike = both / (members.sizes[one] + members.sizes[other] - both) if both else 0.0
        for name, beside in ((one, other), (other, one)):
            if alike > found.get(name, ("", 0.0))[1]:
                found[name] = (beside, alike)
    return found


def _sent(weeks: Json) -> int:
    """Messages in two weeks."""
    return int(weeks["week"]["sent"] + weeks["before"]["sent"])


def _figures(week: Json) -> Json:
    """Revenue in the shop's currency."""
    return {**week, "revenue": week.get("revenue_micros", 0) / 1_000_000}


def _short_trial(trial: Json) -> Json:
    arms = {name: arm["customers"] for name, arm in trial["arms"].items()}
    return {"against": trial["against"], "state": trial["state"], "sentence": trial["sentence"], "arms": arms}


def _short_content(content: Json | None) -> Json | None:
    """Of a segment's copy the first subject, how many variants there are, and whether a person has approved them."""
    variants = [one for found in (content or {}).get("locales", {}).values() for one in found]
    if not variants:
        return None
    states = {one["status"] for one in variants}
    status = "both" if states >= {"approved", "draft"} else "approved" if "approved" in states else "draft"
    return {"status": status, "variants": len(variants), "subject": variants[0]["subject"]}
