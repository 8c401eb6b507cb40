"""Texts of rule files: the shipped rules and the broken ones, with words exchanged, lines moved and bytes hurt."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain
from pathlib import Path

from hypothesis import strategies as st

from streams.rules.model import SOURCES
from streams.rules.parse_condition import CONDITION_KEYS
from streams.rules.parse_rule import FAMILIES
from tests.fuzz.damage import damaged

ROOT = Path(__file__).parents[2]
_FIELDS = dict.fromkeys(chain.from_iterable(SOURCES.values()))
_VALUES = (
    *("no", "on", "~", "5", "0", "-1", "80%", "0.00005", "0.3333", "1e9", "9" * 30, ".inf", "[1, 2]", "[]", "{}", "''"),
    *(
        "90d",
        "0d",
        "731d",
        "1h",
        "2w",
        "1m",
        "10000w",
        "true",
        "false",
        "é",
        "\u2028",
        "\x07",
        "\ufeff",
        "$each",
        "|",
        "- ",
    ),
    *(
        "last views",
        "first purchases",
        "last items",
        "views.price",
        "items.price",
        "emails.campaign",
        "views.",
        "e\u0301",
    ),
)
_KEYS = ("title", "when", "why", "for_each", "for", "keep_for", "everyone", "email", "strategy", *CONDITION_KEYS)
VOCABULARY = (*_VALUES, *_KEYS, *(f"{key}:" for key in _KEYS), *SOURCES, *_FIELDS, *FAMILIES)


@cache
def corpus() -> tuple[str, ...]:
    """The shipped rule files and those of the tests."""
    folders = ("segment_rules/active", "segment_rules/trial", "segment_rules/proposed", "tests/rules/broken")
    files = sorted(path for folder in folders for path in (ROOT / folder).glob("*.yaml"))
    return tuple(path.read_text(encoding="utf-8", errors="replace") for path in files)


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A rule file with some of its words or lines exchanged, doubled or taken away."""
    text = draw(st.sampled_from(corpus()))
    for _ in range(draw(st.integers(0, 5))):
        change = draw(st.sampled_from((_word, _word, _word, _line, _indent)))
        text = change(text, draw(st.integers(0, 500)), draw(st.sampled_from(VOCABULARY)), draw(st.integers(0, 500)))
    return text


def _word(text: str, at: int, word: str, _: int) -> str:
    """Another word in the place of one."""
    words = list(re.finditer(r"[^\s,:\[\]{}]+", text))
    if not words:
        return word
    found = words[at % len(words)]
    return text[: found.start()] + word + text[found.end() :]


def _line(text: str, at: int, word: str, other: int) -> str:
    """A line of the file, or a new one, somewhere else, or none."""
    lines = text.splitlines() or [""]
    moved = lines[at % len(lines)]
    if other % 3 == 0:
        del lines[at % len(lines)]
    elif other % 3 == 1:
        lines.insert(other % len(lines), moved)
    else:
        lines.insert(at % len(lines), f"{moved[: len(moved) - len(moved.lstrip())]}{word} {moved.lstrip()}")
    return "\n".join(lines) + "\n"


def _indent(text: str, at: int, _: str, by: int) -> str:
    lines = text.splitlines() or [""]
    lines[at % len(lines)] = " " * (by % 7) + lines[at % len(lines)].lstrip()
    return "\n".join(lines) + "\n"


def rule_texts() -> st.SearchStrategy[str]:
    """Texts of rule files, right and wrong."""
    hurt = damaged(edited().map(str.encode)).map(lambda raw: raw.decode(errors="replace"))
    return st.one_of(edited(), edited(), hurt, st.text(max_size=60))


def rule_bytes() -> st.SearchStrategy[bytes]:
    """Bytes of rule files, which need not be UTF-8."""
    return damaged(edited().map(str.encode), 2)
