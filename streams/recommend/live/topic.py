"""The topic ``APPLICATION-recommendations``: of each customer and segment the newest list of products, compacted.

A customer's key is their id, a segment's is ``\\0segment/NAME``, which no id can be; an erased or absorbed customer has
a tombstone. The value is JSON: ``user`` or ``segment``, ``at``, and ``products``, each with ``id``, ``why`` and, where
it goes with another product, ``with``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from streams.clients.topics import partitions_of
from streams.clients.whole import read_whole
from streams.events.instants import stamp
from streams.recommend.listing import Pick
from streams.settings import Settings
from streams.worker.new_topics import Plan, admin_of, make_topics

_SEGMENT = "\0segment/"


def segment_key(name: str) -> str:
    """The key of a segment's list."""
    return _SEGMENT + name


def value_of(key: str, at_ms: int, picks: Sequence[Pick]) -> bytes:
    """The record's value."""
    whose = {"segment": key.removeprefix(_SEGMENT)} if key.startswith(_SEGMENT) else {"user": key}
    return orjson.dumps({**whose, "at": stamp(at_ms), "products": products_of(picks)})


def products_of(picks: Sequence[Pick]) -> list[dict[str, str]]:
    """The list as it is written."""
    return [{"id": one.product, "why": one.why, **({"with": one.goes_with} if one.goes_with else {})} for one in picks]


def create(settings: Settings, partitions: int) -> None:
    """Makes sure that the topic is there, with so many partitions if it is new."""
    make_topics(admin_of(settings), {settings.recommendations: Plan(partitions, {"cleanup.policy": "compact"})})


def records(settings: Settings) -> Iterator[tuple[str, bytes | None]]:
    """Key and value of every record of the topic, read committed, up to its end as of now.

    Raises:
        ClientError: there is no such topic, or the broker refuses.
    """
    topic = settings.recommendations
    for key, value in read_whole(settings, topic, partitions_of(settings, topic)):
        yield key.decode(errors="replace"), value


def newest_list(settings: Settings, key: str) -> list[Pick] | None:
    """The newest list of a customer or segment; None where there is none. Raises ClientError."""
    found: list[Pick] | None = None
    for name, value in records(settings):
        if name == key:
            found = None if value is None else _picks(value)
    return found


def _picks(value: bytes) -> list[Pick]:
    said: dict[str, Any] = orjson.loads(value)
    return [Pick(one["id"], one["why"], one.get("with", "")) for one in said["products"]]
