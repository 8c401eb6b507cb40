"""The file of dated rates: CSV with the columns ``from``, ``currency`` and ``rate``.

    from,currency,rate
    2026-01-01,USD,0.92
    2026-02-01,USD,0.905

From the midnight (of the shop's time zone) with which the day begins, until the next line of that currency, one USD is
0.92 of the shop's currency.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from streams.errors import SettingsError
from streams.events.rates import NO_RATES, Rate, Rates
from streams.settings_values import currency

_HEAD = ("from", "currency", "rate")
#: A rate beyond these is a slip of the pen.
_LEAST, _MOST = Decimal("1e-9"), Decimal("1e9")


def read_rates(own: str | None, file: Path | None, timezone: str) -> Rates:
    """The rates of a shop whose currency is ``own``.

    Raises:
        SettingsError: the file cannot be read, there is one but no currency, or lines are wrong; all of them at once.
    """
    if file is None:
        return Rates(own) if own else NO_RATES
    if own is None:
        raise SettingsError([f"{file}: rates need the shop's own currency: set currency"])
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return Rates(own, _read(file, csv.reader(lines, strict=True), own, ZoneInfo(timezone)))
    except OSError as error:
        raise SettingsError([f"{file}: {error.strerror}"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError([f"{file}: is no CSV in UTF-8 ({error})"]) from error


def _read(file: Path, rows: Any, own: str, zone: ZoneInfo) -> dict[str, list[Rate]]:
    head = tuple(name.strip().lower() for name in next(rows, []))
    if head != _HEAD:
        raise SettingsError([f"{file}:1: the first line must be from,currency,rate, not {','.join(head)[:60]}"])
    found: dict[str, dict[int, Decimal]] = {}
    errors = []
    for row in rows:
        if not any(field.strip() for field in row):
            continue
        try:
            from_ms, name, rate = _line(row, own, zone)
        except ValueError as error:
            errors.append(f"{file}:{rows.line_num}: {error}")
            continue
        if found.setdefault(name, {}).setdefault(from_ms, rate) != rate:
            errors.append(f"{file}:{rows.line_num}: {name} has two rates from {row[0].strip()} on")
    if errors:
        raise SettingsError(errors)
    return {name: [Rate(*one) for one in sorted(rates.items())] for name, rates in found.items()}


def _line(row: Iterable[str], own: str, zone: ZoneInfo) -> tuple[int, str, Decimal]:
    fields = [field.strip() for field in row]
    if len(fields) != len(_HEAD):
        raise ValueError("must be a date, a currency and a rate")
    try:
        day = date.fromisoformat(fields[0])
    except ValueError:
        raise ValueError(f'from must be a date such as 2026-01-31, not "{fields[0][:40]}"') from None
    try:
        name = currency(fields[1])
    except ValueError as error:
        raise ValueError(f"currency {error}") from None
    if name == own:
        raise ValueError(f"{own} is the shop's own currency")
    try:
        rate = Decimal(fields[2])
    except InvalidOperation:
        rate = Decimal(0)
    if not rate.is_finite() or not _LEAST <= rate <= _MOST:
        raise ValueError(f'rate must be a number above 0 such as 0.92, not "{fields[2][:40]}"')
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000), name, rate
