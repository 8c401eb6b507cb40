"""A customer's course under a rule set as one JSON-able explanation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from streams.events.instants import stamp
from streams.explanations.judged import judged, words_of
from streams.explanations.missing import Gap, distance, missing
from streams.memberships.durations import duration_text

if TYPE_CHECKING:
    from streams.engine.course import Course
    from streams.rules.model import Rule, RuleSet

#: The explanation of one customer; see ``explanation``.
Explanation = dict[str, Any]


def explanation(user: str, course: Course, rules: RuleSet) -> Explanation:
    """All segments of a customer: first those they are in, then the others by how little is missing.

    Instants are stamps in UTC; None is "not within what is known". Each segment has ``segment``, ``title``, ``in``,
    ``since``, ``until`` (if nothing happens), ``when`` (the rule's condition with ``value`` and ``holds``), ``missing``
    (in words) and ``distance`` (how much of a whole condition is missing; None where consent is). ``without_values``
    are the families of which the customer has no value.
    """
    found = [_segment(rule, course) for rule in course.rules]
    there = {rule.name.partition("/")[0] for rule in course.rules}
    return {
        "user": user,
        "at": stamp(course.at_ms),
        "rules": rules.digest,
        "suppressed": course.suppressed,
        "segments": sorted(found, key=_order),
        "without_values": {
            rule.name: rule.for_each for rule in rules.rules if rule.for_each and rule.name not in there
        },
    }


def merged(user: str, survivor: str, at_ms: int) -> Explanation:
    """What there is to tell of an id whose facts are another's since an instant."""
    return {"user": user, "merged_into": survivor, "merged_at": stamp(at_ms)}


def _order(segment: Explanation) -> tuple[bool, float, str]:
    far = segment["distance"]
    return not segment["in"], float("inf") if far is None else far, segment["segment"]


def _segment(rule: Rule, course: Course) -> Explanation:
    inside = rule.name in course.members
    when = judged(rule.when, course.measured[rule.name])
    barred = course.suppressed and not rule.everyone
    gaps = [] if inside or barred else missing(when) or _outside_of_the_condition(rule)
    return {
        "segment": rule.name,
        "title": rule.title,
        "in": inside,
        "since": _stamp(course.since.get(rule.name)),
        "until": _stamp(course.until.get(rule.name)),
        "when": words_of(when),
        **_waits(rule),
        "missing": ["may not be mailed"] if barred and not inside else [gap.text for gap in gaps],
        "distance": None if barred else round(distance(gaps), 4),
    }


def _outside_of_the_condition(rule: Rule) -> list[Gap]:
    """What keeps a customer out whose conditions hold: time, or that only values of facts that still count make a
    segment of a family, which those of a refunded order do not."""
    if rule.for_ms:
        return [Gap(f"the conditions hold, and must do so for {duration_text(rule.for_ms)}", 0.0)]
    _, family, value = rule.name.partition("/")
    return [Gap(f"nothing of {value} counts now", 1.0)] if family else []


def _stamp(at_ms: int | None) -> str | None:
    return None if at_ms is None else stamp(at_ms)


def _waits(rule: Rule) -> dict[str, str]:
    waits = (("for", rule.for_ms), ("keep_for", rule.keep_for_ms))
    return {name: duration_text(length_ms) for name, length_ms in waits if length_ms}
