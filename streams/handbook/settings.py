"""The reference of settings, from the readers that check them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from streams import settings_content, settings_discovery
from streams.dialects.names import DIALECTS
from streams.handbook.settings_words import INTRODUCTION, OF_KAFKA, OF_SINKS, OF_TOPICS, SECTIONS, SINK_WORDS, WORDS
from streams.handbook.tables import code, page, table
from streams.settings import KAFKA, MACHINE, PLAIN, WEBHOOKS, Settings
from streams.settings_sinks import KINDS, REQUIRED, TABLES
from streams.settings_source import variable
from streams.settings_values import UNITS_MS, Reader, addresses, duration, file, path, secret

#: Where the message of a reader is not what one needs to know before.
TAKES: Mapping[Reader, str] = {
    addresses: "host:port, several separated by commas",
    duration: "a duration",
    path: "a path",
    file: "a file that exists",
}


def settings_page() -> str:
    """``docs/reference/settings.md``."""
    return page("Settings reference", INTRODUCTION, *_sections(), *_kafka(), *_topics(), *_sinks())


def explained() -> Mapping[str, Reader]:
    """Every setting with a name of its own that the page explains, and how it is read."""
    tables: Iterable[tuple[str, Mapping[str, Reader]]] = (
        ("", {name: reader for name, (_, reader) in PLAIN.items()}),
        ("machine.", MACHINE),
        ("webhooks.", dict.fromkeys(WEBHOOKS, secret)),
        ("discovery.", {name: reader for name, (_, reader) in settings_discovery.PLAIN.items()}),
        ("content.", {name: reader for name, (_, reader) in settings_content.PLAIN.items()}),
    )
    return {prefix + name: reader for prefix, readers in tables for name, reader in readers.items()}


def _sections() -> Iterable[str]:
    readers = explained()
    left = dict.fromkeys(readers)
    for title, names in SECTIONS.items():
        wanted = [name for name in left if name in names or name.split(".")[0] + ".*" in names]
        for name in wanted:
            del left[name]
        if wanted:
            yield f"## {title}"
            yield _table(wanted, readers)
    if left:
        yield "## Others"
        yield _table(list(left), readers)


def _table(names: list[str], readers: Mapping[str, Reader]) -> str:
    rows = [(f"`{name}`", _default(name), takes(readers[name]), WORDS.get(name, "")) for name in names]
    return table(("setting", "default", "takes", "means"), rows)


def takes(reader: Reader) -> str:
    """What a reader takes, in the words of its own message."""
    if reader in TAKES:
        return TAKES[reader]
    try:
        reader(object())
    except ValueError as error:
        said = str(error).removeprefix("must be ").split(", not <")[0]
        return said.replace("*", "\\*")
    raise AssertionError(f"{reader} takes anything")


def _default(name: str) -> str:
    prefix, _, short = name.rpartition(".")
    if name == "worker":
        return "the host's name"
    of: Any = Settings()
    if prefix in ("discovery", "content"):
        of, found = getattr(of, prefix), {"discovery": settings_discovery, "content": settings_content}[prefix]
        return _shown(getattr(of, found.PLAIN[short][0]), found.PLAIN[short][0])
    if name in PLAIN:
        return _shown(getattr(of, PLAIN[name][0]), PLAIN[name][0])
    return ""


def _shown(value: object, field: str) -> str:
    """A default as one would write it."""
    if value is None:
        return ""
    if field.endswith("_ms"):
        return f"`{_duration(int(str(value)))}`"
    if isinstance(value, tuple):
        return f"`{value[0]}:{value[1]}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


def _duration(value_ms: int) -> str:
    units = [(unit, length) for unit, length in UNITS_MS.items() if value_ms % length == 0 and unit != "w"]
    unit, length = max(units, key=lambda one: one[1])
    return f"{value_ms // length}{unit}"


def _kafka() -> Iterable[str]:
    yield "## Kafka: TLS and SASL"
    yield OF_KAFKA
    rows = [(f"`kafka.{name}`", f"`{variable(f'kafka.{name}')}`", takes(reader)) for name, reader in KAFKA.items()]
    yield table(("setting", "variable", "takes"), rows)


def _topics() -> Iterable[str]:
    yield "## Topics"
    yield OF_TOPICS
    yield f"Dialects: {code(DIALECTS)} ([Dialects](../dialects.md))."


def _sinks() -> Iterable[str]:
    yield "## Sinks"
    yield OF_SINKS
    for kind, options in KINDS.items():
        ids, needed = TABLES.get(kind, ("", False))
        rows = [
            (f"`{name}`", "needed" if default is REQUIRED else _option(default), takes(reader), SINK_WORDS[name])
            for name, (reader, default) in options.items()
        ]
        if ids:
            rows.append((f"`{ids}.SEGMENT`", "needed" if needed else "", "an id", SINK_WORDS["ids"]))
        yield f"### {kind}"
        yield table(("setting", "default", "takes", "means"), rows)


def _option(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1000:
        return f"`{_duration(value)}`"
    return _shown(value, "")
