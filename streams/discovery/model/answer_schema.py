"""The JSON Schema of an answer, made from the tables that the rule loader reads by.

It keeps to what structured output takes: no recursion, every object closed, few optional keys, no lengths. A rule is a
list of conditions, not a tree, and names are the codes of the data block.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from streams.authoring.schema import closed
from streams.rules.bounds import COMPARISONS
from streams.rules.model import EACH, SOURCES
from streams.rules.parse_measure import MODIFIERS, OF_A_FIELD, fields_for
from streams.rules.parse_rule import FAMILIES

Schema = dict[str, Any]
TEXT: Schema = {"type": "string"}
#: The measures; ``since`` is said with which fact.
MEASURES = (*(name for name in MODIFIERS if name != "since"), "since last", "since first")
MATCHES = ("all", "any")
#: What a where may say of a flag.
FLAGS = ("true", "false")


def answer_schema(candidates: Iterable[str], codes: Iterable[str]) -> Schema:
    """The schema of an answer to a payload with candidates of these ids and names of these codes."""
    proposal = {
        "candidates": _list(_one_of(candidates)),
        "name": _said("the segment's name: 3 to 50 of a-z, 0-9 and hyphens"),
        "title": _said("what people see: at most 80 characters"),
        "why": _said("what these customers may have in mind and which numbers say so: at most 500 characters"),
        "strategy": _said("what to mail them and what not: at most 500 characters, no links"),
        "expected_members": {"type": "integer"},
        "rule": _rule([*codes]),
    }
    required = [name for name in proposal if name != "rule"]
    return closed({"proposals": _list(closed(proposal, required))}, ["proposals"])


def _said(description: str) -> Schema:
    return {**TEXT, "description": description}


def _one_of(values: Iterable[str]) -> Schema:
    """One of some texts; any text where there is none to choose from."""
    choices = [*values]
    return {**TEXT, "enum": choices} if choices else TEXT


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _rule(codes: list[str]) -> Schema:
    rule = {
        "match": _one_of(MATCHES),
        "conditions": _list(_condition(codes)),
        "for_each": _one_of(FAMILIES),
    }
    return closed(rule, ["match", "conditions"])


def _condition(codes: list[str]) -> Schema:
    subjects = [f"{source}.{field}" for source in SOURCES for field in _fields(source)]
    duration = {**TEXT, "description": "a whole number and one of s m h d w, such as 90d"}
    condition = {
        "measure": _one_of(MEASURES),
        "of": _one_of([*SOURCES, *subjects]),
        "where": _list(_where(codes)),
        "last": duration,
        "before": duration,
        "against": duration,
        "latest": {"type": "integer"},
        "per": _one_of(SOURCES),
        "comparison": _one_of(COMPARISONS),
        "bounds": _list({**TEXT, "description": "a number such as 5, 0.25 or 80%; of since a duration"}),
    }
    return closed(condition, ["measure", "of", "comparison", "bounds"])


def _fields(source: str) -> list[str]:
    return sorted({field for measure in OF_A_FIELD for field in fields_for(measure, source)})


def _where(codes: list[str]) -> Schema:
    fields = sorted({field for fields in SOURCES.values() for field in fields})
    values = _list(_one_of([*codes, *FLAGS, EACH]))
    entry = {"field": _one_of(fields), "values": values, "comparison": _one_of(COMPARISONS), "bounds": _list(TEXT)}
    return closed(entry, ["field"])
