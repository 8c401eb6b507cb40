"""Texts: compared after NFC, trimming and case folding; numbers as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.text import as_text, compared


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Shoes", "sHOES"),
        ("  shoes\t\n", "shoes"),
        ("\u00a0shoes\u2003", "shoes"),
        ("Ta\u0308schchen", "täschchen"),
        ("STRASSE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("\u212b", "å"),
        ("İ", "i̇"),
    ],
)
def test_these_are_one_text(one: str, other: str) -> None:
    assert compared(one) == compared(other)


@pytest.mark.parametrize(
    ("one", "other"), [("cafe", "café"), ("shoes", "sho es"), ("o", "0"), ("ﬁ", "f i"), ("²", "2")]
)
def test_these_are_two(one: str, other: str) -> None:
    assert compared(one) != compared(other)


@given(st.text())
def test_the_compared_form_is_its_own(text: str) -> None:
    """Rules hold texts in their compared form, and the dictionary compares them once more."""
    assert compared(compared(text)) == compared(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(42, "42"), (42.0, "42"), (35.50, "35.5"), ("042", "042"), (-0.0, "0"), (2**70, str(2**70)), (1e22, "1e+22")],
)
def test_numbers_become_text(value: str | float, text: str) -> None:
    assert as_text(value) == text
