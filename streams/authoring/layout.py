"""The layout of a YAML text: its parts as they are written, each with the comments and blank lines that go with it.

A comment on lines of its own goes with the part that follows; one that is indented deeper than that with the part
before, as when the last conditions of a list are commented out; one behind a part with that part.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamStartEvent,
)

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")


@dataclass(slots=True)
class Scalar:
    """A word or text as written, with its line ends; ``block`` says that it is one after ``|`` or ``>``."""

    raw: str
    block: bool


@dataclass(slots=True)
class Collection:
    """A mapping, whose parts have keys, or a list; ``flow`` says that it is in brackets and has no comment inside."""

    parts: list[Part]
    mapping: bool
    flow: bool


@dataclass(slots=True)
class Part:
    """An entry of a mapping or list. ``leading`` and ``tail`` are lines before and after it, "" for a blank one, and
    ``trailing`` is the comment behind it; ``raw_key`` is its key as written."""

    key: str
    raw_key: str
    value: Scalar | Collection
    line: int
    column: int
    leading: list[str] = field(default_factory=list)
    trailing: str = ""
    tail: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """A whole text: comments that stand apart at its top, its root, and comments at its end."""

    header: list[str]
    root: Collection
    end: list[str]


@dataclass(frozen=True, slots=True)
class _Comment:
    line: int
    column: int
    text: str
    alone: bool


def layout_of(text: str) -> Layout:
    """The layout of a text whose root is a mapping and that has neither anchors nor tags; raises YAMLError."""
    reader = _Reader(text)
    root = reader.root()
    comments = list(_comments(text, reader.scalars))
    _open_where_commented(root, comments, reader.ends)
    end = _Attaching(root, text, comments, reader.scalars).attach()
    return Layout(_split_header(root), root, end)


class _Reader:
    """Builds the parts from parse events; ``scalars`` are the places of texts, ``ends`` the last lines of brackets."""

    def __init__(self, text: str) -> None:
        self.scalars: list[tuple[int, int]] = []
        self.ends: dict[int, tuple[int, int]] = {}
        self._text = text
        self._lines = text.split("\n")
        self._events: Iterator[Any] = YAML(typ="safe", pure=True).parse(text)

    def root(self) -> Collection:
        for event in self._events:
            if not isinstance(event, (StreamStartEvent, DocumentStartEvent)):
                found = self._node(event)
                assert isinstance(found, Collection)
                return found
        raise AssertionError("an empty text")

    def _node(self, event: Any) -> Scalar | Collection:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        mapping = isinstance(event, MappingStartEvent)
        assert mapping or isinstance(event, SequenceStartEvent)
        end = MappingEndEvent if mapping else SequenceEndEvent
        dash = None if mapping or event.flow_style else event.start_mark.column
        found = Collection(list(self._parts(end, mapping, dash)), mapping, bool(event.flow_style))
        self.ends[id(found)] = (event.start_mark.line, self._last_line)
        return found

    def _parts(self, end: type[Any], mapping: bool, dash: int | None) -> Iterator[Part]:
        while not isinstance(event := next(self._events), end):
            mark = event.start_mark
            key, raw_key = "", ""
            if mapping:
                key, raw_key = str(event.value), self._scalar(event).raw
                event = next(self._events)
            line, column = (mark.line, mark.column) if dash is None else (self._dashed(mark.line, dash), dash)
            yield Part(key, raw_key, self._node(event), line, column)
        self._last_line = event.end_mark.line

    def _dashed(self, line: int, dash: int) -> int:
        """The line of the dash in a column before an item that begins in a line."""
        return next(number for number in range(line, -1, -1) if self._lines[number][dash : dash + 1] == "-")

    def _scalar(self, event: Any) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        self.scalars.append((start, end))
        return Scalar(self._text[start:end], event.style in ("|", ">"))


def _comments(text: str, scalars: list[tuple[int, int]]) -> Iterator[_Comment]:
    start = 0
    for number, line in enumerate(text.split("\n")):
        for match in _COMMENT.finditer(line):
            if not _inside(start + match.start(), scalars):
                column = match.start()
                yield _Comment(number, column, line[column:].rstrip(), not line[:column].strip())
                break
        start += len(line) + 1


def _inside(index: int, scalars: list[tuple[int, int]]) -> bool:
    place = bisect_right(scalars, (index, len(scalars) and scalars[-1][1]))
    return place > 0 and scalars[place - 1][0] <= index < scalars[place - 1][1]


def _open_where_commented(
    node: Scalar | Collection, comments: list[_Comment], ends: dict[int, tuple[int, int]]
) -> None:
    """Brackets over several lines with comments among them cannot become one line."""
    if isinstance(node, Scalar):
        return
    first, last = ends[id(node)]
    if node.flow and any(first <= comment.line < last for comment in comments):
        node.flow = False
    for part in node.parts:
        _open_where_commented(part.value, comments, ends)


@dataclass(slots=True)
class _Attaching:
    root: Collection
    text: str
    comments: list[_Comment]
    scalars: list[tuple[int, int]]
    chains: list[list[Part]] = field(default_factory=list)

    def attach(self) -> list[str]:
        """Give each part its comments and blank lines; returns those at the end of the text."""
        self._collect(self.root, [])
        for comment in self.comments:
            if not comment.alone:
                self._behind(comment)
        gaps = self._gaps()
        end = [line for number in sorted(gaps) for line in self._gap(number, gaps[number])]
        for chain in self.chains:
            _one_behind(chain[-1])
        return end

    def _collect(self, node: Scalar | Collection, above: list[Part]) -> None:
        """``chains``: of each part that has a line of its own the parts around it and itself, in order."""
        if isinstance(node, Scalar) or node.flow:
            return
        for part in node.parts:
            self.chains.append([*above, part])
            self._collect(part.value, [*above, part])

    def _behind(self, comment: _Comment) -> None:
        before = [
            chain[-1] for chain in self.chains if (chain[-1].line, chain[-1].column) <= (comment.line, comment.column)
        ]
        if before:
            before[-1].trailing = f"{before[-1].trailing}\n{comment.text}".strip()

    def _gaps(self) -> dict[int, list[tuple[int, str]]]:
        """The lines without content, by the number of the part that they come before: columns (-1: blank) and texts."""
        alone = {comment.line: comment for comment in self.comments if comment.alone}
        lines = [chain[-1].line for chain in self.chains]
        found: dict[int, list[tuple[int, str]]] = {}
        start = 0
        for number, line in enumerate(self.text.removesuffix("\n").split("\n")):
            place = next((n for n, first in enumerate(lines) if first > number), len(lines))
            if number in alone:
                found.setdefault(place, []).append((alone[number].column, alone[number].text))
            elif not line.strip() and not self._in_content(start):
                found.setdefault(place, []).append((-1, ""))
            start += len(line) + 1
        return found

    def _in_content(self, index: int) -> bool:
        """Whether a blank line is one of a text over several lines, and not one after it."""
        return any(start <= index < end and self.text[index:end].strip() for start, end in self.scalars)

    def _gap(self, number: int, lines: list[tuple[int, str]]) -> list[str]:
        """Give lines to the part before as far as they are indented deeper than the next, which gets the rest; at the
        end of the text the rest comes back."""
        following = self.chains[number][-1] if number < len(self.chains) else None
        limit = following.column if following else 0
        cut = max((place + 1 for place, (column, _) in enumerate(lines) if column > limit), default=0)
        cut = cut if number else 0
        self._follow(number - 1, lines[:cut])
        rest = [text for _, text in lines[cut:]]
        if following:
            following.leading += rest
            return []
        return rest

    def _follow(self, number: int, lines: list[tuple[int, str]]) -> None:
        """Give lines to the part before or those around it; one that is less indented ends what is deeper."""
        limit = 1 << 30
        for place, (_, text) in enumerate(lines):
            column = next(column for column, _ in lines[place:] if column >= 0)  # a blank line goes with what follows
            limit = min(limit, column)
            self._owner(self.chains[number], limit).tail.append(text)

    @staticmethod
    def _owner(chain: list[Part], column: int) -> Part:
        """The innermost of the parts that begins no further right than a comment."""
        return next((part for part in reversed(chain) if part.column <= column), chain[0])


def _one_behind(part: Part) -> None:
    """Of several comments behind a part, which stood on lines that become one, the last stays and others go before."""
    *before, part.trailing = part.trailing.split("\n")
    part.leading += before


def _split_header(root: Collection) -> list[str]:
    """Take the comments at the top that stand apart, or speak to editors, away from the first part."""
    lines = root.parts[0].leading
    apart = max((place + 1 for place, line in enumerate(lines) if not line), default=0)
    editors = max((place + 1 for place, line in enumerate(lines) if "yaml-language-server" in line), default=0)
    cut = max(apart, editors)
    root.parts[0].leading = lines[cut:]
    return lines[:cut]
