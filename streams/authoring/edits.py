"""Small edits of a rule file, each on its YAML nodes: bounds, windows and comparisons nudged by one.

Working on nodes keeps what the model drops: where each part stands, and in which unit it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from streams.authoring.questions import (
    Asked,
    conditions_joined,
    facts_left_out,
    length_moved,
    mailing,
    membership_turned,
    profile_turned,
    value_between,
)
from streams.rules.model import Place
from streams.rules.yaml_nodes import Entry, Yaml, YamlList, YamlMap, YamlText

_FLIPS = {
    "more_than": ("at_least",),
    "at_least": ("more_than",),
    "less_than": ("at_most",),
    "at_most": ("less_than",),
    "exactly": ("at_least", "at_most"),
}
_BOUNDS = (*_FLIPS, "between")
_OPPOSITES = {"is": "is_not", "is_not": "is", "one_of": "none_of", "none_of": "one_of"}
_WINDOWS = ("last", "last_days", "before", "latest", "against")
#: One of a unit in the next smaller one, less one of that: a nudge down from 1d is 23h.
_BELOW = {"w": "6d", "d": "23h", "h": "59m", "m": "59s"}
_DURATION = re.compile(r"(\d+)([smhdw])", re.ASCII)
_NUMBER = re.compile(r"([-+]?[\d.]+)( ?%)?", re.ASCII)


class Edit(NamedTuple):
    """One edit: where, what it says as ``before -> after``, the question that it stands for, and what it yields."""

    place: Place
    before: str
    after: str
    asked: Asked
    root: Yaml

    @property
    def text(self) -> str:
        """The edit as it is reported and accepted."""
        return f"{self.before} -> {self.after}"


def edits_of(root: YamlMap) -> Iterator[Edit]:
    """Every edit of a rule file that the loader accepts, in order of the file but comparisons before their bounds."""
    for name, entry in root.entries.items():
        if name == "when":
            yield from _inside(root, name, _node_edits(entry.value))
        elif name in ("for", "keep_for"):
            yield from _inside(root, name, _length_edits(root, entry))
        elif name == "everyone" and _text(entry.value).lower() == "true":
            yield Edit(entry.key.place, "everyone: true", "everyone: false", mailing(), _without(root, name))


def _node_edits(node: Yaml) -> Iterator[Edit]:
    if not isinstance(node, YamlMap):
        return
    for kind in ("all", "any", "none"):
        if kind in node.entries:
            yield from _group_edits(node, kind)
            return
    yield from _condition_edits(node)


def _group_edits(node: YamlMap, kind: str) -> Iterator[Edit]:
    entry = node.entries[kind]
    if kind != "none":
        other = "any" if kind == "all" else "all"
        yield Edit(entry.key.place, kind, other, conditions_joined(kind), _renamed(node, kind, other))
    if isinstance(entry.value, YamlList):
        yield from _inside(node, kind, _item_edits(entry.value))


def _item_edits(node: YamlList) -> Iterator[Edit]:
    for number, item in enumerate(node.items):
        for edit in _node_edits(item):
            yield edit._replace(root=replace(node, items=_with_item(node, number, edit.root)))


def _condition_edits(node: YamlMap) -> Iterator[Edit]:
    for name, entry in node.entries.items():
        if name == "where":
            yield from _where_edits(node, entry)
        elif name in _WINDOWS:
            yield from _inside(node, name, _length_edits(node, entry))
        elif name in _BOUNDS:
            yield from _comparison_edits(node, name, node)
        elif name in _OPPOSITES and "profile" in node.entries:
            asked = profile_turned(node)
            before = f"{name}: {shown(entry.value)}"
            after = f"{_OPPOSITES[name]}: {shown(entry.value)}"
            yield Edit(entry.key.place, before, after, asked, _renamed(node, name, _OPPOSITES[name]))
        elif name == "missing":
            yield from _turned(node, entry, profile_turned(node))
    if "segment" in node.entries:
        yield from _membership_edits(node)


def _membership_edits(node: YamlMap) -> Iterator[Edit]:
    segment = node.entries["segment"]
    name = shown(segment.value)
    if "is" in node.entries:
        yield from _turned(node, node.entries["is"], membership_turned(name))
        return
    key = YamlText(segment.key.place, "is")
    turned = replace(node, entries={**node.entries, "is": Entry(key, YamlText(segment.key.place, "false"))})
    said = f"segment: {name}"
    yield Edit(segment.key.place, said, f"{said}, is: false", membership_turned(name), turned)


def _turned(node: YamlMap, entry: Entry, asked: Asked) -> Iterator[Edit]:
    """True for false and false for true."""
    old = _text(entry.value).lower()
    new = "false" if old == "true" else "true"
    name = entry.key.text
    turned = _with(node, name, YamlText(entry.value.place, new))
    yield Edit(entry.key.place, f"{name}: {old}", f"{name}: {new}", asked, turned)


def _where_edits(node: YamlMap, where: Entry) -> Iterator[Edit]:
    if not isinstance(where.value, YamlMap):
        return
    for name, entry in where.value.entries.items():
        rest = _without(where.value, name)
        left = _with(node, "where", rest) if rest.entries else _without(node, "where")
        asked = facts_left_out(node, name)
        yield Edit(entry.key.place, f"{name}: {shown(entry.value)}", f"no {name}", asked, left)
        if isinstance(entry.value, YamlMap):
            for inner in entry.value.entries:
                for edit in _comparison_edits(entry.value, inner, node, field=name):
                    yield edit._replace(root=_with(node, "where", _with(where.value, name, edit.root)))


def _comparison_edits(node: YamlMap, name: str, condition: YamlMap, field: str = "") -> Iterator[Edit]:
    """Edits of the comparison under ``name``; of a ``field`` in a where, or of the condition's measure."""
    entry = node.entries[name]
    for other in _FLIPS.get(name, ()):
        asked = value_between(condition, field, name, other, _text(entry.value))
        before, after = f"{name}: {shown(entry.value)}", f"{other}: {shown(entry.value)}"
        yield Edit(entry.key.place, before, after, asked, _renamed(node, name, other))
    for value, old, new in _nudged_values(entry.value):
        asked = value_between(condition, field, name, name, old, new)
        before, after = f"{name}: {shown(entry.value)}", f"{name}: {shown(value)}"
        yield Edit(entry.key.place, before, after, asked, _with(node, name, value))


