"""``where``: which facts a measure looks at."""

from __future__ import annotations

from streams.rules.bounds import COMPARISONS, bounds, number
from streams.rules.errors import Problems, quoted
from streams.rules.model import EACH, SOURCES, Bounds, Match
from streams.rules.nearest import hint, listing, one_of
from streams.rules.scalars import compared_text, flag, several
from streams.rules.yaml_nodes import Entry, Yaml, YamlList, YamlMap, is_missing


def parse_where(node: Yaml, sources: list[str], for_each: str | None, problems: Problems) -> tuple[Match, ...] | None:
    """The entries of a ``where`` over fields that all ``sources`` have; ``$each`` stands for the field ``for_each``."""
    if is_missing(node) or (isinstance(node, YamlMap) and not node.entries):
        problems.add(node.place, "an empty where")
        return None
    if not isinstance(node, YamlMap):
        problems.add(node.place, "where takes fields and values, such as {category: shoes}")
        return None
    found = [_entry(entry, sources, for_each, problems) for entry in node.entries.values()]
    return None if None in found else tuple(match for match in found if match is not None)


def _entry(entry: Entry, sources: list[str], for_each: str | None, problems: Problems) -> Match | None:
    name, value = entry.key.text, entry.value
    lacking = [source for source in sources if name not in SOURCES[source]]
    if lacking:
        problems.add(entry.key.place, no_field(lacking[0], name))
        return None
    kind = SOURCES[sources[0]][name]
    if kind == "text":
        return _text_match(name, value, for_each, problems)
    if kind == "number":
        return _number_match(name, value, problems)
    return _flag_match(name, value, problems)


def no_field(source: str, name: str) -> str:
    """The message that a source has no such field."""
    others = [other for other, fields in SOURCES.items() if name in fields]
    fields = SOURCES[source]
    if others:
        return f"{source} has no field {quoted(name)} ({listing(others)} have it); write {one_of(fields)}"
    return f"{source} has no field {quoted(name)}{hint(name, fields)}"


def _text_match(name: str, value: Yaml, for_each: str | None, problems: Problems) -> Match | None:
    def read(node: Yaml, problems: Problems) -> str | None:
        return _text(name, node, for_each, problems)

    if isinstance(value, YamlMap):
        problems.add(value.place, f"{name} is a text; write a value or a list of values")
        return None
    texts = several(value, read, problems) if isinstance(value, YamlList) else _one(read(value, problems))
    return None if texts is None else Match(name, texts=texts)


def _one(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else (text,)


def _text(name: str, node: Yaml, for_each: str | None, problems: Problems) -> str | None:
    found = compared_text(node, problems)
    if found == "":
        problems.add(node.place, f"an empty text, which no {name} is")
        return None
    if found == EACH and for_each != name:
        meant = f"this rule is for_each: {for_each}" if for_each else f"for that the rule needs for_each: {name}"
        problems.add(node.place, f"{EACH} cannot stand for a {name} here; {meant}")
        return None
    return found


def _number_match(name: str, value: Yaml, problems: Problems) -> Match | None:
    if isinstance(value, YamlMap):
        return _range_match(name, value, problems)
    values = several(value, number, problems) if isinstance(value, YamlList) else _ends(number(value, problems))
    return None if values is None else Match(name, ranges=tuple(Bounds(low=end, high=end) for end in values))


def _ends(value: int | None) -> tuple[int, ...] | None:
    return None if value is None else (value,)


def _range_match(name: str, value: YamlMap, problems: Problems) -> Match | None:
    unknown = [entry.key for entry in value.entries.values() if entry.key.text not in COMPARISONS]
    for key in unknown:
        problems.add(key.place, f"unknown comparison {quoted(key.text)}{hint(key.text, COMPARISONS)}")
    if unknown:
        return None
    if len(value.entries) != 1:
        fault = f"two comparisons ({listing(value.entries)})" if value.entries else "an empty comparison"
        problems.add(value.place, f"{fault}; write one, or between: [low, high]")
        return None
    [(comparison, entry)] = value.entries.items()
    found = bounds(comparison, entry.value, number, problems)
    return None if found is None else Match(name, ranges=(found,))


def _flag_match(name: str, value: Yaml, problems: Problems) -> Match | None:
    found = flag(value, problems)
    return None if found is None else Match(name, flag=found)
