"""Foreign amounts: exact, by the rate of the event's day, and refused where there is none."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import SettingsError
from streams.events.decode import Refusal, decode_event
from streams.events.instants import instant_ms
from streams.events.native import Event
from streams.events.rates import Rate, Rates
from streams.settings_rates import read_rates

DAY = "2026-01-10T12:00:00Z"


def rates(*lines: tuple[str, str, str], own: str = "EUR") -> Rates:
    table: dict[str, list[Rate]] = {}
    for stamp, name, rate in lines:
        table.setdefault(name, []).append(Rate(instant_ms(stamp), Decimal(rate)))
    return Rates(own, table)


DOLLARS = rates(("2026-01-01T00:00:00Z", "USD", "0.92"), ("2026-02-01T00:00:00Z", "USD", "0.9"))


def decoded(kind: str, at: str = DAY, using: Rates = DOLLARS, **fields: object) -> Event | Refusal:
    return decode_event(orjson.dumps({"type": kind, "id": "e", "user": "ana", "at": at, **fields}), rates=using)


def test_each_amount_is_converted_by_the_rate_of_the_day() -> None:
    view = decoded("view", product="p", price="10.00", currency="USD")
    late = decoded("view", product="p", price="10.00", currency="usd", at="2026-02-01T00:00:00Z")
    assert view.price == 92_000  # type: ignore[union-attr]
    assert late.price == 90_000  # type: ignore[union-attr]
    items = [{"product": "p", "price": 10, "quantity": 2}, {"product": "q"}]
    order = decoded("purchase", order="o", items=items, discount="1", currency="USD")
    assert (order.total, order.discount) == (174_800, 9_200)  # type: ignore[union-attr]
    assert [item.price for item in order.items] == [92_000, None]  # type: ignore[union-attr]
    assert decoded("refund", order="o", total="5", currency="USD").total == 46_000  # type: ignore[union-attr]
    assert decoded("refund", order="o", currency="USD").total is None  # type: ignore[union-attr]


def test_the_shop_s_own_currency_stays_as_it_is() -> None:
    assert decoded("view", product="p", price="10", currency="EUR").price == 100_000  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("using", "at", "name", "reason"),
    [
        (DOLLARS, DAY, "GBP", "currency: no rate is configured for 'GBP'"),
        (DOLLARS, "2025-12-31T23:59:59Z", "USD", "currency: the rates for USD begin only later"),
        (Rates(), DAY, "EUR", "currency: no rate is configured for 'EUR'"),
        (DOLLARS, DAY, "", "currency: no rate is configured for ''"),
    ],
)
def test_no_rate_is_a_refusal(using: Rates, at: str, name: str, reason: str) -> None:
    assert decoded("view", at, using, product="p", price=1, currency=name) == Refusal(reason)


def test_an_amount_that_grows_too_large_is_a_refusal() -> None:
    found = decoded(
        "view", using=rates(("2026-01-01T00:00:00Z", "XYZ", "1000000")), product="p", price=1e9, currency="XYZ"
    )
    assert found == Refusal("currency: an amount is too large in the shop's currency")


@given(st.integers(0, 4 * 10**10), st.decimals("0.000001", "1000", places=6))
def test_amounts_are_exact(units: int, rate: Decimal) -> None:
    price = str(Decimal(units) / 10_000)
    found = decoded(
        "view", using=rates(("2026-01-01T00:00:00Z", "XYZ", str(rate))), product="p", price=price, currency="XYZ"
    )
    exact = Fraction(units) * Fraction(rate)
    if isinstance(found, Refusal):
        assert exact > 4 * 10**14 - 1
    else:
        assert found.price == round(exact)  # type: ignore[union-attr]  # of a Fraction half to even


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "rates.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_day_begins_at_the_shop_s_midnight(tmp_path: Path) -> None:
    file = written(tmp_path, "from,currency,rate\n2026-02-01, USD ,0.9\n2026-01-01,USD,0.92\n\n2026-01-01,GBP,1.15\n")
    found = read_rates("EUR", file, "Europe/Berlin")
    assert decoded("view", "2026-01-31T22:59:59.999Z", found, product="p", price=1, currency="USD").price == 9_200  # type: ignore[union-attr]
    assert decoded("view", "2026-01-31T23:00:00Z", found, product="p", price=1, currency="USD").price == 9_000  # type: ignore[union-attr]
    assert decoded("view", DAY, found, product="p", price=1, currency="GBP").price == 11_500  # type: ignore[union-attr]


def test_every_wrong_line_is_told_with_its_place(tmp_path: Path) -> None:
    lines = [
        "from,currency,rate",
        "tomorrow,USD,1",
        "2026-01-01,usd,1",
        "2026-01-01,EUR,1",
        "2026-01-01,USD,0",
        "2026-01-01,USD",
    ]
    lines += ["2026-01-01,CHF,1.05", "2026-01-01,CHF,1.06"]
    file = written(tmp_path, "\n".join(lines))
    with pytest.raises(SettingsError) as caught:
        read_rates("EUR", file, "UTC")
    assert str(caught.value).splitlines() == [
        f'{file}:2: from must be a date such as 2026-01-31, not "tomorrow"',
        f'{file}:3: currency must be three capital letters such as EUR, not "usd"',
        f"{file}:4: EUR is the shop's own currency",
        f'{file}:5: rate must be a number above 0 such as 0.92, not "0"',
        f"{file}:6: must be a date, a currency and a rate",
        f"{file}:8: CHF has two rates from 2026-01-01 on",
    ]


@pytest.mark.parametrize(
    ("own", "text", "said"),
    [
        (None, "from,currency,rate\n", "rates need the shop's own currency: set currency"),
        ("EUR", "date,rate\n", "the first line must be from,currency,rate, not date,rate"),
        ("EUR", "", "the first line must be from,currency,rate, not "),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, own: str | None, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_rates(own, written(tmp_path, text), "UTC")
    with pytest.raises(SettingsError, match="No such file"):
        read_rates("EUR", tmp_path / "none.csv", "UTC")
