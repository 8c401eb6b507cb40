"""Foreign amounts in the shop's currency, by dated rates."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from typing import NamedTuple

from streams.events.amounts import MAX_UNITS
from streams.events.native import Event, Purchase, Refund, View

#: wide enough for the largest amount times the longest rate
_EXACT = Context(prec=60)


class Rate(NamedTuple):
    """From an instant on (ms), one of a currency is so many of the shop's."""

    from_ms: int
    rate: Decimal


class Rates:
    """The shop's currency, None where it has not said, and the rates of others, in order of time."""

    def __init__(self, own: str | None = None, others: Mapping[str, Sequence[Rate]] | None = None) -> None:
        self.own = own
        self._others = dict(others or {})
        self._starts = {name: [one.from_ms for one in rates] for name, rates in self._others.items()}

    def convert(self, event: Event) -> None:
        """Bring the amounts of a settled event that names a currency into the shop's.

        The rate is that of the event's own instant; each amount is rounded half to even to a ten-thousandth.

        Raises:
            ValueError: there is no rate for the currency at that instant; then nothing was converted.
        """
        name = str(event.currency).strip().upper()
        if name == self.own:
            return
        rate = self._rate(name, int(event.at))
        if isinstance(event, View):
            event.price = _converted(event.price, rate)
        elif isinstance(event, Refund):
            event.total = _converted(event.total, rate)
        elif isinstance(event, Purchase):
            event.total, event.discount = _converted(event.total, rate), _converted(event.discount, rate)
            for item in event.items:
                item.price = _converted(item.price, rate)

    def _rate(self, name: str, at_ms: int) -> Decimal:
        rates = self._others.get(name)
        if rates is None:
            raise ValueError(f"currency: no rate is configured for {name[:20]!r}")
        place = bisect_right(self._starts[name], at_ms)
        if not place:
            raise ValueError(f"currency: the rates for {name} begin only later")
        return rates[place - 1].rate


#: Of a shop that has set no currency: an event that names one is refused.
NO_RATES = Rates()


def _converted(amount: int | float | str | None, rate: Decimal) -> int | None:
    return None if amount is None else _times(int(amount), rate)


@lru_cache(maxsize=65_536)
def _times(units: int, rate: Decimal) -> int:
    found = int(_EXACT.multiply(Decimal(units), rate).to_integral_value(ROUND_HALF_EVEN))
    if found > MAX_UNITS:
        raise ValueError("currency: an amount is too large in the shop's currency")
    return found
