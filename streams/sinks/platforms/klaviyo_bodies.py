"""What Klaviyo is sent, in the shapes of JSON:API that its reference gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from streams.sinks.delivery.items import BatchError, Item

Json = dict[str, Any]

#: Bytes of one call, and events of one call.
LARGEST, EVENTS = 5_000_000, 1_000
ENTERED, LEFT = "Segment Entered", "Segment Left"


def sized(body: Json) -> bytes:
    """A body as bytes; raises BatchError where it is larger than Klaviyo takes."""
    raw = orjson.dumps(body)
    if len(raw) > LARGEST:
        raise BatchError("larger than 5 MB")
    return raw


def profile(id_type: str, item: Item, properties: Json, far: str = "") -> Json:
    """A profile with its properties; ``far``: Klaviyo's own id."""
    told: Json = {"type": "profile", "attributes": {id_type: item.user, "properties": properties}}
    return {**told, "id": far} if far else told


def import_job(profiles: Sequence[Json], list_id: str) -> Json:
    """An import, into a list if one is named."""
    job: Json = {"type": "profile-bulk-import-job", "attributes": {"profiles": {"data": profiles}}}
    if list_id:
        job["relationships"] = {"lists": {"data": [{"type": "list", "id": list_id}]}}
    return {"data": job}


def event_batches(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items whose events are as many as one call may have, at most."""
    some: list[Item] = []
    count = 0
    for item in items:
        events = len(item.entered) + len(item.exited)
        if some and count + events > EVENTS:
            yield some
            some, count = [], 0
        if events:
            some.append(item)
            count += events
    if some:
        yield some


def event_job(id_type: str, sink: str, items: Sequence[Item]) -> Json:
    """Events of several profiles."""
    data = [
        {
            "type": "event-bulk-create",
            "attributes": {"profile": _profile(id_type, item), "events": {"data": _events(sink, item)}},
        }
        for item in items
    ]
    return {"data": {"type": "event-bulk-create-job", "attributes": {"events-bulk-create": {"data": data}}}}


def single_events(id_type: str, sink: str, item: Item) -> Iterator[Json]:
    """The same for one profile, each by itself."""
    for event in _events(sink, item):
        attributes = {**event["attributes"], "profile": _profile(id_type, item)}
        yield {"data": {"type": "event", "attributes": attributes}}


def _profile(id_type: str, item: Item) -> Json:
    return {"data": {"type": "profile", "attributes": {id_type: item.user}}}


def _events(sink: str, item: Item) -> list[Json]:
    moves = [*((ENTERED, segment) for segment in item.entered), *((LEFT, segment) for segment in item.exited)]
    return [
        {
            "type": "event",
            "attributes": {
                "properties": {"segment": segment},
                "time": item.at,
                "unique_id": f"{sink}/{item.user}/{item.seq}/{segment}",
                "metric": {"data": {"type": "metric", "attributes": {"name": metric}}},
            },
        }
        for metric, segment in moves
    ]
