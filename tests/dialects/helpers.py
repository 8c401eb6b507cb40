"""How tests say a record and read what became of it."""

from __future__ import annotations

from typing import Any

import orjson

from streams.dialects.translate import translate
from streams.dialects.words import Record, Shop, Translated
from streams.events.decode import Refusal, decode_event

#: 2026-05-01T05:00:00Z
MAY_MS = 1_777_611_600_000
MAY = "2026-05-01T05:00:00.000Z"


def become(dialect: str, body: object, *, shop: Shop | None = None, **record: Any) -> Translated:
    """What one record becomes; its value is the body's JSON."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    [translated] = translate(dialect, [Record(raw, **record)], shop or Shop())
    return translated


def events(dialect: str, body: object, **more: Any) -> list[dict[str, Any]]:
    """The native events of a record, each of which the decoder must take."""
    translated = become(dialect, body, **more)
    assert (translated.skipped, translated.refused) == (None, None)
    for event in translated.events:
        bare = {name: value for name, value in event.items() if name != "currency"}
        assert not isinstance(found := decode_event(orjson.dumps(bare)), Refusal), found
    return list(translated.events)


def event(dialect: str, body: object, **more: Any) -> dict[str, Any]:
    """The one native event of a record."""
    [one] = events(dialect, body, **more)
    return one


def refusal(dialect: str, body: object, **more: Any) -> str | None:
    """Why a record is refused."""
    return become(dialect, body, **more).refused


def skip(dialect: str, body: object, **more: Any) -> str | None:
    """The name under which a record is skipped."""
    return become(dialect, body, **more).skipped
