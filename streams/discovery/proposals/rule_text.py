"""A rule as the text of its file, in the one form that ``microseg fmt`` writes."""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from streams.authoring.fmt import NotFormatted, formatted

#: A text that every YAML reader takes for that text without quotes.
_PLAIN = re.compile(r"[a-z$][a-z0-9_.-]*( [a-z0-9][a-z0-9_.-]*)*|[1-9][0-9]{0,6}[smhdw]", re.IGNORECASE | re.ASCII)
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n", "nan", "inf"))
_GROUPS = ("all", "any", "none")
_SCHEMA = "# yaml-language-server: $schema=../rule.schema.json"
_WIDTH = 110


def rule_text(
    rule: Mapping[str, Any], title: str, why: str = "", strategy: str = "", header: Sequence[str] = ()
) -> str:
    """The file of a rule (``when``, and what else stands beside it); each line of ``header`` becomes a comment."""
    lines = [_SCHEMA, *_comments(header), f"title: {scalar(title)}"]
    if why:
        lines += _folded("why", why, "")
    if "for_each" in rule:
        lines.append(f"for_each: {rule['for_each']}")
    lines += _when(rule["when"])
    lines += [f"{key}: {scalar(rule[key])}" for key in ("for", "keep_for", "everyone") if key in rule]
    if strategy:
        lines += ["email:", *_folded("strategy", strategy, "  ")]
    text = "\n".join(lines) + "\n"
    try:
        return formatted(text)
    except NotFormatted:  # it is right all the same
        return text


def _comments(header: Sequence[str]) -> list[str]:
    parts = (part for line in header for part in textwrap.wrap(line, _WIDTH, subsequent_indent="  ") or [""])
    return [f"# {part}".rstrip() for part in parts]


def scalar(value: object) -> str:
    """A text, number or flag as YAML says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return json.dumps(value)
    text = str(value)
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes, with every sign escaped that is not seen."""
    return "".join(_escaped(one) for one in json.dumps(text, ensure_ascii=False))


def _escaped(sign: str) -> str:
    if unicodedata.category(sign)[0] not in "CZ" or sign == " ":
        return sign
    return f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"


def flow(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(key)}: {flow(part)}' for key, part in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(flow(part) for part in value)}]"
    return scalar(value)


def _folded(key: str, text: str, indent: str) -> list[str]:
    if len(text) < _WIDTH - 20:
        return [f"{indent}{key}: {scalar(text)}"]
    lines = textwrap.wrap(text, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    return [f"{indent}{key}: >-", *(f"{indent}  {line}" for line in lines)]


def _when(node: Mapping[str, Any]) -> list[str]:
    if not any(kind in node for kind in _GROUPS):
        return [f"when: {flow(node)}"]
    ((kind, parts),) = node.items()
    return ["when:", f"  {kind}:", *(f"    - {flow(part)}" for part in parts)]
