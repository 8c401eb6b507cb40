"""The one form of a rule file: keys in one order, one indentation, comments and blank lines where they were.

It is written from the layout and not through ruamel's round trip, which leaves a comment with the key before it and so
tears it from what it is about when keys change places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ruamel.yaml.error import YAMLError

from streams.authoring.layout import Collection, Layout, Part, Scalar, layout_of
from streams.errors import MicrosegError
from streams.rules.errors import Problems
from streams.rules.parse_condition import CONDITION_KEYS, GROUPS, MEASURES
from streams.rules.yaml_nodes import Yaml, YamlList, YamlMap, read_yaml

RULE_ORDER = ("title", "why", "for_each", "when", "for", "keep_for", "everyone", "email", "trial")
_MODIFIERS = ("where", "last", "last_days", "before", "latest", "against", "per")
#: The measure, which facts it looks at, the comparison.
CONDITION_ORDER = (
    *GROUPS,
    *MEASURES,
    *_MODIFIERS,
    *(key for key in CONDITION_KEYS if key not in (*GROUPS, *MEASURES, *_MODIFIERS)),
)
WIDTH = 120
_STEP = 2


class NotFormatted(MicrosegError):
    """A file that is right, but whose form cannot be changed without changing what it says; it is left alone."""

    exit_code = 1


def formatted(text: str) -> str:
    """The text of a rule file in the one form; its texts, numbers and keys stay. The file must be right.

    Raises NotFormatted.
    """
    unmarked = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        made = _written(layout_of(unmarked))
    except YAMLError as error:
        raise NotFormatted(f"not formatted: {error}") from error
    if _said(made) != _said(unmarked):
        raise NotFormatted("not formatted: a text in it cannot be moved; write that text on one line, or in quotes")
    return made


def _said(text: str) -> object:
    """What a text says, whatever the order of its keys; ``None`` where it cannot be read."""
    root = read_yaml(text, "", Problems())
    return None if root is None else _value(root)


def _value(node: Yaml) -> object:
    if isinstance(node, YamlMap):
        return {name: _value(entry.value) for name, entry in node.entries.items()}
    if isinstance(node, YamlList):
        return [_value(item) for item in node.items]
    return (node.text, node.plain)


def _written(layout: Layout) -> str:
    lines = [*layout.header, *_block(layout.root, 0, RULE_ORDER), *layout.end]
    return "\n".join(_without_blank_ends(lines)) + "\n"


def _without_blank_ends(lines: list[str]) -> list[str]:
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines


def _block(node: Collection, indent: int, order: Sequence[str]) -> Iterator[str]:
    """The lines of a mapping or list, each part on lines of its own."""
    pad = " " * indent
    for place, part in enumerate(_ordered(node, order)):
        leading = part.leading
        while place == 0 and leading and not leading[0]:
            leading = leading[1:]
        below = _order_below(part.key, order)
        lines = _entry(part, indent, below) if node.mapping else _item(part, indent, below)
        yield from (line and pad + line for line in leading)
        yield from lines
        yield from (line and pad + line for line in part.tail)


def _ordered(node: Collection, order: Sequence[str]) -> list[Part]:
    if not node.mapping or not order:
        return node.parts
    return sorted(node.parts, key=lambda part: order.index(part.key) if part.key in order else len(order))


def _order_below(key: str, order: Sequence[str]) -> Sequence[str]:
    """The order of keys in what stands at a key, or in an item of a list."""
    if key in ("where", "email", "trial"):
        return ()
    return CONDITION_ORDER if key in ("when", *GROUPS) or not key else order


def _entry(part: Part, indent: int, order: Sequence[str]) -> Iterator[str]:
    head = f"{' ' * indent}{part.raw_key}:"
    yield from _value_lines(part, head, indent, indent + _STEP, order)


def _item(part: Part, indent: int, order: Sequence[str]) -> Iterator[str]:
    head = f"{' ' * indent}-"
    if isinstance(part.value, Scalar) or _line(part.value, head, part.trailing, order):
        yield from _value_lines(part, head, indent, indent + _STEP, order)
        return
    # what stands at an item's first key goes before the dash, and that key behind it
    lines = list(_block(part.value, indent + _STEP, order))
    first = next(place for place, line in enumerate(lines) if line and not line.lstrip().startswith("#"))
    comments = [part.trailing] if part.trailing else []
    yield from (line and " " * indent + line for line in (*comments, *map(str.lstrip, lines[:first])))
    yield f"{head} {lines[first].lstrip()}"
    yield from lines[first + 1 :]


def _value_lines(part: Part, head: str, indent: int, inner: int, order: Sequence[str]) -> Iterator[str]:
    """What stands at a key or behind a dash, which ``head`` is; what does not fit there is indented by ``inner``."""
    value = part.value
    if isinstance(value, Scalar):
        yield from _scalar_lines(value, head, part.trailing, inner)
    elif line := _line(value, head, part.trailing, order):
        yield line
    else:
        yield from _commented(head, part.trailing)
        yield from _block(value, inner, order)


def _commented(head: str, comment: str) -> Iterator[str]:
    yield f"{head}  {comment}" if comment else head


def _scalar_lines(value: Scalar, head: str, comment: str, inner: int) -> Iterator[str]:
    """A text; further lines of it are indented alike, which changes only what indentation does not mean."""
    first, *rest = value.raw.rstrip().split("\n")
    if not value.block:
        lines = [f"{head} {first.rstrip()}", *(" " * inner + line.strip() if line.strip() else "" for line in rest)]
        yield from lines[:-1]
        yield from _commented(lines[-1], comment)
        return
    depth = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    yield from _commented(f"{head} {first.rstrip()}", comment)
    yield from (" " * inner + line[depth:].rstrip() if line.strip() else "" for line in rest)


def _line(value: Collection, head: str, comment: str, order: Sequence[str]) -> str:
    """A value in brackets on the line of its key; "" where it is not one or does not fit."""
    if not value.flow:
        return ""
    inside = _bracketed(value, order)
    line = f"{head} {inside}"
    return (f"{line}  {comment}" if comment else line) if inside and len(line) <= WIDTH else ""


def _bracketed(value: Scalar | Collection, order: Sequence[str]) -> str:
    """A value on one line; "" where a text in it takes several."""
    if isinstance(value, Scalar):
        return "" if "\n" in value.raw else value.raw
    parts = [(part, _bracketed(part.value, _order_below(part.key, order))) for part in _ordered(value, order)]
    if not all(inside for _, inside in parts):
        return ""
    said = ", ".join(f"{part.raw_key}: {inside}" if value.mapping else inside for part, inside in parts)
    return f"{{{said}}}" if value.mapping else f"[{said}]"
