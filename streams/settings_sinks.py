"""The sinks of the settings: ``[sinks.NAME]``, each of a kind that has settings of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams import settings_values as values
from streams.settings_source import Given, nearest

PREFIX = "sinks."
#: The name of ``microseg deliver`` for what is set as ``redis``.
TAKEN = "redis"
_DAY_MS = 86_400_000

#: option -> how it is read, and what it is where it is not given; REQUIRED, or a table of texts by segment
REQUIRED = object()
Options = Mapping[str, tuple[values.Reader, Any]]
_COMMON: Options = {"give_up_after": (values.duration, _DAY_MS), "timeout": (values.duration, 30_000)}
KINDS: Mapping[str, Options] = {
    "klaviyo": {
        **_COMMON,
        "key": (values.secret, REQUIRED),
        "url": (values.http_url, values.Secret("https://a.klaviyo.com")),
        "revision": (values.text, "2026-10-15"),
        "id_type": (values.choice("external_id", "email"), "external_id"),
        "property": (values.text, "microseg_segments"),
        "events": (values.flag, False),
    },
    "customerio": {
        **_COMMON,
        "site": (values.text, REQUIRED),
        "key": (values.secret, REQUIRED),
        "url": (values.http_url, values.Secret("https://track.customer.io")),
        "id_type": (values.choice("id", "email", "cio_id"), "id"),
    },
    "braze": {
        **_COMMON,
        "key": (values.secret, REQUIRED),
        "url": (values.http_url, REQUIRED),
        "attribute": (values.text, "microseg_segments"),
        "form": (values.choice("array", "flags"), "array"),
    },
    "webhook": {
        **_COMMON,
        "url": (values.http_url, REQUIRED),
        "key": (values.secret, REQUIRED),
        "batch": (values.whole(1, 10_000), 500),
    },
}
#: kind -> the table of its own ids of segments, and whether it must be there
TABLES: Mapping[str, tuple[str, bool]] = {"klaviyo": ("lists", False), "customerio": ("segments", True)}


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink: its name, its kind, what is set of it, and the far side's ids by segment."""

    name: str
    kind: str
    options: Mapping[str, Any]
    ids: Mapping[str, str]

    def secrets(self) -> tuple[str, ...]:
        """What no line may show."""
        return tuple(str(value) for value in self.options.values() if isinstance(value, values.Secret))


def is_sink(one: Given) -> bool:
    """Whether a setting is one of a sink."""
    return f"{one.name}.".startswith(PREFIX)


def names_of(given: Sequence[Given]) -> list[str]:
    """The settings that the sinks of a file may have, for the environment, which cannot tell their names apart."""
    sinks = dict.fromkeys(one.name.split(".")[1] for one in given if one.name.startswith(PREFIX))
    options = dict.fromkeys(option for kind in KINDS.values() for option in kind)
    return [f"{PREFIX}{sink}.{option}" for sink in sinks for option in ("kind", *options)]


def read_sinks(given: Sequence[Given], errors: list[str]) -> dict[str, Sink]:
    """The sinks by name; what is wrong is added to ``errors``."""
    by_name: dict[str, list[Given]] = {}
    for one in given:
        parts = one.name.split(".", 2)
        if len(parts) < 3:
            errors.append(f"{one.place}: {one.shown} must be a table, [sinks.NAME]")
        else:
            by_name.setdefault(parts[1], []).append(one)
    found: dict[str, Sink] = {}
    for name, ones in by_name.items():
        before = len(errors)
        sink = _sink(name, {one.name.split(".", 2)[2]: one for one in ones}, errors)
        if sink is not None and len(errors) == before:
            found[name] = sink
    return found


def _sink(name: str, given: Mapping[str, Given], errors: list[str]) -> Sink | None:
    first = next(iter(given.values()))
    table = first.name.rsplit(".", first.name.count(".") - 1)[0]
    kind = _read(given["kind"], values.choice(*KINDS), errors) if "kind" in given else None
    if "kind" not in given:
        errors.append(f"{first.place}: {table} needs a kind: {', '.join(KINDS)}")
    if name == TAKEN:
        errors.append(f"{first.place}: a sink cannot be named {TAKEN}, which is the serving store")
    if kind is None:
        return None
    ids_name, needed = TABLES.get(kind, ("", False))
    options = {option: default for option, (_, default) in KINDS[kind].items() if default is not REQUIRED}
    ids: dict[str, str] = {}
    for option, one in given.items():
        head, _, segment = option.partition(".")
        if option in KINDS[kind]:
            options[option] = _read(one, KINDS[kind][option][0], errors)
        elif head == ids_name and segment:
            ids[segment] = str(_read(one, values.far_id, errors))
        elif option != "kind":
            known = [f"{PREFIX}{name}.{each}" for each in ("kind", *KINDS[kind], *([ids_name] if ids_name else []))]
            errors.append(f"{one.place}: unknown setting {one.shown}{nearest(one.name, known, one.spell)}")
    errors += [f"{first.place}: {table} needs {lacks}" for lacks in _lacking(kind, given, needed and not ids)]
    return Sink(name, kind, options, ids)


def _lacking(kind: str, given: Mapping[str, Given], ids: bool) -> Iterator[str]:
    yield from (option for option, (_, default) in KINDS[kind].items() if default is REQUIRED and option not in given)
    if ids:
        yield f"a table {TABLES[kind][0]} of its ids by segment"


def _read(one: Given, reader: values.Reader, errors: list[str]) -> Any:
    try:
        return reader(one.value)
    except ValueError as error:
        errors.append(f"{one.place}: {one.shown} {error}")
        return None
