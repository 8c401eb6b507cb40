"""A YAML text as plain nodes that know their places.

Built from ruamel's parse events and not from its objects: nothing is constructed, tags and aliases are refused and
never followed, and a text that is nested too deeply is left at once. Plain words and numbers stay text here
(``scalars`` reads them), so no reader's idea of ``no`` or ``010`` comes between.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from streams.rules.errors import Problems, quoted
from streams.rules.model import Place

_IN_WORDS = {
    r"'\t'": "a tab; indent with spaces",
    "mapping values are not allowed": 'a ":" where none can stand; put a text that has one in quotes',
    "that cannot start any token": "a sign that no text begins with; put the text in quotes",
    "stream end": "the file ends inside a list or mapping{line}; close it",
    "end of stream": "the file ends inside a quoted text{line}; close it",
    "expected the node content": "a value is missing, or has a sign that needs quotes",
    "<block": "the indentation does not fit the lines above{line}",
    "expected ',' or": "a comma or the closing bracket is missing{line}",
    "could not find expected ':'": 'a ":" is missing after a key{line}',
}
#: Lists and mappings inside one another; 32 nested groups take two levels each.
MAX_LEVELS = 80


@dataclass(frozen=True, slots=True)
class YamlText:
    """A word, number or text; ``plain`` says that it stands without quotes."""

    place: Place
    text: str
    plain: bool = True


@dataclass(frozen=True, slots=True)
class YamlList:
    """A list."""

    place: Place
    items: tuple[Yaml, ...]


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    key: YamlText
    value: Yaml


@dataclass(frozen=True, slots=True)
class YamlMap:
    """A mapping; of a key that stands twice the first."""

    place: Place
    entries: dict[str, Entry]


Yaml = YamlText | YamlList | YamlMap


def is_missing(node: Yaml) -> bool:
    """Whether nothing stands where a value is meant, as in ``when:`` with nothing after it."""
    return isinstance(node, YamlText) and node.plain and not node.text


class _Stop(Exception):
    """The rest of the text cannot be read."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place, self.text = place, text


def read_yaml(text: str, file: str, problems: Problems) -> Yaml | None:
    """The one document of a text; ``None`` where it is empty or cannot be read, which is then among the problems."""
    try:
        return _Reader(text, file, problems).document()
    except _Stop as stop:
        problems.add(stop.place, stop.text)
    except ReaderError as error:
        before = text[: error.position]
        place = Place(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        problems.add(place, "a control character that YAML does not allow; delete it")
    except MarkedYAMLError as error:
        problems.add(_place(file, error.problem_mark), f"not YAML: {_in_words(error)}")
    except (YAMLError, ValueError, OverflowError):
        problems.add(Place(file, 1, 1), r"not YAML: perhaps an escape such as \U that names no character")
    return None


def _in_words(error: MarkedYAMLError) -> str:
    """The parser's message in the words of somebody who does not know its terms, where it is one of the usual ones."""
    problem = str(error.problem)
    for term, words in _IN_WORDS.items():
        if term in problem:
            line = f" (begun in line {error.context_mark.line + 1})" if error.context_mark is not None else ""
            return words.format(line=line)
    return problem


def _place(file: str, mark: Any) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file, 1, 1)


class _Reader:
    def __init__(self, text: str, file: str, problems: Problems) -> None:
        self._events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)
        self._file, self._problems, self._levels = file, problems, 0

    def document(self) -> Yaml | None:
        next(self._events)
        if isinstance(next(self._events), StreamEndEvent):
            self._problems.add(Place(self._file, 1, 1), "the file is empty; it needs at least title: and when:")
            return None
        found = self._node(next(self._events))
        next(self._events)
        after = next(self._events)
        if isinstance(after, DocumentStartEvent):
            raise _Stop(self._at(after), "a second document; write one segment a file, without ---")
        return found

    def _at(self, event: Event) -> Place:
        return _place(self._file, event.start_mark)

    def _node(self, event: Event) -> Yaml:
        place = self._at(event)
        if isinstance(event, AliasEvent):
            self._problems.add_last(place, f"an alias (*{event.anchor}) is not read; write out what is meant")
            return YamlText(place, "", plain=False)
        if isinstance(event, NodeEvent):
            self._refuse_extras(event, place)
        if isinstance(event, ScalarEvent):
            return self._text(event, place)
        self._levels += 1
        if self._levels > MAX_LEVELS:
            raise _Stop(place, "nested too deeply")
        found = self._map(place) if isinstance(event, MappingStartEvent) else self._list(place, event)
        self._levels -= 1
        return found

    def _refuse_extras(self, event: Any, place: Place) -> None:
        if event.tag is not None and event.tag != "!":
            self._problems.add_last(place, f"a tag ({_short_tag(event.tag)}) is not read; delete it")
        if event.anchor is not None:
            self._problems.add(place, f"an anchor (&{event.anchor}) is not read; delete it")

    def _text(self, event: Any, place: Place) -> YamlText:
        if any("\ud800" <= letter <= "\udfff" for letter in event.value):
            self._problems.add_last(place, "half a character (a lone surrogate); write the character itself")
        return YamlText(place, event.value, event.style is None)

    def _list(self, place: Place, start: Event) -> YamlList:
        assert isinstance(start, SequenceStartEvent)
        items = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event))
        return YamlList(place, tuple(items))

    def _map(self, place: Place) -> YamlMap:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            key = self._node(event)
            value = self._node(next(self._events))
            if not isinstance(key, YamlText):
                self._problems.add(key.place, "a list or mapping as a key; write a word")
            elif key.text in entries:
                first = entries[key.text].key.place.line
                self._problems.add(key.place, f"{quoted(key.text)} stands twice (first in line {first})")
            else:
                entries[key.text] = Entry(key, _placed(value, key))
        return YamlMap(place, entries)


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _placed(value: Yaml, key: YamlText) -> Yaml:
    """A missing value is shown at its key: the parser places it at the next thing in the file."""
    return YamlText(key.place, "") if is_missing(value) else value
