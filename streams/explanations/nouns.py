"""What a measure looks at, in words: "views of accessories within 90d"."""

from __future__ import annotations

from streams.memberships.durations import duration_text
from streams.rules.model import Measure

_ONE = {
    "views": "view",
    "carts": "cart",
    "purchases": "purchase",
    "items": "item",
    "refunds": "refund",
    "emails": "e-mail",
    "opens": "open",
    "clicks": "click",
}
_MANY = {"emails": "e-mails"}
_FIELDS = {"category": "categories", "product": "products", "campaign": "campaigns"}


def facts(measure: Measure, count: int) -> str:
    """So many of the facts that a measure looks at, with what they must match and their window, without the number."""
    flags = "".join(
        f"{'' if match.flag else 'not '}{match.field} " for match in measure.where if match.flag is not None
    )
    return f"{flags}{_noun(measure.source, count)}{_matching(measure)}{window(measure)}"


def a_fact(measure: Measure) -> str:
    """One of them: "a view of accessories", "an e-mail"."""
    said = facts(measure, 1)
    return f"{'an' if said[0] in 'aeio' else 'a'} {said}"


def values(measure: Measure, count: int) -> str:
    """So many different values of a field: "more categories in views"."""
    field = measure.field or ""
    return f"{field if count == 1 else _FIELDS[field]} in {facts(measure, 2)}"


def quantity(measure: Measure) -> str:
    """The measure's own name: "the average price of items within 30d"."""
    about = facts(measure, 2)
    match measure.op:
        case "share":
            return f"the share of {_noun(measure.source, 2)}{_flags(measure)}{_matching(measure)}{window(measure)}"
        case "ratio":
            return f"the ratio of {about} to {measure.per}"
        case "trend":
            return f"the trend of {about} against the {duration_text(measure.against_ms or 0)} before"
        case "overdue":
            return f"the time since the last of {about}, in usual gaps,"
        case "sum":
            return f"the sum of {measure.field} over {about}"
    return f"the {measure.op} {measure.field} of {about}"


def window(measure: Measure) -> str:
    """Over which facts it is measured."""
    latest = f" among the latest {measure.latest}" if measure.latest else ""
    last = f" within {duration_text(measure.last_ms)}" if measure.last_ms else ""
    before = f" up to {duration_text(measure.before_ms)} ago" if measure.before_ms else ""
    days = measure.last_days
    return latest + last + before + (f" within {days} {'day' if days == 1 else 'days'}" if days else "")


def _noun(source: str, count: int) -> str:
    return _ONE[source] if count == 1 else _MANY.get(source, source)


def _flags(measure: Measure) -> str:
    said = [match.field if match.flag else f"not {match.field}" for match in measure.where if match.flag is not None]
    return f" that are {' and '.join(said)}" if said else ""


def _matching(measure: Measure) -> str:
    texts = " and ".join(" or ".join(match.texts) for match in measure.where if match.texts)
    numbers = " and ".join(match.field for match in measure.where if match.ranges)
    return (f" of {texts}" if texts else "") + (f" with fitting {numbers}" if numbers else "")
