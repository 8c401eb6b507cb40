"""Single conditions of a rule in Klaviyo's words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.definitions.logic import Condition, Formula, Groups, Joined
from streams.memberships.wording import number_words
from streams.rules.model import Bounds, Compare, Match, Measure, ProfileTest

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
#: source -> Klaviyo's metric, and its properties by our fields; the same names as events from Klaviyo are read by
_METRICS: dict[str, tuple[str, dict[str, str]]] = {
    "views": ("Viewed Product", {"product": "ProductID", "category": "Categories", "price": "Price"}),
    "carts": (
        "Added to Cart",
        {"product": "AddedItemProductID", "category": "AddedItemCategories", "price": "AddedItemPrice"},
    ),
    "purchases": ("Placed Order", {"total": "$value", "category": "Categories"}),
    "items": ("Ordered Product", {"product": "ProductID", "category": "Categories", "quantity": "Quantity"}),
    "refunds": ("Refunded Order", {"total": "$value"}),
    "emails": ("Received Email", {"campaign": "Campaign Name"}),
    "opens": ("Opened Email", {"campaign": "Campaign Name"}),
    "clicks": ("Clicked Email", {"campaign": "Campaign Name"}),
}
_LISTS = ("Categories", "AddedItemCategories")
SPELLING = "texts are written as rules compare them, in small letters: look whether Klaviyo spells them so"
_NOTES = {
    "purchases": "Placed Order stays counted, in full, where an order was changed, cancelled or refunded",
    "opens": "Opened Email also counts opens by machines",
}
_OPPOSITES = {
    **{"equals": "not-equals", "greater-than": "less-than-or-equal", "less-than": "greater-than-or-equal"},
    **{"in": "not-in", "is-set": "not-set"},
}
_OPPOSITES |= {value: key for key, value in _OPPOSITES.items()}
ALL_TIME = {"type": "date", "operator": "alltime"}


class UnsaidError(Exception):
    """Klaviyo has no words for it."""


def metric_condition(node: Compare, metrics: Mapping[str, str], notes: set[str]) -> Formula:
    """How often, or how much in sum; raises UnsaidError."""
    measure = node.measure
    if measure.op not in ("count", "sum"):
        raise UnsaidError(f"{measure.op}: Klaviyo counts and adds, it has no {measure.op}")
    if measure.op == "sum" and measure.field != "total":
        raise UnsaidError(f"sum: Klaviyo adds the value of an event, not {measure.source}.{measure.field}")
    words = (("last_days", measure.last_days), ("latest", measure.latest), ("per", measure.per))
    for word, given in (*words, ("against", measure.against_ms)):
        if given is not None:
            raise UnsaidError(f"{word}: Klaviyo has no such window")
    said = _metric(measure, metrics, notes)
    frame = _window(measure)
    tests = _numeric(node.bounds)
    return Joined("all", tuple({**said, "measurement_filter": test, "timeframe_filter": frame} for test in tests))


def since_formula(node: Compare, metrics: Mapping[str, str], notes: set[str]) -> Formula:
    """The time since the first or the last fact, as facts that are there and facts that are not; raises UnsaidError."""
    measure, bounds = node.measure, node.bounds
    if measure.last_ms is not None or measure.last_days is not None or measure.latest is not None:
        raise UnsaidError("since: Klaviyo says this only without a window")
    said = _metric(measure, metrics, notes)
    is_last = measure.op.endswith("last")

    def some(frame: Condition) -> Condition:
        return {**said, "measurement_filter": _test("greater-than", 0), "timeframe_filter": frame}

    def none(frame: Condition) -> Condition:
        return {**said, "measurement_filter": _test("equals", 0), "timeframe_filter": frame}

    parts = [some(ALL_TIME)]
    if bounds.low is not None:
        recent, old = _relative("in-the-last", bounds.low), _relative("at-least", bounds.low)
        parts.append(none(recent) if is_last else some(old))
    if bounds.high is not None:
        recent, old = _relative("in-the-last", bounds.high), _relative("at-least", bounds.high)
        parts.append(some(recent) if is_last else none(old))
    return Joined("all", tuple(parts))


def profile_condition(node: ProfileTest) -> Formula:
    """A property of the profile."""
    said = {"type": "profile-property", "property": f"properties['{node.name}']"}
    if "'" in node.name:
        raise UnsaidError(f"profile: Klaviyo cannot name the property {node.name}")
    if node.missing is not None:
        return {**said, "filter": {"type": "existence", "operator": "not-set" if node.missing else "is-set"}}
    if node.bounds is not None:
        return Joined("all", tuple({**said, "filter": test} for test in _numeric(node.bounds)))
    texts = {**said, "filter": _texts(node.texts or ())}
    return Joined("none", (texts,)) if node.negated else texts


def opposite(condition: Condition) -> Groups:
    """What holds where a condition does not."""
    if condition["type"] == "profile-marketing-consent":
        status = {"subscription": "any"}
        no = {"channel": "email", "can_receive_marketing": False, "consent_status": status}
        return [[{**condition, "consent": no}]]
    name = "measurement_filter" if condition["type"] == "profile-metric" else "filter"
    test = condition[name]
    other = {**condition, name: {**test, "operator": _OPPOSITES[test["operator"]]}}
    if name == "filter" and test["type"] == "numeric":  # what is no number is neither
        return [[other, {**condition, "filter": {"type": "existence", "operator": "not-set"}}]]
    return [[other]]


def _metric(measure: Measure, metrics: Mapping[str, str], notes: set[str]) -> Condition:
    """What is counted: the metric and what its events must be like."""
    metric, properties = _METRICS[measure.source]
    if measure.source in _NOTES:
        notes.add(_NOTES[measure.source])
    said: Condition = {
        "type": "profile-metric",
        "metric_id": metrics.get(metric, metric),
        "measurement": "sum" if measure.op == "sum" else "count",
    }
    filters = [_filter(match, metric, properties, notes) for match in measure.where]
    return {**said, "metric_filters": [one for some in filters for one in some]} if filters else said


def _filter(match: Match, metric: str, properties: Mapping[str, str], notes: set[str]) -> list[Condition]:
    name = properties.get(match.field)
    if name is None or match.flag is not None:
        raise UnsaidError(f"where: {match.field}: {metric} of Klaviyo has no such property")
    if match.texts:
        notes.add(SPELLING)
        listed = {"type": "list", "operator": "contains-any", "value": list(match.texts)}
        return [{"property": name, "filter": listed if name in _LISTS else _texts(match.texts)}]
    if len(match.ranges) > 1:
        raise UnsaidError(f"where: {match.field}: Klaviyo takes one range")
    return [{"property": name, "filter": test} for test in _numeric(match.ranges[0])]


def _texts(texts: tuple[str, ...]) -> Condition:
    if len(texts) == 1:
        return {"type": "string", "operator": "equals", "value": texts[0]}
    return {"type": "string", "operator": "in", "value": list(texts)}


def _numeric(bounds: Bounds) -> list[Condition]:
    """An interval as tests that all hold."""
    if bounds.low is not None and bounds.low == bounds.high:
        return [_test("equals", number_words(bounds.low))]
    tests = []
    if bounds.low is not None:
        operator = "greater-than" if bounds.low_open else "greater-than-or-equal"
        tests.append(_test(operator, number_words(bounds.low)))
    if bounds.high is not None:
        operator = "less-than" if bounds.high_open else "less-than-or-equal"
        tests.append(_test(operator, number_words(bounds.high)))
    return tests


def _test(operator: str, value: float) -> Condition:
    return {"type": "numeric", "operator": operator, "value": value}


def _window(measure: Measure) -> Condition:
    if measure.last_ms is None:
        return ALL_TIME
    if not measure.before_ms:
        return _relative("in-the-last", measure.last_ms)
    unit, size_ms = _unit(measure.before_ms, measure.last_ms)
    start, end = measure.before_ms // size_ms, (measure.before_ms + measure.last_ms) // size_ms
    return {"type": "date", "operator": "between", "start": start, "end": end, "unit": unit}


def _relative(operator: str, length_ms: int) -> dict[str, Any]:
    unit, size_ms = _unit(length_ms)
    return {"type": "date", "operator": operator, "unit": unit, "quantity": length_ms // size_ms}


def _unit(*lengths_ms: int) -> tuple[str, int]:
    for unit, size_ms in (("day", _DAY_MS), ("hour", _HOUR_MS)):
        if all(length_ms % size_ms == 0 for length_ms in lengths_ms):
            return unit, size_ms
    raise UnsaidError("Klaviyo has windows of whole hours, days and weeks")
