"""The JSON Schema of a rule file, made from the tables that the loader reads by."""

from __future__ import annotations

from typing import Any

from streams.authoring.schema_words import SOURCE_WORDS, TRIAL_WORDS, WORDS
from streams.events.amounts import MAX_UNITS
from streams.rules.bounds import COMPARISONS
from streams.rules.model import GUARDRAILS, METRICS, RATIO_SCALE, SOURCES
from streams.rules.parse_condition import GROUPS, OF_THE_RULE, PROFILE_ONLY, comparisons_of
from streams.rules.parse_measure import MODIFIERS, NEEDED, OF_A_FIELD, fields_for
from streams.rules.parse_rule import FAMILIES
from streams.rules.parse_trial import MOST_DAYS

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: A number or word without quotes is a text as well where a text is meant.
TEXT: Schema = {"type": ["string", "number"], "pattern": r"\S"}
FLAG: Schema = {"type": "boolean"}
DURATION: Schema = {
    "type": "string",
    "pattern": r"^0*[1-9]\d*[smhdw]$",
    "errorMessage": "a whole number and one of s m h d w, such as 7d",
    "examples": ["1h", "7d", "30d", "90d"],
}
WHOLE: Schema = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": r"^[1-9]\d*$"}]}
_LARGEST = MAX_UNITS // RATIO_SCALE
NUMBER: Schema = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": -_LARGEST, "exclusiveMaximum": _LARGEST},
        {"type": "string", "pattern": r"^[-+]?(0|[1-9]\d*)(\.\d+)?( ?%)?$"},
    ]
}
#: A part of all, neither none nor the whole.
PART: Schema = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        {"type": "string", "pattern": r"^\+?(0\.\d*[1-9]\d*|\d{1,2}(\.\d+)? ?%)$"},
    ]
}


def rule_schema() -> Schema:
    """The schema of ``active/NAME.yaml``: it accepts every file that the loader accepts."""
    return {
        "$schema": DIALECT,
        "title": "A segment of microseg",
        "type": "object",
        "required": ["title", "when"],
        "properties": {name: _top(name) for name in OF_THE_RULE},
        "additionalProperties": False,
        "not": {"required": ["trial", "for_each"]},
        "$defs": _definitions(),
    }


