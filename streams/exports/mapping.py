"""The file that says what the columns of any other CSV mean.

type = "purchase"                     # or: type_column = "what", and a table [types] of its values
at_format = "%d.%m.%Y %H:%M"          # without it RFC 3339, "2026-03-15 10:00:00 -0400", or epoch milliseconds
timezone = "Europe/Berlin"            # of stamps without an offset
[columns]                             # field of the event = column of the file
user = "Customer"
at = "Date"
order = "Invoice"                     # rows of one order that follow one another are its lines
product = "Article"
[constants]
currency = "EUR"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streams import settings_values as values
from streams.dialects.detect import NATIVE_TYPES
from streams.dialects.fields import digest, must
from streams.dialects.words import Broken, Event
from streams.exports.instants import export_instant, instant_by
from streams.exports.words import ExportError, Format, Row
from streams.settings_source import nearest

_KEYS = ("type", "type_column", "types", "at_format", "timezone", "columns", "constants")
_COMMON = ("user", "at", "id", "currency")
_PRODUCT = ("product", "category", "price")
#: type -> its fields; of a purchase those in ``_LINE`` are of its lines
_FIELDS: dict[str, tuple[str, ...]] = {
    "view": _PRODUCT,
    "cart": _PRODUCT,
    "purchase": ("order", "total", "discount", "coupon", *_PRODUCT, "quantity"),
    "refund": ("order", "total"),
    "email": ("action", "message", "campaign", "segment", "link", "machine", "soft"),
    "profile": (),
    "merge": ("from",),
    "erase": (),
}
_LINE = (*_PRODUCT, "quantity")
_FLAGS = ("machine", "soft")
_SET = "set."


def read_mapping(file: Path, columns: Sequence[str]) -> Format:
    """The format that a file tells, for a table with these columns.

    Raises:
        ExportError: the file cannot be read, or names what is not there; all mistakes at once.
    """
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExportError(f"{file}: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ExportError(f"{file}: is no TOML: {error}") from error
    if errors := _mistakes(told, columns):
        raise ExportError("\n".join(f"{file}: {error}" for error in errors))
    mapping = Mapped(told)
    joined = told["columns"].get("order") if told.get("type") == "purchase" else None
    return Format(f"the mapping {file.name}", joined, mapping.events)


def _mistakes(told: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    errors = [f"unknown key {key}{nearest(key, _KEYS, str)}" for key in told if key not in _KEYS]
    tables: dict[str, Mapping[str, Any]] = {}
    for name in ("columns", "constants", "types"):
        tables[name] = told[name] if isinstance(told.get(name, {}), dict) and name in told else {}
        if name in told and not isinstance(told[name], dict):
            errors.append(f"{name}: must be a table")
    kinds = [told["type"]] if "type" in told else list(tables["types"].values())
    if ("type" in told) == ("type_column" in told) or not kinds:
        errors.append("there must be a type, or a type_column with a table types")
    for kind in kinds:
        if kind not in NATIVE_TYPES:
            errors.append(f"type: unknown {kind}{nearest(str(kind), sorted(NATIVE_TYPES), str)}")
    known = [*_COMMON, *(field for kind in kinds for field in _FIELDS.get(str(kind), ()))]
    for field in (*tables["columns"], *tables["constants"]):
        if field not in known and not (field.startswith(_SET) and "profile" in kinds):
            errors.append(f"unknown field {field}{nearest(field, known, str)}")
    named = [*tables["columns"].values(), *([told["type_column"]] if "type_column" in told else [])]
    for column in named:
        if column not in columns:
            errors.append(f"there is no column {column}{nearest(str(column), columns, str)}")
    errors += [f"columns: {field} is missing" for field in ("user", "at") if field not in tables["columns"]]
    if "timezone" in told:
        try:
            values.timezone(told["timezone"])
        except ValueError as error:
            errors.append(f"timezone {error}")
    return errors


class Mapped:
    """Makes events of rows as the file says."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._columns: Mapping[str, str] = told["columns"]
        self._constants: Mapping[str, Any] = told.get("constants", {})
        self._type, self._type_column = told.get("type"), told.get("type_column", "")
        self._types: Mapping[str, str] = told.get("types", {})
        zone = ZoneInfo(told.get("timezone", "UTC"))
        form = told.get("at_format")
        self._instant: Callable[[object], int] = partial(instant_by, form, zone) if form else export_instant

    def events(self, rows: Sequence[Row]) -> list[Event]:
        """The event of one row, or of the lines of one order; raises Broken."""
        head = rows[0].said
        kind = self._type or self._types.get(head.get(self._type_column, ""))
        if kind is None:
            raise Broken(f"{self._type_column}: {head.get(self._type_column, '')!r} is none of the types")
        event: Event = {"type": kind}
        properties: Event = {}
        for field, value in self._said(head):
            if field.startswith(_SET):
                properties[field.removeprefix(_SET)] = value
            elif field in _COMMON or (field in _FIELDS[kind] and not (kind == "purchase" and field in _LINE)):
                event[field] = _flag(value) if field in _FLAGS else value
        event["at"] = must(self._instant, event.get("at"), self._columns["at"])
        must(str, event.get("user"), self._columns["user"])
        if kind == "profile":
            event["set"] = properties
        if kind == "purchase":
            event["items"] = [line for row in rows if (line := self._line(row.said))]
        event.setdefault("id", digest(event, kind))
        return [event]

    def _said(self, said: Event) -> list[tuple[str, Any]]:
        told = [(field, said[column]) for field, column in self._columns.items() if column in said]
        return [*self._constants.items(), *told]

    def _line(self, said: Event) -> Event:
        return {field: value for field, value in self._said(said) if field in _LINE}


def _flag(value: Any) -> bool:
    return value is True or str(value).strip().lower() in ("true", "yes", "1")
