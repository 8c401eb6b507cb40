"""Instants: whole milliseconds since 1970-01-01T00:00:00Z."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache

YEAR_2000_MS = 946_684_800_000
YEAR_9999_MS = 253_402_300_799_999
_RFC3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:[0-5]\d)", re.ASCII)


def instant_ms(stamp: int | str) -> int:
    """Milliseconds of an RFC 3339 stamp with offset, or of epoch milliseconds; raises ValueError with the reason.

    Digits beyond the millisecond are cut off; a leap second is the first of the next minute.
    """
    at_ms = stamp if isinstance(stamp, int) else _parsed(stamp)
    if at_ms < YEAR_2000_MS:
        raise ValueError("is before the year 2000")
    if at_ms > YEAR_9999_MS:
        raise ValueError("is after the year 9999")
    return at_ms


def _parsed(stamp: str) -> int:
    found = _RFC3339.fullmatch(stamp)
    if found is None:
        raise ValueError("is neither an RFC 3339 stamp with an offset nor whole epoch milliseconds")
    day, minute, second, fraction, offset = found.groups()
    try:
        start = datetime.fromisoformat(f"{day}T{minute}:00{'+00:00' if offset in 'Zz' else offset}")
    except ValueError:
        raise ValueError("is no instant of the calendar") from None
    if int(second) > 60:
        raise ValueError("is no instant of the calendar")
    return int(start.timestamp()) * 1000 + int(second) * 1000 + int((fraction or "0")[:3].ljust(3, "0"))


def stamp(at_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds: 2026-05-01T05:00:00.000Z."""
    day, ms = divmod(at_ms, 86_400_000)
    second, ms = divmod(ms, 1_000)
    return f"{_date(day)}{_MINUTES[second // 60]}{_SECONDS[second % 60]}{_MILLISECONDS[ms]}"


@lru_cache(maxsize=4096)
def _date(day: int) -> str:
    """The date of a day since 1970-01-01; looked up, as days repeat and strftime takes a microsecond."""
    return datetime.fromtimestamp(day * 86_400, UTC).strftime("%Y-%m-%d")


_MINUTES = [f"T{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1_440)]
_SECONDS = [f"{second:02d}." for second in range(60)]
_MILLISECONDS = [f"{ms:03d}Z" for ms in range(1_000)]
