"""Instants as exports write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo

from streams.dialects.fields import stamp

_SPACED = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?) ?(Z|UTC|[+-]\d{2}:?\d{2})?")


def export_instant(value: object) -> int:
    """Milliseconds of "2026-03-15 10:00:00 -0400", RFC 3339, or epoch seconds or milliseconds; without offset UTC."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return stamp(int(value) * (1 if len(value) > 11 else 1000))
    text = str(value).strip()
    if found := _SPACED.fullmatch(text):
        day, time, offset = found.groups()
        text = f"{day}T{time}{'+00:00' if offset in (None, 'Z', 'UTC') else offset}"
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return stamp(text)
    return stamp((told if told.tzinfo else told.replace(tzinfo=UTC)).isoformat())


def instant_by(form: str, zone: tzinfo, value: object) -> int:
    """Milliseconds of a stamp of a form such as %d.%m.%Y %H:%M; without an offset it is of the zone."""
    try:
        told = datetime.strptime(str(value), form)  # noqa: DTZ007 - its zone is set below
    except ValueError:
        raise ValueError(f"is not of the form {form}") from None
    return stamp((told if told.tzinfo else told.replace(tzinfo=zone)).isoformat())
