"""Conditions in plain words, as people who write e-mails say them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streams.discovery.measures import TREND_DAYS, Bound, Clause, Measure

if TYPE_CHECKING:
    from streams.rows.names import Names

_NOUNS = {
    "views": ("view", "views"),
    "carts": ("product put into the cart", "products put into the cart"),
    "purchases": ("purchase", "purchases"),
    "emails": ("e-mail received", "e-mails received"),
    "opens": ("e-mail opened", "e-mails opened"),
    "clicks": ("e-mail clicked", "e-mails clicked"),
    "refunds": ("refund", "refunds"),
}


def words(tests: Sequence[Clause], names: Names) -> str:
    """All of the conditions, joined."""
    return ", and ".join(_said(test, names) for test in tests)


def _said(test: Clause, names: Names) -> str:
    what, bound = test
    if what.kind == "profile":
        return f"{what.field} is {names.shown[int(bound.value)]}"
    return _KINDS.get(what.kind.split()[0], _number)(what, bound, _category(what, names))


def _category(what: Measure, names: Names) -> str:
    if not what.tag:
        return ""
    return " of one same category" if what.tag < 0 else f" of {names.shown[what.tag]}"


def _window(what: Measure) -> str:
    return f" in {what.days} days" if what.days else ""


def _count(what: Measure, bound: Bound, of: str) -> str:
    one, many = _NOUNS[what.source]
    if bound.how == "exactly" and bound.value == 0:
        return f"no {one}{of}{_window(what)}"
    return f"{_compared(bound)} {one if bound.value == 1 else many}{of}{_window(what)}"


def _compared(bound: Bound) -> str:
    said = {"at_least": "at least ", "more_than": "more than ", "less_than": "less than ", "exactly": "exactly "}
    return f"{said[bound.how]}{bound.value:g}"


def _distinct(what: Measure, bound: Bound, of: str) -> str:
    kinds = "category" if bound.value == 1 else "categories"
    return f"{_NOUNS[what.source][1]} of {_compared(bound)} different {kinds}{_window(what)}"


def _share(what: Measure, bound: Bound, of: str) -> str:
    part = "e-mails received were opened" if what.source == "emails" else "purchases were discounted"
    return f"{said_share(bound)} of the {part}{_window(what)}"


def said_share(bound: Bound) -> str:
    """A bound of a share in per cent."""
    return _compared(Bound(bound.how, bound.value * 100)) + " %"


def _since(what: Measure, bound: Bound, of: str) -> str:
    end = what.kind.split()[1]
    return f"{end} {_NOUNS[what.source][0]}{of} {_compared(bound)} days ago"


def _trend(what: Measure, bound: Bound, of: str) -> str:
    how = f"{_compared(bound)} times as often"
    return f"{_NOUNS[what.source][1]}{of} in {what.days} days {how} as in the {TREND_DAYS} days before"


def _overdue(what: Measure, bound: Bound, of: str) -> str:
    return f"{_NOUNS[what.source][0]}{of} overdue: {_compared(bound)} times the usual gap"


def _number(what: Measure, bound: Bound, of: str) -> str:
    how = "spent" if what.kind == "sum" else "spent a purchase on average"
    return f"{_compared(bound)} {how}{_window(what)}"


_KINDS = {
    "count": _count,
    "distinct": _distinct,
    "share": _share,
    "since": _since,
    "trend": _trend,
    "overdue": _overdue,
}


def measure_words(what: Measure) -> str:
    """A measure without a bound: "views in 30 days"."""
    noun = _NOUNS[what.source][1]
    names = {
        "count": noun,
        "sum": "spent",
        "average": "spent a purchase on average",
        "share": _share(what, Bound("at_least", 0), "").partition("of the ")[2].replace("were ", ""),
        "distinct": f"different categories of {noun}",
        "since last": f"days since the last {_NOUNS[what.source][0]}",
    }
    said = names[what.kind]
    return f"share of {said}" if what.kind == "share" else f"{said}{_window(what)}"
