"""CloudEvents 1.0: the envelope around a record, structured (the value is the envelope) or binary (headers ce_*).

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md. What is inside keeps its
own ids and times; the envelope's ``source`` and ``id``, and its ``time``, stand in where it has none. Of a webhook the
envelope's ``type`` may tell the topic: com.shopify.orders.create.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

import orjson

from streams.dialects.fields import must, reading, table, text
from streams.dialects.shopify import TOPICS
from streams.dialects.words import Broken, Event, Foreign

NEEDED = ("id", "source", "type")
_PREFIX = "ce_"
_OF_TYPE = {topic.replace("/", "."): topic for topic in TOPICS}


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the envelope is in the headers."""
    return "ce_specversion" in headers


def is_structured(body: object) -> bool:
    """Whether a value is an envelope."""
    return isinstance(body, dict) and "specversion" in body and "type" in body and "source" in body


def opened(foreign: Foreign) -> Foreign:
    """What is in the envelope of a record; one that has none stays as it is. Raises Broken."""
    if is_binary(foreign.headers):
        said = {name.removeprefix(_PREFIX): value for name, value in foreign.headers.items() if name[:3] == _PREFIX}
        return _inside(foreign, said, foreign.body, _PREFIX)
    if is_structured(foreign.body):
        return _inside(foreign, foreign.body, _data(foreign.body), "")
    return foreign


def _inside(foreign: Foreign, envelope: Mapping[str, object], body: Event, prefix: str) -> Foreign:
    if envelope.get("specversion") != "1.0":
        raise Broken(f"{prefix}specversion: must be 1.0")
    ticket, source, kind = (must(text, envelope.get(name), prefix + name) for name in NEEDED)
    time = envelope.get("time")
    at = reading(text, time, f"{prefix}time") if time else foreign.at
    return Foreign(body, _with_topic(foreign.headers, kind), foreign.key, at, f"{source}#{ticket}")


def _with_topic(headers: Mapping[str, str], kind: str) -> Mapping[str, str]:
    topic = _OF_TYPE.get(".".join(kind.lower().replace("/", ".").rsplit(".", 2)[-2:]))
    return {"x-shopify-topic": topic, **headers} if topic else headers


def _data(envelope: Event) -> Event:
    if "data" in envelope:
        return reading(table, envelope["data"], "data")  # type: ignore[no-any-return]
    if (encoded := envelope.get("data_base64")) is None:
        raise Broken("data: missing")
    try:
        data = orjson.loads(base64.b64decode(reading(text, encoded, "data_base64"), validate=True))
    except (binascii.Error, orjson.JSONDecodeError):
        raise Broken("data_base64: is no JSON in base64") from None
    return reading(table, data, "data_base64")  # type: ignore[no-any-return]
