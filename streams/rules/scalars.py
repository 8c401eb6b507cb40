"""Texts, flags and whole numbers out of YAML nodes; ``None`` where the node is none, which the problems then say."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from streams.events.text import compared, number_text
from streams.rules.errors import Problems, quoted
from streams.rules.yaml_nodes import Yaml, YamlList, YamlMap, YamlText, is_missing

#: Plain words that one YAML reader or another takes for true or false.
_BOOLEANS = frozenset(("true", "false", "yes", "no", "on", "off"))
_FLAGS = {"true": True, "false": False}
_NUMBER = re.compile(r"(0|-?[1-9]\d*)|-?(0|[1-9]\d*)\.\d+", re.ASCII)
_DECIMAL = re.compile(r"-?\d+\.\d+", re.ASCII)
#: What some YAML reader takes for a number, though perhaps for another one than its digits say.
_ODD_NUMBER = re.compile(
    r"[-+]?(?=[\d.]*\d)[\d_]*\.?[\d_]*(e[-+]?\d+)?|[-+]?0[xob][\da-f_]+|[-+]?\.(inf|nan)", re.ASCII | re.IGNORECASE
)
_MOST_DIGITS = 9
_SHORT = 40

T = TypeVar("T")


def scalar(node: Yaml, problems: Problems, meant: str = "a text") -> YamlText | None:
    """The node if it is one word, number or text and not missing."""
    if is_missing(node):
        problems.add(node.place, f"an empty value; {meant} is needed")
    elif isinstance(node, YamlText):
        return node
    else:
        problems.add(node.place, f"{_kind(node)}, where {meant} is needed")
    return None


def _kind(node: YamlList | YamlMap) -> str:
    return "a list" if isinstance(node, YamlList) else "a mapping (key: value)"


def plain_text(node: Yaml, problems: Problems) -> str | None:
    """The text as written, numbers as events write them (35.50 is "35.5"); what YAML may read otherwise is refused."""
    found = scalar(node, problems)
    if found is None:
        return None
    if not found.plain:
        return found.text
    if reading := _other_reading(found.text):
        end = f"{quoted(found.text)} in quotes" if len(found.text) <= _SHORT else "it in quotes"
        problems.add(node.place, f"{found.text[:_SHORT]} without quotes may be read as {reading}; write {end}")
        return None
    # in JSON, and so in events, 35.50 is the number 35.5; a whole number is its digits
    return number_text(float(found.text)) if _DECIMAL.fullmatch(found.text) else found.text


def _other_reading(text: str) -> str | None:
    """What a YAML reader may take a plain word for instead of a text."""
    if text.lower() in ("null", "~"):
        return "nothing"
    if text.lower() in _BOOLEANS:
        return "true or false"
    return "another number" if _ODD_NUMBER.fullmatch(text) and not _NUMBER.fullmatch(text) else None


def shown_text(node: Yaml, problems: Problems) -> str | None:
    """A text that is shown to people; not blank."""
    found = plain_text(node, problems)
    if found is not None and not found.strip():
        problems.add(node.place, "an empty text")
        return None
    return found and found.strip()


def compared_text(node: Yaml, problems: Problems) -> str | None:
    """The compared form of a text."""
    found = plain_text(node, problems)
    return None if found is None else compared(found)


def flag(node: Yaml, problems: Problems) -> bool | None:
    """True or false, and no other words for them."""
    found = scalar(node, problems, "true or false")
    if found is None:
        return None
    value = _FLAGS.get(found.text.lower()) if found.plain else None
    if value is None:
        problems.add(node.place, f"{quoted(found.text)}, where true or false is needed (without quotes)")
    return value


def whole(node: Yaml, problems: Problems) -> int | None:
    """A whole number above 0 with at most nine digits."""
    found = scalar(node, problems, "a whole number above 0")
    if found is None:
        return None
    if re.fullmatch(r"[1-9]\d*", found.text, re.ASCII) and len(found.text) <= _MOST_DIGITS:
        return int(found.text)
    problems.add(node.place, f"{quoted(found.text)} is no whole number above 0; write one such as 5, without a unit")
    return None


def several(node: Yaml, read: Callable[[Yaml, Problems], T | None], problems: Problems) -> tuple[T, ...] | None:
    """What ``read`` makes of each item of a list that is not empty."""
    if is_missing(node) or (isinstance(node, YamlList) and not node.items):
        problems.add(node.place, "an empty list")
        return None
    if not isinstance(node, YamlList):
        problems.add(node.place, "a list is needed, such as [a, b]")
        return None
    found = tuple(read(item, problems) for item in node.items)
    return None if any(item is None for item in found) else tuple(item for item in found if item is not None)
