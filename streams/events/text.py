"""The compared form of text, and the text of numbers."""

from __future__ import annotations

from unicodedata import normalize


def compared(text: str) -> str:
    """The form in which two texts are one: NFC, trimmed, case folded; accents count."""
    if text.isascii():
        return text.strip().lower()
    return normalize("NFC", text).strip().casefold()


def number_text(number: float) -> str:
    """The text of a JSON number where text is meant: 42 and 42.0 are "42", 35.50 is "35.5"."""
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e16:
        return str(int(number))
    return str(number)


def as_text(value: str | float) -> str:
    """A text as it is, a number as its text."""
    return value if isinstance(value, str) else number_text(value)
