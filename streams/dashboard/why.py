"""Conditions as lines, each with how deep it stands and whether it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.clients.changes import Change
from streams.clients.words import Words
from streams.explanations.lines import condition_line

_GROUPS = {"all": "all of", "any": "any of", "none": "none of"}
Line = dict[str, Any]


def why_lines(when: Mapping[str, Any], depth: int = 0) -> Iterator[Line]:
    """A measured condition of an explanation; a group of one stands for that one."""
    kind = next(iter(when))
    if kind not in _GROUPS:
        yield _line(condition_line(when), depth, holds=bool(when["holds"]))
        return
    parts = when[kind]
    if len(parts) == 1 and kind != "none":
        yield from why_lines(parts[0], depth)
        return
    yield _line(_GROUPS[kind], depth, holds=bool(when["holds"]))
    for part in parts:
        yield from why_lines(part, depth + 1)


def change_lines(words: Words, change: Change, segment: str) -> list[Line]:
    """Why a change brought a customer into a segment, as its record says."""
    said = words.why(change, segment)
    return [_line(said, 0, holds=True)] if said else []


def _line(text: str, depth: int, *, holds: bool) -> Line:
    return {"text": text, "holds": holds, "depth": depth}
