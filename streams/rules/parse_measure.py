"""Measures with their modifiers: what is counted, over which window, of which facts."""

from __future__ import annotations

from dataclasses import dataclass

from streams.rules.durations import duration, spelled
from streams.rules.errors import Problems, quoted
from streams.rules.model import SOURCES, Match, Measure, SegmentTest
from streams.rules.nearest import hint, listing
from streams.rules.parse_where import no_field, parse_where
from streams.rules.scalars import plain_text, whole
from streams.rules.yaml_nodes import Entry, Yaml, YamlMap

_DAY_MS = 86_400_000
_WINDOW = ("last", "last_days", "before")
_FACTS = ("where", *_WINDOW, "latest")

#: Measures of facts, with the modifiers that each takes.
MODIFIERS: dict[str, tuple[str, ...]] = {
    "count": _FACTS,
    "distinct": _FACTS,
    "sum": _FACTS,
    "average": _FACTS,
    "highest": _FACTS,
    "lowest": _FACTS,
    "share": _FACTS,
    "since": _FACTS,
    "trend": ("where", "last", "before", "against"),
    "overdue": _FACTS,
    "ratio": ("where", *_WINDOW, "per"),
}
#: Modifiers without which a measure says nothing.
NEEDED: dict[str, tuple[str, ...]] = {"share": ("where",), "trend": ("last", "against"), "ratio": ("per",)}
#: Measures of one field of a source.
OF_A_FIELD = ("distinct", "sum", "average", "highest", "lowest")
_COUNTABLE = ("product", "category", "campaign")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a condition is read with: where mistakes and references go, how far back facts reach, what ``$each`` is."""

    problems: Problems
    references: list[SegmentTest]
    retention_ms: int
    for_each: str | None = None


@dataclass(frozen=True, slots=True)
class _Window:
    last_ms: int | None
    before_ms: int
    last_days: int | None
    against_ms: int | None
    latest: int | None


def parse_measure(node: YamlMap, measure: Entry, reading: Reading) -> Measure | None:
    """The measure at the key ``measure`` of a condition, with the modifiers beside it."""
    problems = reading.problems
    op, field = measure.key.text, None
    before = len(problems)
    if op == "since":
        which, source = _first_or_last(measure.value, problems)
        op = f"since {which}"
    elif op in OF_A_FIELD:
        source, field = _source_and_field(op, measure.value, problems)
    else:
        source = _source(measure.value, problems)
    _need(measure, node, problems)
    per = _source(node.entries["per"].value, problems) if "per" in node.entries else None
    where = _where(node, [name for name in (source, per) if name], reading)
    window = _window(node, reading)
    if source is None or len(problems) > before:
        return None
    return Measure(
        op,
        source,
        field,
        where,
        window.last_ms,
        window.before_ms,
        window.last_days,
        window.latest,
        window.against_ms,
        per,
    )


def _source(node: Yaml, problems: Problems) -> str | None:
    name = plain_text(node, problems)
    if name is None or name in SOURCES:
        return name
    source, dot, _ = name.partition(".")
    if dot and source in SOURCES:
        problems.add(node.place, f'{quoted(name)}: a source without a field is needed here; did you mean "{source}"?')
    else:
        problems.add(node.place, f"unknown source {quoted(name)}{hint(name, SOURCES)}")
    return None


def _first_or_last(node: Yaml, problems: Problems) -> tuple[str | None, str | None]:
    text = plain_text(node, problems)
    if text is None:
        return None, None
    which, _, name = text.partition(" ")
    name = name.strip()
    if which in ("first", "last") and name in SOURCES:
        return which, name
    source = name or which
    if source not in SOURCES and which in ("first", "last") and name:
        problems.add(node.place, f"unknown source {quoted(name)}{hint(name, SOURCES)}")
    else:
        known = source if source in SOURCES else "purchases"
        problems.add(node.place, f'{quoted(text)}: since takes last or first and a source, such as "last {known}"')
    return None, None


def _source_and_field(op: str, node: Yaml, problems: Problems) -> tuple[str | None, str | None]:
    name = plain_text(node, problems)
    if name is None:
        return None, None
    source, dot, field = name.partition(".")
    if source not in SOURCES:
        owners = [] if dot else [one for one in SOURCES if source in fields_for(op, one)]
        choice = f"; write {' or '.join(f'{one}.{source}' for one in owners)}" if owners else hint(source, SOURCES)
        problems.add(node.place, f"unknown source {quoted(source)}{choice}")
        return None, None
    fitting = fields_for(op, source)
    if field in fitting:
        return source, field
    problems.add(node.place, _wrong_field(op, source, field if dot else None, fitting))
    return None, None


def fields_for(op: str, source: str) -> list[str]:
    """The fields of a source that a measure can take."""
    fields = SOURCES[source]
    if op == "distinct":
        return [field for field in fields if field in _COUNTABLE]
    return [field for field, kind in fields.items() if kind == "number"]


def _wrong_field(op: str, source: str, field: str | None, fitting: list[str]) -> str:
    choice = f"write {' or '.join(f'{source}.{name}' for name in fitting)}"
    if not fitting:
        takers = [other for other in SOURCES if fields_for(op, other)]
        return f"{source} has no field that {op} can take; sources that have one are {listing(takers)}"
    if field is None:
        return f"{op} needs a field; {choice}"
    if field in SOURCES[source]:
        return f"{op} cannot take {source}.{field}; {choice}"
    return no_field(source, field)


def _need(measure: Entry, node: YamlMap, problems: Problems) -> None:
    for name in NEEDED.get(measure.key.text, ()):
        if name not in node.entries:
            problems.add(measure.key.place, f"{measure.key.text} needs {name}: beside it")


def _where(node: YamlMap, sources: list[str], reading: Reading) -> tuple[Match, ...]:
    if "where" not in node.entries or not sources:
        return ()
    return parse_where(node.entries["where"].value, sources, reading.for_each, reading.problems) or ()


def _window(node: YamlMap, reading: Reading) -> _Window:
    values = {name: entry.value for name, entry in node.entries.items()}
    problems = reading.problems

    def length(name: str) -> int | None:
        return duration(values[name], problems) if name in values else None

    def amount(name: str) -> int | None:
        return whole(values[name], problems) if name in values else None

    if "last" in values and "last_days" in values:
        problems.add(node.entries["last_days"].key.place, "last and last_days are two windows; write one")
    if "before" in values and "last" not in values:
        problems.add(node.entries["before"].key.place, "before shifts the window of last:, which is missing here")
    window = _Window(length("last"), length("before") or 0, amount("last_days"), length("against"), amount("latest"))
    _within_retention(window, node, reading)
    return window


def _within_retention(window: _Window, node: YamlMap, reading: Reading) -> None:
    days_ms = (window.last_days or 0) * _DAY_MS
    reach_ms = max(days_ms, (window.last_ms or 0) + window.before_ms + (window.against_ms or 0))
    if reach_ms <= reading.retention_ms:
        return
    parts = [entry for name, entry in node.entries.items() if name in ("last", "last_days", "before", "against")]
    reach, kept = spelled(reach_ms), spelled(reading.retention_ms)
    limit = f"at most {kept} in all" if len(parts) > 1 else f"at most {kept}"
    text = f"the window reaches back {reach}, but facts are kept for {kept} (retention); write {limit}"
    reading.problems.add(parts[0].value.place, text)
