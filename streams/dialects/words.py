"""What a dialect gets and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

Event = dict[str, Any]
#: product -> its category or categories, for facts that name none
Categories = Mapping[str, "str | Sequence[str]"]


class Shop(NamedTuple):
    """What the shop knows that its records may not say: its currency, and the categories of its products."""

    currency: str | None = None
    categories: Categories = MappingProxyType({})


class Record(NamedTuple):
    """A Kafka record: ``at_ms`` is its own stamp, which stands in where the value names no time."""

    value: bytes | None
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes | None]] = ()
    topic: str = ""
    at_ms: int | None = None


class Translated(NamedTuple):
    """What became of a record, or of one part of it: native events, or the name under which it was skipped, or why it
    was refused; ``raw`` is the JSON of a refused part that is not the whole record."""

    events: Sequence[Event] = ()
    skipped: str | None = None
    refused: str | None = None
    raw: bytes | None = None


class Foreign(NamedTuple):
    """A record's value without its envelope.

    ``headers`` have lower-case names; ``at`` is an envelope's or the record's own stamp; ``ticket`` is the envelope's
    id, for events that have none of their own; ``buyers`` are the customers of orders that were seen before.
    """

    body: Event
    headers: Mapping[str, str]
    key: str | None
    at: int | str | None
    ticket: str | None = None
    buyers: Mapping[str, str] = MappingProxyType({})


class Says(NamedTuple):
    """A foreign event that is translated: into which type, by which fields, with which constants; ``note`` is for
    readers of the table."""

    type: str
    fields: Sequence[Any] = ()
    more: Mapping[str, object] = MappingProxyType({})
    note: str = ""


class Leaves(NamedTuple):
    """A foreign event that is known and left out, and why."""

    why: str


class Skipped(Exception):
    """A well-formed record that says nothing of the native vocabulary; the message is the name to count it under."""


class Broken(ValueError):
    """A known event with a broken field; the message is ``field: what is wrong``."""
