"""Fields: which foreign name is which native field, and how a value is read.

A reader takes a JSON value and returns what the native event says, ``None`` for nothing; it raises ValueError with the
second half of a sentence. ``take`` adds the field's place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from streams.dialects.words import Broken, Event
from streams.events.amounts import quantity, units
from streams.events.instants import YEAR_2000_MS, YEAR_9999_MS, instant_ms
from streams.events.native import MAX_CATEGORIES, MAX_ITEMS, MAX_TEXT
from streams.events.text import as_text

Reader = Callable[[Any], Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DEEPEST = 4


class Field(NamedTuple):
    """A native field, the foreign names it may have (the first that is there counts), and its reader."""

    native: str
    names: Sequence[str]
    read: Reader
    needed: bool = False


def take(fields: Sequence[Field], source: Mapping[str, Any], place: str = "") -> Event:
    """The native fields that a foreign table says; raises Broken with the place of what is wrong."""
    event: Event = {}
    get, name, value = source.get, "", None
    try:
        for native, names, read, needed in fields:
            for name in names:
                value = get(name)
                if value is not None and value != "":
                    if (found := read(value)) is not None:
                        event[native] = found
                    break
            else:
                if needed:
                    raise _Missing(names[0])
    except _Missing as error:
        raise Broken(f"{place}{error}: missing") from None
    except ValueError as error:
        raise _placed(error, value, f"{place}{name}") from None
    return event


class _Missing(Exception):
    """A needed field is not there."""


def reading(read: Reader, value: object, place: str) -> Any:
    """What a reader makes of a value; raises Broken."""
    try:
        return read(value)
    except ValueError as error:
        raise _placed(error, value, place) from None


def _placed(error: ValueError, value: object, place: str) -> Broken:
    """What is wrong, with its place; an error from deeper within begins with the rest of its place."""
    return Broken(f"{place}{error}" if isinstance(error, Broken) else f"{place}: {shown(value)} {error}")


def must(read: Reader, value: object, place: str) -> Any:
    """The same of a value that has to be there."""
    if value is None or value == "":
        raise Broken(f"{place}: missing")
    return reading(read, value, place)


def shown(value: object) -> str:
    """A value for a message: cut when long."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


# -- readers


def text(value: object) -> str:
    """A text, or a number as its text."""
    if value.__class__ is str:
        if len(value) <= MAX_TEXT:
            return value
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    if value.__class__ is int or value.__class__ is float:
        return as_text(value)
    raise ValueError("is no text and no number")


def person(value: object) -> str:
    """A customer's id."""
    found = text(value)
    if not found or found[0] == "\0":
        raise ValueError("is empty, or begins with NUL")
    return found


def address(value: object) -> str:
    """A mail address that stands for a customer: in small letters, as its spelling varies."""
    return person(text(value).strip().lower())


def amount(value: object) -> object:
    """An amount as it was sent, once it is seen to be one."""
    if value.__class__ is str or value.__class__ is int or value.__class__ is float:
        units(value)
        return value
    raise ValueError("is no amount")


def count(value: object) -> object:
    """A whole number above 0, as it was sent."""
    if value.__class__ is str or value.__class__ is int or value.__class__ is float:
        quantity(value)
        return value
    raise ValueError("is not a whole number above 0")


def currency(value: object) -> str:
    """A currency's three letters, in capitals."""
    if isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha():
        return value.upper()
    raise ValueError("is not a currency's three letters")


def category(value: object) -> str | list[str] | None:
    """A text, or the first few of a list of texts."""
    if value.__class__ is str:
        return text(value)
    if value.__class__ is list:
        if len(value) == 1 and value[0].__class__ is str and 0 < len(value[0]) <= MAX_TEXT:  # most often
            return value
        return [text(one) for one in value if one is not None and one != ""][:MAX_CATEGORIES] or None
    return text(value)


def first_text(value: object) -> str | None:
    """A text, or the first of a list of them."""
    if isinstance(value, list):
        return text(value[0]) if value else None
    return text(value)


def truth(value: object) -> bool:
    """True of true, 1, "true" and "yes"."""
    return value is True or value == 1 or (isinstance(value, str) and value.strip().lower() in ("true", "yes", "1"))


def softness(value: object) -> bool:
    """Whether a kind of bounce is a soft one."""
    return isinstance(value, str) and value.strip().lower().startswith("soft")


def table(value: object) -> Event:
    """A JSON object."""
    if isinstance(value, dict):
        return value
    raise ValueError("is no object")


def tables(value: object) -> list[Event]:
    """A list of JSON objects."""
    if value.__class__ is not list:
        raise ValueError("is no list")
    for number, one in enumerate(value):
        if one.__class__ is not dict:
            raise Broken(f"[{number}]: {shown(one)} is no object")
    return value


def lines(fields: Sequence[Field]) -> Reader:
    """A reader of an order's lines; one that is only a text is a product's name."""

    def read(value: object) -> list[Event]:
        rows = value if isinstance(value, list) else [table(value)]
        if len(rows) > MAX_ITEMS:
            raise ValueError(f"has more than {MAX_ITEMS} lines")
        return [_line(fields, row, number) for number, row in enumerate(rows)]

    return read


def _line(fields: Sequence[Field], row: object, number: int) -> Event:
    if row.__class__ is dict:
        try:
            return take(fields, row)
        except Broken as error:
            raise Broken(f"[{number}].{error}") from None
    if isinstance(row, str):
        return {"product": reading(text, row, f"[{number}]")}
    raise Broken(f"[{number}]: {shown(row)} is no object")


def instant(value: int | str) -> int:
    """Milliseconds of a stamp with an offset, or of epoch milliseconds."""
    if value.__class__ is str:
        try:
            since = datetime.fromisoformat(value) - _EPOCH
        except (ValueError, TypeError):  # of a stamp without an offset the latter
            return instant_ms(value)
        at_ms = since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000
        if YEAR_2000_MS <= at_ms <= YEAR_9999_MS:
            return at_ms
    elif value.__class__ is not int:
        raise ValueError("is no stamp")
    return instant_ms(value)


def stamp(value: object) -> int:
    """``instant`` of any JSON value."""
    if value.__class__ is str or value.__class__ is int:
        return instant(value)
    raise ValueError("is no stamp")


# -- what many dialects need


def flat(properties: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Event:
    """Properties of a customer: tables within become ``outer.inner``, lists are left out."""
    found: Event = {}
    for name, value in properties.items():
        if isinstance(value, dict):
            if depth < _DEEPEST:
                found.update(flat(value, f"{prefix}{name}.", depth + 1))
        elif not isinstance(value, list):
            found[prefix + name] = value
    return found


def digest(body: Event, more: object = None) -> str:
    """The id of an event that has none: 16 hexadecimal digits of its canonical JSON and whatever else makes it one."""
    try:
        canonical = orjson.dumps([body, more], option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise Broken("nested too deeply") from None
    return blake2b(canonical, digest_size=8).hexdigest()
