"""The JSON Schema of an example file, made from the event structs and the keys that its reader knows."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from streams.authoring.event_nodes import PASSED_OVER, event_types
from streams.authoring.example_nodes import ACCEPTANCE_KEYS, EXAMPLE_KEYS, NEEDED, NEVER
from streams.authoring.schema import DIALECT, DURATION, TEXT, WHOLE, Schema, closed, list_of, ref
from streams.authoring.schema_words import EXAMPLE_WORDS
from streams.events.native import Event

_INSTANT: Schema = {"type": ["string", "integer"], "examples": ["2026-06-01T00:00:00Z"]}


def example_schema() -> Schema:
    """The schema of ``tests/NAME.yaml``: it accepts every file that its reader accepts."""
    return {
        "$schema": DIALECT,
        "title": "Examples that a rule must satisfy",
        **list_of({"anyOf": [ref("example"), ref("accepted mutant")]}),
        "$defs": {
            "example": closed({name: _part(name) for name in EXAMPLE_KEYS}, list(NEEDED)),
            "accepted mutant": closed(
                {name: _described(name, TEXT) for name in ACCEPTANCE_KEYS}, list(ACCEPTANCE_KEYS)
            ),
            **_events(),
        },
    }


def _described(name: str, schema: Schema) -> Schema:
    return {"description": EXAMPLE_WORDS[name], **schema}


def _part(name: str) -> Schema:
    at: Schema = {"anyOf": [{"const": NEVER}, _INSTANT]}
    parts = {
        "name": TEXT,
        "now": _INSTANT,
        "timezone": {"type": "string"},
        "events": list_of({"anyOf": [ref(one.__name__) for one in event_types().values()]}),
        "expect": _mapping({"type": "array", "items": TEXT}),
        "until": _mapping(_mapping(at)),
    }
    return _described(name, parts[name])


def _mapping(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values, "minProperties": 1}


def _events() -> Schema:
    """The structs' own schemas with no other fields than theirs, and copying."""
    found: Schema = msgspec.json.schema(Event)["$defs"]
    copying = {"times": _described("times", WHOLE), "every": _described("every", DURATION)}
    for kind, one in event_types().items():
        schema = found[one.__name__]
        schema["properties"] |= {**copying, **{name: _any() for name in PASSED_OVER.get(kind, ())}}
        schema["required"] = [*schema["required"], "user"]
        schema["dependentRequired"] = {"every": ["times"]}
    for schema in found.values():
        _close(schema)
    return found


def _any() -> dict[str, Any]:
    return {}


def _close(schema: Schema) -> None:
    schema["additionalProperties"] = False
    schema.pop("title", None)
    schema["properties"] = {name: _without_default(part) for name, part in schema["properties"].items()}


def _without_default(schema: Schema) -> Schema:
    found = {name: part for name, part in schema.items() if name != "default"}
    if "anyOf" in found:  # Python remembers a union in the order in which any module spelled it first
        found["anyOf"] = sorted(found["anyOf"], key=lambda one: json.dumps(one, sort_keys=True))
    return found
