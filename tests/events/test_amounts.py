"""Amounts: exact ten-thousandths, half to even, held against fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.amounts import MAX_UNITS, profile_number, quantity, units

#: decimal texts with up to 40 digits before and after the point
TEXTS = st.builds(
    lambda whole, part: whole + (f".{part}" if part else ""),
    st.from_regex(r"\A[0-9]{1,12}\Z"),
    st.one_of(st.just(""), st.from_regex(r"\A[0-9]{1,4}\Z"), st.from_regex(r"\A[0-9]{4}50{0,30}[01]?\Z")),
)


def half_even(value: Fraction) -> int:
    """Ten-thousandths by the definition: Python's ``round`` of a fraction is exact and half to even."""
    return round(value * 10_000)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (19.9, 199_000),
        ("19.90", 199_000),
        (" 19.90 ", 199_000),
        (0, 0),
        ("0", 0),
        ("-0", 0),
        (-0.0, 0),
        (42, 420_000),
        ("1e3", 10_000_000),
        ("1E-4", 1),
        (1e-5, 0),
        ("0.00005", 0),
        ("0.00015", 2),
        ("0.00025", 2),
        (0.00005, 0),
        (0.00015, 2),
        (0.00025, 2),
        (0.1 + 0.2, 3_000),
        (40_000_000_000, MAX_UNITS),
        ("40000000000.00", MAX_UNITS),
    ],
)
def test_amounts_by_table(value: float | str, expected: int) -> None:
    assert units(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (-1, "negative"),
        (-0.01, "negative"),
        ("-0.01", "negative"),
        (40_000_000_001, "too large"),
        ("40000000000.0001", "too large"),
        (2**70, "too large"),
        (1e300, "too large"),
        ("1e400", "too large"),
        ("9" * 40, "too large"),
        ("9" * 41, "not a number"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("-inf", "not a number"),
        ("", "not a number"),
        ("12,50", "not a number"),
        ("1_000", "not a number"),
        ("0x10", "not a number"),
        ("٣", "not a number"),
        ("1e1000000000", "not a number"),
    ],
)
def test_no_amount(value: float | str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        units(value)


@pytest.mark.parametrize("value", ["-0.00001", -0.00001, "-1e-9"])
def test_a_negative_amount_is_refused_however_small(value: float | str) -> None:
    with pytest.raises(ValueError, match="negative"):
        units(value)


@given(TEXTS.filter(lambda text: Fraction(text) * 10_000 < MAX_UNITS))
def test_a_text_is_rounded_once_and_exactly(text: str) -> None:
    assert units(text) == half_even(Fraction(text))


def test_a_long_text_just_above_the_half_is_rounded_up() -> None:
    assert units("19.90005000000000000000000000000001") == 199_001


@given(st.floats(0, 4e10, allow_nan=False))
def test_a_number_is_the_decimal_that_json_shows(number: float) -> None:
    assert units(number) == half_even(Fraction(repr(number)))


@given(st.integers(0, MAX_UNITS))
def test_four_decimals_are_kept_exactly(amount: int) -> None:
    assert units(f"{amount // 10_000}.{amount % 10_000:04d}") == amount


@pytest.mark.parametrize(
    ("value", "expected"), [(1, 1), ("3", 3), (2.0, 2), ("2.0", 2), ("1e2", 100), (1_000_000, 10**6)]
)
def test_quantities(value: float | str, expected: int) -> None:
    assert quantity(value) == expected


@pytest.mark.parametrize("value", [0, -1, 1.5, "0", "1.5", "-2", "", "many", "NaN", 1e300, 1_000_001, "1e400", 2**70])
def test_no_quantity(value: float | str) -> None:
    with pytest.raises(ValueError, match=r"whole number above 0|too large|not a number"):
        quantity(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 20_000),
        ("1.5", 30_000),
        (" 1.5 ", 30_000),
        (-1, -20_000),
        ("1.00001", 20_001),
        ("-1.00001", -20_001),
        (0.00001, 1),
        (-0.00001, -1),
        ("1e400", 2 * MAX_UNITS),
        ("-1e400", -2 * MAX_UNITS),
        ("gold", None),
        ("", None),
        ("NaN", None),
    ],
)
def test_numbers_of_properties(value: float | str, expected: int | None) -> None:
    assert profile_number(value) == expected


@given(st.decimals(-4_000_000, 4_000_000, places=12), st.integers(-(4 * 10**10), 4 * 10**10))
def test_a_property_compares_exactly_with_a_bound_of_four_decimals(value: object, bound: int) -> None:
    found = profile_number(f"{value:f}")
    exact = Fraction(str(value)) * 10_000
    assert found is not None
    assert (found > 2 * bound, found < 2 * bound) == (exact > bound, exact < bound)


def test_a_property_a_hair_above_a_bound_is_above_it() -> None:
    assert profile_number("1.00000000000000000000000000000000000001") == 20_001
