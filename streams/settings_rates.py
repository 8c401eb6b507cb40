"""The file of dated rates: CSV with the columns ``from``, ``currency`` and ``rate``.

    from,currency,rate
    2026-01-01,USD,0.92
    2026-02-01,USD,0.905

From the midnight (of the shop's time zone) with which the day begins, until the next line of that currency, one USD is
0.92 of the shop's currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

from streams.errors import SettingsError
from streams.events.rates import NO_RATES, Rate, Rates
from streams.settings_table import table_lines
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
    return Rates(own, _read(file, own, ZoneInfo(timezone)))


def _read(file: Path, own: str, zone: ZoneInfo) -> dict[str, list[Rate]]:
    found: dict[str, dict[int, Decimal]] = {}
    errors = []
    for place, fields in table_lines(file, _HEAD):
        try:
            from_ms, name, rate = _line(fields, own, zone)
        except ValueError as error:
            errors.append(f"{place}: {error}")
            continue
        if found.setdefault(name, {}).setdefault(from_ms, rate) != rate:
            errors.append(f"{place}: {name} has two rates from {fields[0]} on")
    if errors:
        raise SettingsError(errors)
    return {name: [Rate(*one) for one in sorted(rates.items())] for name, rates in found.items()}


def _line(fields: Sequence[str], own: str, zone: ZoneInfo) -> tuple[int, str, Decimal]:
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
