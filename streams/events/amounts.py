"""Exact amounts: whole ten-thousandths of the shop's currency."""

from __future__ import annotations

import re
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

SCALE = 10_000
SCALED = Decimal(SCALE)
#: 40 thousand million of the currency, in ten-thousandths; so that the sum over a full row stays within 64 bits.
MAX_UNITS = 400_000_000_000_000
MAX_QUANTITY = 1_000_000
#: wide enough for every text that _DECIMAL lets through; the default of 28 digits would round long ones twice
_EXACT = Context(prec=1200)
_DECIMAL = re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)


@lru_cache(maxsize=65_536)  # prices repeat: 0.08 instead of 0.4 microseconds
def units(value: float | str) -> int:
    """Ten-thousandths of a non-negative amount, rounded half to even; raises ValueError with the reason."""
    if not isinstance(value, str) and value < 0:
        raise ValueError("is negative")
    if type(value) is float:
        scaled = round(value * SCALE) if abs(value) < 1e15 else -1
        # where n / 10000 is that very float, the amount had at most four decimals and n is exact
        found = scaled if scaled / SCALE == value else _rounded(Decimal(repr(value)))
    elif isinstance(value, str):
        number = decimal(value)
        if number < 0:
            raise ValueError("is negative")
        found = _rounded(number)
    else:
        found = int(value) * SCALE
    if found > MAX_UNITS:
        raise ValueError("is too large")
    return found


def decimal(text: str) -> Decimal:
    """The number that a decimal text names; raises ValueError where it is none."""
    if _DECIMAL.fullmatch(text.strip()) is None:
        raise ValueError("is not a number")
    return Decimal(text.strip())


def _rounded(value: Decimal) -> int:
    if value.adjusted() > 20:
        raise ValueError("is too large")
    return int(_EXACT.multiply(value, SCALED).to_integral_value(ROUND_HALF_EVEN))


def quantity(value: float | str) -> int:
    """A whole number above 0; raises ValueError with the reason."""
    number = decimal(value) if isinstance(value, str) else value
    if number != number or number != int(number) or number <= 0:
        raise ValueError("is not a whole number above 0")
    if number > MAX_QUANTITY:
        raise ValueError("is too large")
    return int(number)


def profile_number(value: float | str) -> int | None:
    """Twice the ten-thousandths of a number, cut down, plus 1 where something was cut; ``None`` of a text that is no
    number.

    So a property with any number of decimals compares exactly with a bound of at most four: compare with twice the
    bound. Numbers beyond ±4e10 are clipped there; no bound of a rule lies beyond.
    """
    try:
        number = decimal(value) if isinstance(value, str) else Decimal(repr(value))
    except ValueError:
        return None
    limit = Decimal(MAX_UNITS)
    scaled = _EXACT.multiply(number, SCALED) if number.adjusted() < 30 else number
    whole = int(min(max(scaled, -limit), limit).to_integral_value(ROUND_FLOOR))
    return 2 * whole + (whole < scaled < limit)
