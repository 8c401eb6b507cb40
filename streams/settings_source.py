"""Where settings come from: a TOML file and the environment, each value with the place where it stands."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from streams.errors import SettingsError

DEFAULT_FILE = "microseg.toml"
PREFIX = "MICROSEG_"

Spell = Callable[[str], str]


class Given(NamedTuple):
    """One value as it was given: the setting's dotted name, where it stands, and how names are spelled there."""

    name: str
    value: object
    place: str
    shown: str
    spell: Spell


def variable(name: str) -> str:
    """The environment variable of a setting: ``topics.views`` is MICROSEG_TOPICS_VIEWS."""
    return PREFIX + name.upper().replace(".", "_")


def nearest(name: str, known: Sequence[str], spell: Spell) -> str:
    """A hint at the known name that is nearest to ``name``; empty when none is near."""
    near = get_close_matches(name, known, 1, 0.6)
    return f"; did you mean {spell(near[0])}?" if near else ""


def from_environment(environ: Mapping[str, str], known: Sequence[str]) -> Iterator[Given]:
    """The settings among the variables; those that no setting has are given under the name they seem to mean."""
    names = {variable(name): name for name in known}
    for key in sorted(environ):
        if key.startswith(PREFIX):
            guess = key.removeprefix(PREFIX).lower()
            yield Given(names.get(key, guess), environ[key], "environment", key, variable)


def from_file(path: Path, *, must_exist: bool) -> Iterator[Given]:
    """The settings of a TOML file, tables flattened to dotted names.

    Raises:
        SettingsError: it cannot be read, or is not TOML.
    """
    try:
        source = path.read_text(encoding="utf-8")
        tables = tomllib.loads(source)
    except FileNotFoundError:
        if must_exist:
            raise SettingsError([f"{path}: no such file"]) from None
        return
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: is not UTF-8"]) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError([f"{path}{_syntax(str(error), source)}"]) from error
    lines = _lines(source)
    for name, value in _flat("", tables):
        yield Given(name, value, f"{path}{_line(name, lines)}", name, str)


def _syntax(message: str, source: str) -> str:
    """``:line:column: message`` of what the TOML reader says."""
    found = re.fullmatch(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.DOTALL)
    if found is None:
        return f": {message}"
    if found[2] is None:
        last = source.splitlines()[-1]
        return f":{len(source.splitlines())}:{len(last) + 1}: {found[1]}"
    return f":{found[2]}:{found[3]}: {found[1]}"


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(f"{prefix}{key}.", value)
        else:
            yield f"{prefix}{key}", value


def _lines(source: str) -> dict[str, int]:
    """The line, from 1, on which each dotted name is written; keys of inline tables are not looked for."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(source.splitlines(), 1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = f"{_plain(header[1])}."
        elif key := re.match(r"\s*([\w.\-\"' ]+?)\s*=", line):
            lines.setdefault(table + _plain(key[1]), number)
    return lines


def _plain(key: str) -> str:
    return re.sub(r"[\"'\s]", "", key)


def _line(name: str, lines: Mapping[str, int]) -> str:
    """``:line`` of a name, or of the table within which it is written on one line; empty when it is not found."""
    while name not in lines and "." in name:
        name = name.rpartition(".")[0]
    return f":{lines[name]}" if name in lines else ""
