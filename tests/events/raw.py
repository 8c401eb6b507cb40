"""Raw events with few fields, and what decoding makes of them."""

from __future__ import annotations

from typing import Any

import orjson

from streams.events.decode import Refusal, decode_event
from streams.events.native import Cart, Email, Event, Profile, Purchase, Refund, View

AT = 1_767_225_600_000
LEAST: dict[str, dict[str, Any]] = {
    "view": {"product": "p"},
    "cart": {"product": "p"},
    "purchase": {"order": "o"},
    "refund": {"order": "o"},
    "email": {"action": "sent", "message": "m"},
    "profile": {"set": {"tier": "gold"}},
    "erase": {},
}
STRUCTS = {"view": View, "cart": Cart, "purchase": Purchase, "refund": Refund, "email": Email, "profile": Profile}
KEPT = {"view": "product", "cart": "product", "purchase": "order", "refund": "order", "email": "message"}


def event(kind: str = "view", **fields: Any) -> dict[str, Any]:
    """A raw event with the fewest fields and those given; of ``...`` the field is left out."""
    whole = {"type": kind, "id": "e", "user": "ana", "at": AT, **LEAST[kind], **fields}
    return {name: value for name, value in whole.items() if value is not ...}


def decoded(kind: str = "view", key: bytes | None = b"key", **fields: Any) -> Event:
    """The settled event; the test fails where it is refused."""
    found = decode_event(orjson.dumps(event(kind, **fields)), key)
    assert not isinstance(found, Refusal), found.reason
    return found


def reason(kind: str = "view", key: bytes | None = b"key", **fields: Any) -> str:
    """Why such an event is refused; the test fails where it is not."""
    return reason_of(orjson.dumps(event(kind, **fields)), key)


def reason_of(raw: bytes | None, key: bytes | None = b"key") -> str:
    """Why a record of that value and key is refused."""
    found = decode_event(raw, key)
    assert isinstance(found, Refusal), found
    return found.reason
