"""Facts that a measure looks at, as events of an example: made up from its ``where``, at a given age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.rules.model import EACH, RATIO_SCALE, Bounds, Match

#: What $each stands for in examples, and what a name is that matches nothing.
EACH_VALUE = "shoes"
OTHER = "something else"
_HOUR_MS = 3_600_000
_DAY_MS = 86_400_000


@dataclass(frozen=True)
class Fact:
    """A fact of a source, so old (milliseconds) at the example's instant, with these fields."""

    source: str
    age_ms: int
    fields: tuple[tuple[str, Any], ...] = ()

    def aged(self, age_ms: int) -> Fact:
        """The same at another age."""
        return Fact(self.source, max(0, age_ms), self.fields)


def fields_of(where: tuple[Match, ...], turn: int = 0) -> dict[str, Any]:
    """Fields of a fact that matches; of several texts the one of this turn."""
    return {match.field: _fitting(match, turn) for match in where}


def other_fields(where: tuple[Match, ...]) -> dict[str, Any]:
    """Fields of a fact that does not match: another value of the last entry."""
    found = fields_of(where[:-1])
    return {**found, where[-1].field: _unfitting(where[-1])} if where else found


def _fitting(match: Match, turn: int) -> Any:
    if match.flag is not None:
        return match.flag
    if match.texts:
        text = match.texts[turn % len(match.texts)]
        return EACH_VALUE if text == EACH else text
    return number_in(match.ranges[0])


def _unfitting(match: Match) -> Any:
    if match.flag is not None:
        return not match.flag
    if match.texts:
        return OTHER
    bounds = match.ranges[0]
    if bounds.high is not None:
        return bounds.high // RATIO_SCALE + 1
    return max(0, (bounds.low or 0) // RATIO_SCALE - 1)


def number_in(bounds: Bounds) -> int | float:
    """A number within bounds: the lowest that is there, or a little above an open end."""
    low = 0 if bounds.low is None else bounds.low
    if bounds.low is not None and bounds.low_open:
        step = RATIO_SCALE if bounds.high is None or bounds.high - low > RATIO_SCALE else 1
        low += step
    elif bounds.low is None and bounds.high is not None:
        low = max(0, bounds.high - (1 if bounds.high_open else 0))
    return low // RATIO_SCALE if low % RATIO_SCALE == 0 else low / RATIO_SCALE


def events_of(facts: tuple[Fact, ...], now_ms: int) -> list[dict[str, Any]]:
    """The events that give these facts, in order of time, with ``at`` in milliseconds and without a user."""
    found: list[dict[str, Any]] = []
    for number, fact in enumerate(sorted(facts, key=lambda one: -one.age_ms), 1):
        found += _events(fact, number, now_ms - fact.age_ms)
    return sorted(found, key=lambda event: int(event["at"]))


def _events(fact: Fact, number: int, at: int) -> list[dict[str, Any]]:
    fields = dict(fact.fields)
    match fact.source:
        case "views" | "carts":
            kind = fact.source.removesuffix("s")
            return [{"type": kind, "at": at, "product": f"p{number}", **fields}]
        case "purchases" | "items":
            return [_order(f"o{number}", at, fact.source, fields)]
        case "refunds":
            amount = fields.get("total")
            order = _order(f"o{number}", at - _DAY_MS, "purchases", {"total": 2 * amount if amount else 100})
            return [order, {"type": "refund", "at": at, "order": f"o{number}", **fields}]
        case "profile":
            return [{"type": "profile", "at": at, "set": fields}]
    return _mail(fact.source, f"m{number}", at, fields)


def _order(order: str, at: int, source: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    item: dict[str, Any] = {"product": fields.get("product", "p1")}
    item |= {name: fields[name] for name in ("category", "price", "quantity") if name in fields}
    if "units" in fields:
        item["quantity"] = fields["units"]
    event = {"type": "purchase", "at": at, "order": order, "items": [item]}
    if source == "purchases":
        event["total"] = fields.get("total", 100)
        if fields.get("discount"):
            event["discount"] = fields["discount"]
        elif fields.get("discounted"):
            event["discount"] = 5
    return event


def _mail(source: str, message: str, at: int, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    named = {name: fields[name] for name in ("campaign", "segment") if name in fields}
    first = {"type": "email", "message": message, **named}
    actions = ["sent"]
    if source == "opens" or fields.get("opened"):
        actions.append("opened")
    if source == "clicks" or fields.get("clicked"):
        actions.append("clicked")
    if fields.get("bounced"):
        actions.append("bounced")
    if source == "emails":
        return [{**first, "at": at, "action": action} for action in actions]
    # the fact is the opening or the click: the message went out an hour before
    return [{**first, "at": at - (_HOUR_MS if action == "sent" else 0), "action": action} for action in actions]
