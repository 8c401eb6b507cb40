"""Readers of setting values: each takes what TOML or the environment gave and returns the value, or says what is wrong.

A reader raises ``ValueError`` with the second half of a sentence that begins with the setting's name: "must be ...".
"""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

Reader = Callable[[object], Any]

UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
LONGEST_MS = 36_500 * UNITS_MS["d"]


def text(value: object) -> str:
    """A text that is not empty."""
    if isinstance(value, str) and value.strip():
        return value
    raise ValueError(f"must be a text, not {_shown(value)}")


class Secret(str):
    """A text that does not show itself to those who only look."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "***"


def secret(value: object) -> Secret:
    """A text that is not empty and not shown, not even where it is wrong."""
    if isinstance(value, str) and value.strip():
        return Secret(value)
    raise ValueError("must be a text")


def token(value: object) -> Secret:
    """A secret that is sent in a header and must not be guessed."""
    if isinstance(value, str) and re.fullmatch(r"[!-~]{16,500}", value):
        return Secret(value)
    raise ValueError("must be a text of at least 16 letters, digits and signs, without spaces")


def redis_url(value: object) -> Secret:
    """A URL of Redis, secret as it may hold a password."""
    if isinstance(value, str) and re.fullmatch(r"(rediss?://[^/\s]+(/[0-9]+)?|unix:///\S+)(\?\S*)?", value.strip()):
        return Secret(value.strip())
    raise ValueError("must be a URL such as redis://:password@host:6379/0, rediss://… or unix:///path")


def http_url(value: object) -> Secret:
    """A URL of a web server, secret as it may hold a password."""
    if isinstance(value, str) and re.fullmatch(r"https?://[^/\s?#]+[^\s#]*", value.strip()):
        return Secret(value.strip())
    raise ValueError("must be a URL such as https://example.com/path")


def flag(value: object) -> bool:
    """True or false."""
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError(f"must be true or false, not {_shown(value)}")


def far_id(value: object) -> str:
    """Another system's id: a text without spaces and slashes, or a whole number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        return value
    raise ValueError(f"must be an id of letters, digits, '_' and '-', not {_shown(value)}")


def name(value: object) -> str:
    """A name that Kafka takes for topics and groups: letters, digits, dot, underscore, hyphen; at most 200."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._-]{1,200}", value) and value.strip("."):
        return value
    raise ValueError(f"must be a name of letters, digits, '.', '_' and '-', not {_shown(value)}")


def whole(least: int, most: int) -> Reader:
    """A reader of whole numbers from ``least`` to ``most``, both in."""

    def read(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,12}", value.strip()):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        raise ValueError(f"must be a whole number from {least} to {most}, not {_shown(value)}")

    return read


def amount(value: object) -> float:
    """A number above 0, such as 0.5."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value.strip()):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9:
        return float(value)
    raise ValueError(f"must be a number above 0, not {_shown(value)}")


def choice(*options: str) -> Reader:
    """A reader of one of ``options``."""

    def read(value: object) -> str:
        if isinstance(value, str) and value in options:
            return value
        near = get_close_matches(str(value), options, 1) if len(options) > 1 else []
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be {' or '.join(options)}, not {_shown(value)}{hint}")

    return read


def duration(value: object) -> int:
    """Milliseconds of a duration: a whole number above 0 and one of ms, s, m, h, d, w."""
    found = re.fullmatch(r"([0-9]{1,15})(ms|[smhdw])", value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError(f"must be a duration such as 500ms, 30s, 5m, 1h, 7d or 2w, not {_shown(value)}")
    milliseconds = int(found[1]) * UNITS_MS[found[2]]
    if milliseconds > LONGEST_MS:
        raise ValueError(f"must be at most {LONGEST_MS // UNITS_MS['d']}d, not {_shown(value)}")
    return milliseconds


def rate(value: object) -> tuple[int, int]:
    """So many within a time, as "30 in 10s": the number and the milliseconds."""
    found = re.fullmatch(r"([0-9]{1,6}) in (\S+)", value.strip()) if isinstance(value, str) else None
    if found is None or int(found[1]) == 0:
        raise ValueError(f'must be a rate such as "30 in 10s", not {_shown(value)}')
    return int(found[1]), duration(found[2])


def path(value: object) -> Path:
    """A path, which need not exist."""
    return Path(text(value)).expanduser()


def file(value: object) -> str:
    """The path of a file that exists."""
    found = path(value)
    if not found.is_file():
        raise ValueError(f"must be a file that exists, not {_shown(value)}")
    return str(found)


def address(value: object) -> tuple[str, int]:
    """Host and port of ``host:port``; IPv6 in brackets."""
    found = (
        re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})", value.strip())
        if isinstance(value, str)
        else None
    )
    if found is None or not 0 < int(found[2]) < 65_536:
        raise ValueError(f"must be host:port, such as 127.0.0.1:9092, not {_shown(value)}")
    return found[1], int(found[2])


def addresses(value: object) -> str:
    """One or more ``host:port``, separated by commas."""
    parts = value.split(",") if isinstance(value, str) else [value]
    return ",".join("{}:{}".format(*address(part)) for part in parts)


def optional_address(value: object) -> tuple[str, int] | None:
    """Host and port, or None of an empty text."""
    return None if value == "" else address(value)


def currency(value: object) -> str:
    """A currency's three capital letters."""
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{3}", value):
        return value
    raise ValueError(f"must be three capital letters such as EUR, not {_shown(value)}")


def timezone(value: object) -> str:
    """The IANA name of a time zone that is known here."""
    try:
        return zoneinfo.ZoneInfo(text(value)).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(str(value), zoneinfo.available_timezones(), 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be a time zone such as Europe/Berlin, not {_shown(value)}{hint}") from None


def _shown(value: object) -> str:
    """A value as its author wrote it, about: texts in quotes, cut when long."""
    if isinstance(value, bool):
        return str(value).lower()
    shown = f'"{value}"' if isinstance(value, str) else str(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
