"""A rule as the model writes it (a list of conditions), and the same as a rule file says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from streams.discovery.model.answer_schema import FLAGS, MATCHES, MEASURES
from streams.rules.bounds import COMPARISONS
from streams.rules.model import EACH, SOURCES
from streams.rules.parse_rule import FAMILIES

MOST_CONDITIONS = 6


class WireWhere(msgspec.Struct, forbid_unknown_fields=True):
    """One entry of a ``where``: values of texts and flags, or a comparison of numbers."""

    field: str
    values: list[str] = []
    comparison: str | None = None
    bounds: list[str] = []


class WireCondition(msgspec.Struct, forbid_unknown_fields=True):
    """One condition."""

    measure: str
    of: str
    comparison: str
    bounds: list[str]
    where: list[WireWhere] = []
    last: str | None = None
    before: str | None = None
    against: str | None = None
    latest: int | None = None
    per: str | None = None


class WireRule(msgspec.Struct, forbid_unknown_fields=True):
    """A rule."""

    match: str
    conditions: list[WireCondition]
    for_each: str | None = None


def faults_of(rule: WireRule, codes: Iterable[str]) -> list[str]:
    """What the schema forbids and the loader would not see, or see too late."""
    known = {*codes, *FLAGS, EACH}
    found = [*_unknown("match", [rule.match], MATCHES), *_unknown("for_each", [rule.for_each or FAMILIES[0]], FAMILIES)]
    if not 1 <= len(rule.conditions) <= MOST_CONDITIONS:
        found.append(f"a rule takes 1 to {MOST_CONDITIONS} conditions, not {len(rule.conditions)}")
    for one in rule.conditions:
        found += _unknown("measure", [one.measure], MEASURES)
        found += _unknown(
            "comparison", [one.comparison, *(w.comparison or one.comparison for w in one.where)], COMPARISONS
        )
        found += _unknown("of", [one.of.partition(".")[0]], SOURCES)
        found += _unknown("values", [value for where in one.where for value in where.values], known)
        found += _wrong_bounds(one.comparison, one.bounds)
        for where in one.where:
            found += _where_faults(where)
    return found


def _unknown(key: str, said: Iterable[str], known: Iterable[str]) -> list[str]:
    choices = set(known)
    return [f"{key}: {one[:40]!r} is none of the values that the schema gives" for one in said if one not in choices]


def _wrong_bounds(comparison: str, bounds: list[str]) -> list[str]:
    wanted = 2 if comparison == "between" else 1
    return [] if len(bounds) == wanted else [f"{comparison} takes {wanted} in bounds, not {len(bounds)}"]


def _where_faults(where: WireWhere) -> list[str]:
    if bool(where.values) == bool(where.comparison):
        return [f"where of {where.field}: give values, or a comparison with its bounds"]
    return _wrong_bounds(where.comparison, where.bounds) if where.comparison else []


def rule_of(rule: WireRule) -> dict[str, Any]:
    """The rule as the loader's schema takes it; names are codes still."""
    conditions = [_condition(one) for one in rule.conditions]
    when = conditions[0] if len(conditions) == 1 else {rule.match: conditions}
    return {**({"for_each": rule.for_each} if rule.for_each else {}), "when": when}


def _condition(one: WireCondition) -> dict[str, Any]:
    measure, _, which = one.measure.partition(" ")
    found: dict[str, Any] = {measure: f"{which} {one.of}" if which else one.of}
    if one.where:
        found["where"] = {where.field: _matched(where) for where in one.where}
    said = {name: getattr(one, name) for name in ("last", "before", "latest", "against", "per")}
    found |= {name: value for name, value in said.items() if value}
    return {**found, one.comparison: _bounds(one.comparison, one.bounds)}


def _matched(where: WireWhere) -> Any:
    if where.comparison:
        return {where.comparison: _bounds(where.comparison, where.bounds)}
    values: list[Any] = [value == "true" if value in FLAGS else value for value in where.values]
    return values[0] if len(values) == 1 else values


def _bounds(comparison: str, bounds: list[str]) -> Any:
    ends = [_end(end) for end in bounds]
    return ends if comparison == "between" else ends[0]


def _end(text: str) -> str | int | float:
    """A number where it is one, so that it stands in the file as people write it."""
    try:
        number = float(text)
    except ValueError:
        return text
    if number != number or abs(number) > 1e15:
        return text
    return int(number) if number == int(number) else number
