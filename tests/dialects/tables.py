"""The tables of the dialects as docs/dialects.md shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from streams.dialects import klaviyo, segment, shopify
from streams.dialects.fields import Field
from streams.dialects.words import Leaves, Says

EVENTS: dict[str, Mapping[str, Says | Leaves]] = {
    "Segment calls": segment.CALLS,
    "Segment events": segment.EVENTS,
    "Klaviyo metrics": klaviyo.EVENTS,
    "Shopify topics": shopify.TOPICS,
}
FIELDS: dict[str, Mapping[str, Sequence[Field]]] = {
    "Segment fields": {
        "view, cart": segment.PRODUCT,
        "purchase": segment.ORDER,
        "refund": segment.REFUND,
        "email": segment.MAIL,
    },
    "Klaviyo fields": {
        "view": klaviyo.PRODUCT,
        "cart": klaviyo.ADDED,
        "purchase": klaviyo.ORDER,
        "an item": klaviyo.LINE,
        "refund": klaviyo.REFUND,
        "email": klaviyo.MAIL,
    },
}


def events_table(table: Mapping[str, Says | Leaves]) -> str:
    """Which event becomes what; events that become the same share a row."""
    rows: dict[str, list[str]] = {}
    for name, says in table.items():
        rows.setdefault(_became(says), []).append(name)
    return "\n".join(_lines(("they say", "it becomes"), ((", ".join(names), became) for became, names in rows.items())))


def fields_table(table: Mapping[str, Sequence[Field]]) -> str:
    """Which field is which; the first name that is there counts."""
    rows = (
        (kind, f"**{native}**" if needed else native, ", ".join(f"`{name}`" for name in names))
        for kind, fields in table.items()
        for native, names, _, needed in fields
    )
    return "\n".join(_lines(("event", "field", "read from the first of"), rows))


def _became(says: Says | Leaves) -> str:
    if isinstance(says, Leaves):
        return f"skipped: {says.why}"
    action = f" {says.more['action']}" if says.more else ""
    kind = says.type if " " in says.type else f"`{says.type}`"
    return f"{kind}{action}" + (f" {says.note}" if says.note else "")


def _lines(head: Sequence[str], rows: Iterator[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
