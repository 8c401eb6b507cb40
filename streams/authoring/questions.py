"""The question behind an edit that no example notices, in words of people who write rules."""

from __future__ import annotations

from typing import TypeAlias

from streams.rules.model import SOURCES
from streams.rules.parse_measure import MODIFIERS
from streams.rules.yaml_nodes import YamlMap, YamlText

#: What nobody says, as it follows "nobody says ".
Asked: TypeAlias = str

_WHOLE_FIELDS = ("units", "quantity")
_EXACTLY = {"at_least": "more than", "at_most": "less than"}
_OTHER_MEASURES = {"share": "share of", "trend": "trend of", "overdue": "overdue value of", "ratio": "ratio of"}


def value_between(condition: YamlMap, field: str, name: str, other: str, old: str, new: str = "") -> Asked:
    """Of a comparison ``name`` turned into ``other``, or with its bound moved from ``old`` to ``new``."""
    whole = is_whole(condition, field)
    if name != other:
        amount = f"{_EXACTLY[other] if name == 'exactly' else 'exactly'} {old}"
    elif name == "exactly":
        amount = f"exactly {old}, or {new},"
    elif whole:
        amount = f"exactly {new}"
    else:
        amount = f"between {' and '.join(_ascending(old, new))}"
    return _of_fact(field, amount) if field else _of_customer(condition, amount)


def is_whole(condition: YamlMap, field: str) -> bool:
    """Whether what is compared can only be a whole number."""
    if field:
        return field in _WHOLE_FIELDS
    if "count" in condition.entries or "distinct" in condition.entries:
        return True
    subjects = [_said(condition, name) for name in ("sum", "highest", "lowest")]
    return any(subject.partition(".")[2] in _WHOLE_FIELDS for subject in subjects)


def _of_fact(field: str, amount: str) -> Asked:
    return f"whether a fact with a {field} of {amount} counts"


def _of_customer(condition: YamlMap, amount: str) -> Asked:
    return f"whether a customer {_with(condition, amount)} is in or out"


def _with(condition: YamlMap, amount: str) -> str:
    if source := _said(condition, "count"):
        return f"with {amount} {source}"
    if subject := _said(condition, "distinct"):
        return f"with {amount} different {subject}"
    if subject := _said(condition, "since"):
        return f"whose {subject.removesuffix('s')} was {amount} ago"
    if name := _said(condition, "profile"):
        return f"whose {name} is {amount}"
    for op in ("sum", "average", "highest", "lowest"):
        if subject := _said(condition, op):
            return f"whose {op} of {subject} is {amount}"
    op = next(op for op in _OTHER_MEASURES if op in condition.entries)
    per = f" per {_said(condition, 'per')}" if op == "ratio" else ""
    return f"whose {_OTHER_MEASURES[op]} {_said(condition, op)}{per} is {amount}"


def length_moved(condition: YamlMap, name: str, old: str, new: str) -> Asked:
    """Of a window that begins or ends elsewhere, or another wait."""
    if name == "for":
        return f"whether a customer enters after exactly {old}"
    if name == "keep_for":
        return f"whether a customer stays for exactly {old}"
    if name == "latest":
        return f"whether {old} facts are looked at, or {new}"
    if name == "last_days":
        return f"whether the last {old} days count, or {new}"
    ends = " and ".join(_ascending(old, new))
    if name == "last" and not {"before", "against"} & set(condition.entries):
        return f"whether {_source(condition)} between {ends} old count"
    return f"whether {_source(condition)} between the ends of {ends} count"


def _ascending(old: str, new: str) -> tuple[str, str]:
    """The lesser first; another unit is only used to go below 1 of one."""
    (value, unit), (other, other_unit) = _split(old), _split(new)
    return (new, old) if other_unit != unit or other < value else (old, new)


def _split(text: str) -> tuple[float, str]:
    digits = text.rstrip(" %smhdw")
    return float(digits), text[len(digits) :]


def facts_left_out(condition: YamlMap, field: str) -> Asked:
    """Of an entry of ``where`` that is dropped."""
    source = _source(condition)
    kind = SOURCES[source][field]
    if kind == "flag":
        return f"whether {source} count whatever {field} says"
    return f"whether {source} of any {'other ' if kind == 'text' else ''}{field} count too"


def _source(condition: YamlMap) -> str:
    measure = next(name for name in MODIFIERS if name in condition.entries)
    return _said(condition, measure).removeprefix("last ").removeprefix("first ").partition(".")[0]


def conditions_joined(kind: str) -> Asked:
    """Of ``all`` turned into ``any``, or the other way round."""
    return (
        "whether one of these conditions is enough" if kind == "all" else "whether all of these conditions are needed"
    )


def profile_turned(condition: YamlMap) -> Asked:
    """Of a test of a property turned into its opposite."""
    return f"which customers are in by their {_said(condition, 'profile')}, and which are out"


def membership_turned(segment: str) -> Asked:
    """Of a reference turned into its opposite."""
    return f"whether a member of {segment} is in or out"


def mailing() -> Asked:
    """Of ``everyone: true`` left out."""
    return "whether a customer who may not be mailed is in or out"


def _said(condition: YamlMap, name: str) -> str:
    value = condition.entries[name].value if name in condition.entries else None
    return value.text if isinstance(value, YamlText) else ""