def _nudged_values(value: Yaml) -> Iterator[tuple[Yaml, str, str]]:
    """The value of a comparison with one of its ends nudged, that end, and what it becomes."""
    if isinstance(value, YamlText):
        for new in nudged(value.text):
            yield YamlText(value.place, new), value.text, new
    elif isinstance(value, YamlList):
        for number, item in enumerate(value.items):
            for new in nudged(_text(item)):
                moved = replace(value, items=_with_item(value, number, YamlText(item.place, new)))
                yield moved, _text(item), new


def _length_edits(node: YamlMap, entry: Entry) -> Iterator[Edit]:
    """Edits of a window or wait."""
    old, name, place = _text(entry.value), entry.key.text, entry.value.place
    for new in nudged(old):
        asked = length_moved(node, name, old, new)
        yield Edit(entry.key.place, f"{name}: {old}", f"{name}: {new}", asked, YamlText(place, new))


def nudged(text: str) -> list[str]:
    """A number or duration one lower and one higher in the last unit of what was written: 5, 0.25, 80%, 90d.

    Nothing goes below 0, and durations not to 0.
    """
    if match := _DURATION.fullmatch(text):
        count, unit = int(match[1]), match[2]
        below = [f"{count - 1}{unit}"] if count > 1 else [_BELOW[unit]] if unit in _BELOW else []
        return [*below, f"{count + 1}{unit}"]
    match = _NUMBER.fullmatch(text)
    if match is None:
        return []
    value = Decimal(match[1])
    step = Decimal(1).scaleb(int(value.as_tuple().exponent))
    return [f"{new}{match[2] or ''}" for new in (value - step, value + step) if new >= 0]


def shown(node: Yaml) -> str:
    """A node on one line, as in a flow style."""
    if isinstance(node, YamlList):
        return f"[{', '.join(map(shown, node.items))}]"
    if isinstance(node, YamlMap):
        return f"{{{', '.join(f'{name}: {shown(entry.value)}' for name, entry in node.entries.items())}}}"
    return node.text


def _text(node: Yaml) -> str:
    return node.text if isinstance(node, YamlText) else ""


def _inside(node: YamlMap, name: str, edits: Iterator[Edit]) -> Iterator[Edit]:
    """Edits of the value under a key as edits of the mapping around it."""
    return (edit._replace(root=_with(node, name, edit.root)) for edit in edits)


def _with_item(node: YamlList, number: int, item: Yaml) -> tuple[Yaml, ...]:
    return (*node.items[:number], item, *node.items[number + 1 :])


def _with(node: YamlMap, name: str, value: Yaml) -> YamlMap:
    return replace(node, entries={**node.entries, name: node.entries[name]._replace(value=value)})


def _without(node: YamlMap, name: str) -> YamlMap:
    return replace(node, entries={key: entry for key, entry in node.entries.items() if key != name})


def _renamed(node: YamlMap, name: str, other: str) -> YamlMap:
    entry = node.entries[name]
    renamed = Entry(replace(entry.key, text=other), entry.value)
    return replace(node, entries={**{key: one for key, one in node.entries.items() if key != name}, other: renamed})
