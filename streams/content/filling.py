"""The texts of a variant with what is filled in."""

from __future__ import annotations

from collections.abc import Mapping

from streams.content.guard import nameable
from streams.content.model import CATEGORY, Variant
from streams.language.texts import one_line


def filled(variant: Variant, category: str, phrases: Mapping[str, str]) -> dict[str, str]:
    """The texts of a variant, each on one line, with the category in its place if it has a name that can be shown."""
    named = nameable(category) or phrases["category"]
    return {slot: one_line(text.replace(CATEGORY, named)) for slot, text in variant.texts().items()}