def closed(properties: Schema, required: list[str]) -> Schema:
    """An object of these keys and no others."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def ref(name: str) -> Schema:
    """A reference to one of the definitions."""
    return {"$ref": f"#/$defs/{name}"}


def list_of(items: Schema) -> Schema:
    """A list that is not empty."""
    return {"type": "array", "items": items, "minItems": 1}


def _described(name: str, schema: Schema) -> Schema:
    return {"description": WORDS[name], **schema}


def _top(name: str) -> Schema:
    schemas = {
        "title": TEXT,
        "why": {"type": ["string", "number"]},
        "for_each": {"enum": list(FAMILIES)},
        "when": ref("node"),
        "for": ref("duration"),
        "keep_for": ref("duration"),
        "everyone": FLAG,
        "trial": _trial(),
        "email": closed({"strategy": _described("strategy", TEXT)}, ["strategy"]),
    }
    return _described(name, schemas[name])


def _trial() -> Schema:
    schemas = {
        "against": TEXT,
        "days": {**ref("whole"), "maximum": MOST_DAYS},
        "metric": {"enum": list(METRICS)},
        "share": PART,
        "holdout": PART,
        "guardrails": list_of({"enum": list(GUARDRAILS)}),
        "customers": ref("whole"),
        "started": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d"},
    }
    return closed({name: {"description": words, **schemas[name]} for name, words in TRIAL_WORDS.items()}, ["against"])


def _definitions() -> Schema:
    measures = {f"of {name}": _measure(name) for name in MODIFIERS}
    groups = {f"of {kind}": closed({kind: _described(kind, list_of(ref("node")))}, [kind]) for kind in GROUPS}
    kinds = {**groups, **measures, "of profile": _profile(), "of segment": _segment()}
    wheres = {f"where of {source}": _where(source) for source in SOURCES}
    fitting = {"fields of the source": {"allOf": [_fields_there(source) for source in SOURCES]}}
    values = {"duration": DURATION, "number": NUMBER, "whole": WHOLE, "text": TEXT}
    return {"node": {"anyOf": [ref(name) for name in kinds]}, **kinds, **fitting, **wheres, **values}


def _measure(name: str) -> Schema:
    comparisons = {one: _comparison(one, "duration" if name == "since" else "number") for one in COMPARISONS}
    modifiers = {modifier: _modifier(modifier) for modifier in MODIFIERS[name]}
    schema = closed({name: _described(name, _subject(name)), **modifiers, **comparisons}, [name, *NEEDED.get(name, ())])
    schema["oneOf"] = [{"required": [one]} for one in COMPARISONS]
    schema["allOf"] = [ref("fields of the source")]
    if "before" in modifiers:
        schema["dependentRequired"] = {"before": ["last"]}
    if "last_days" in modifiers:
        schema["not"] = {"required": ["last", "last_days"]}
    return schema


def _subject(name: str) -> Schema:
    """What a measure is of."""
    if name in OF_A_FIELD:
        return {"enum": [f"{source}.{field}" for source in SOURCES for field in fields_for(name, source)]}
    if name == "since":
        choices = [f"{which} {source}" for which in ("last", "first") for source in SOURCES]
        spaced = {"type": "string", "pattern": rf"^(last|first) \s*({'|'.join(SOURCES)})\s*$"}
        return {"anyOf": [{"enum": choices}, spaced]}
    return _source()


def _source() -> Schema:
    return {"anyOf": [{"const": source, "description": SOURCE_WORDS[source]} for source in SOURCES]}


def _fields_there(source: str) -> Schema:
    """Where a measure is of a source, or per one, its where has fields of that source."""
    of_source = {"pattern": rf"^((last|first) \s*)?{source}(\.|\s*$)"}
    keys = f"^({'|'.join((*MODIFIERS, 'per'))})$"
    there = {"not": {"patternProperties": {keys: {"not": of_source}}}}
    return {"if": there, "then": {"properties": {"where": ref(f"where of {source}")}}}


def _modifier(name: str) -> Schema:
    if name == "where":
        return _described(name, {"type": "object", "minProperties": 1})
    if name == "per":
        return _described(name, _source())
    return _described(name, ref("whole" if name in ("last_days", "latest") else "duration"))


def _comparison(name: str, kind: str) -> Schema:
    pair = {"type": "array", "items": ref(kind), "minItems": 2, "maxItems": 2}
    return _described(name, pair if name == "between" else ref(kind))


def _where(source: str) -> Schema:
    return closed({field: _value(kind) for field, kind in SOURCES[source].items()}, [])


def _value(kind: str) -> Schema:
    """What stands at a field of a where."""
    if kind == "flag":
        return FLAG
    if kind == "text":
        return {"anyOf": [ref("text"), list_of(ref("text"))]}
    compared = closed({one: _comparison(one, "number") for one in COMPARISONS}, [])
    return {"anyOf": [ref("number"), list_of(ref("number")), {**compared, "minProperties": 1, "maxProperties": 1}]}


def _profile() -> Schema:
    value: Schema = {"type": ["string", "number", "boolean"]}
    values = {"is": value, "is_not": value, "one_of": list_of(value), "none_of": list_of(value), "missing": FLAG}
    said = {name: _described(name, values[name]) for name in ("is", *PROFILE_ONLY)}
    comparisons = {**{one: _comparison(one, "number") for one in COMPARISONS}, **said}
    schema = closed(
        {"profile": _described("profile", {"type": ["string", "number"], "minLength": 1}), **comparisons}, ["profile"]
    )
    return {**schema, "oneOf": [{"required": [one]} for one in comparisons_of("profile")]}


def _segment() -> Schema:
    return closed({"segment": _described("segment", TEXT), "is": FLAG}, ["segment"])
