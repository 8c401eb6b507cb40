"""Keys and values of content files out of YAML nodes; what is wrong is noted with its place and the nearest name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from streams.rules.errors import Problems, quoted
from streams.rules.folder import read_text
from streams.rules.model import Place
from streams.rules.nearest import hint
from streams.rules.scalars import scalar, shown_text
from streams.rules.yaml_nodes import Yaml, YamlList, YamlMap, YamlText, read_yaml

#: The folder of content inside the rule folder, and that of the template.
FOLDER, TEMPLATE = "content", "template"
_NAME = re.compile(r"[a-z0-9-]{1,40}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def root_of(path: Path, problems: Problems) -> YamlMap | None:
    """The mapping in a file; None where it has none, which the problems then say."""
    file = f"{path.parent.name}/{path.name}"
    text = read_text(path, problems)
    if text is None:
        return None
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        problems.add(Place(file, 1, 1), "the file is empty")
        return None
    root = read_yaml(text, file, problems)
    return None if root is None else mapping(root, problems)


def mapping(node: Yaml, problems: Problems) -> YamlMap | None:
    """The node if it is a mapping."""
    if isinstance(node, YamlMap):
        return node
    problems.add(node.place, "keys and values are needed here")
    return None


def values_of(node: YamlMap, known: Collection[str], needed: Iterable[str], problems: Problems) -> dict[str, Yaml]:
    """The values by key; unknown keys and missing ones are noted."""
    for name, entry in node.entries.items():
        if name not in known:
            problems.add(entry.key.place, f"unknown key {quoted(name)}{hint(name, known)}")
    lacking = [name for name in needed if name not in node.entries]
    if lacking:
        problems.add(node.place, f"{', '.join(lacking)} missing here")
    return {name: entry.value for name, entry in node.entries.items() if name in known}


def word(values: Mapping[str, Yaml], name: str, problems: Problems, default: str = "") -> str:
    """A text on one line under a key."""
    if name not in values:
        return default
    found = shown_text(values[name], problems)
    return default if found is None else " ".join(found.split())


def words(node: Yaml, problems: Problems) -> list[YamlText]:
    """The texts of a list, which may be empty."""
    if not isinstance(node, YamlList):
        problems.add(node.place, "a list is needed, such as [a, b]")
        return []
    found = (scalar(item, problems) for item in node.items)
    return [one for one in found if one is not None]


def named(node: YamlMap, kind: str, problems: Problems) -> Iterator[tuple[str, Yaml]]:
    """The entries of a mapping whose keys are names of things."""
    for name, entry in node.entries.items():
        if _NAME.fullmatch(name):
            yield name, entry.value
        else:
            problems.add(entry.key.place, f"{quoted(name)}: the name of {kind} takes only a-z, 0-9 and -")


def is_locale(text: str) -> bool:
    """Whether it is written as a language tag: de, pt-BR, zh-Hant-TW."""
    return bool(_LOCALE.fullmatch(text))


def one_of(node: Yaml, known: Collection[str], what: str, problems: Problems) -> str | None:
    """A text that is one of those known."""
    found = scalar(node, problems)
    if found is None:
        return None
    if found.text in known:
        return found.text
    problems.add(node.place, f"unknown {what} {quoted(found.text)}{hint(found.text, known)}")
    return None
