"""Which dialect a record speaks, where there is no doubt."""

from __future__ import annotations

from typing import Any

from streams.dialects import segment, shopify
from streams.dialects.words import Broken, Foreign

NATIVE_TYPES = frozenset(("view", "cart", "purchase", "refund", "email", "profile", "merge", "erase"))


def dialect_of(foreign: Foreign) -> str:
    """``native``, ``segment``, ``klaviyo`` or ``shopify``; raises Broken where it could be none or more than one."""
    speaks = [name for name, sign in SIGNS.items() if sign(foreign)]
    if len(speaks) != 1:
        told = " or ".join(speaks) if speaks else "none that is known"
        raise Broken(f"dialect: the record looks like {told}; name the topic's dialect in the settings")
    return speaks[0]


def _native(foreign: Foreign) -> bool:
    return _text(foreign.body.get("type")) in NATIVE_TYPES and "at" in foreign.body


def _segment(foreign: Foreign) -> bool:
    body = foreign.body
    return _text(body.get("type") or body.get("action")) in segment.CALLS


def _klaviyo(foreign: Foreign) -> bool:
    body = foreign.body
    if "customer_properties" in body and "event" in body:
        return True
    inner = body.get("data")
    data: dict[str, Any] = inner if isinstance(inner, dict) else body
    attributes = data.get("attributes")
    if isinstance(attributes, dict):
        return data.get("type") == "profile" or "metric" in attributes
    return "metric" in body and "profile" in body


def _shopify(foreign: Foreign) -> bool:
    body = foreign.body
    wrapped = len(body) == 1 and next(iter(body)).removesuffix("s") in shopify.WRAPPED
    return wrapped or shopify.topic_of(foreign.headers) is not None or shopify.sign_of(body) is not None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


SIGNS = {"native": _native, "segment": _segment, "klaviyo": _klaviyo, "shopify": _shopify}
