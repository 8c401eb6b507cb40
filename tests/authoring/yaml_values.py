"""What editors make of a YAML text: values as YAML 1.2 reads them; and YAML texts of rules of the model."""

from __future__ import annotations

import json
import re

from streams.memberships.wording import condition_words
from streams.rules.durations import spelled
from streams.rules.errors import Problems
from streams.rules.load import RETENTION_MS
from streams.rules.model import Rule
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_rule
from streams.rules.yaml_nodes import Yaml, YamlList, YamlMap, read_yaml

_CORE = {"true": True, "false": False, "null": None, "~": None, "": None}
_NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?", re.ASCII | re.IGNORECASE)


def value_of(text: str) -> object:
    """The value of a text that YAML can read."""
    problems = Problems()
    root = read_yaml(text, "f", problems)
    assert root is not None
    assert not problems
    return core(root)


def accepted(text: str) -> bool:
    """Whether the loader takes this rule file, whatever other files there are."""
    problems = Problems()
    parse_rule(text, "active", "a", Reading(problems, [], RETENTION_MS))
    return not problems


def core(node: Yaml) -> object:
    """The value of a node by the core schema of YAML 1.2."""
    if isinstance(node, YamlList):
        return [core(item) for item in node.items]
    if isinstance(node, YamlMap):
        return {name: core(entry.value) for name, entry in node.entries.items()}
    if not node.plain:
        return node.text
    if node.text.lower() in _CORE:
        return _CORE[node.text.lower()]
    if not _NUMBER.fullmatch(node.text):
        return node.text
    return int(node.text) if re.fullmatch(r"[-+]?\d+", node.text) else float(node.text)


def rule_text(rule: Rule) -> str:
    """The file of a rule, in an order that a formatter would change; JSON is YAML."""
    said: dict[str, object] = {"when": condition_words(rule.when)}
    for name, value in (
        ("for_each", rule.for_each),
        ("for", _length(rule.for_ms)),
        ("keep_for", _length(rule.keep_for_ms)),
    ):
        if value is not None:
            said[name] = value
    if rule.everyone:
        said["everyone"] = True
    said |= {"email": {"strategy": "Mail."}, "title": rule.title}
    return "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in said.items()) + "\n"


def _length(length_ms: int | None) -> str | None:
    return None if length_ms is None else spelled(length_ms)
