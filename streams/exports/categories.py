"""The file that says which product is of which category, for facts whose records name none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streams.errors import SettingsError
from streams.events.native import MAX_CATEGORIES
from streams.settings_table import table_lines

_HEAD = ("product", "category")


def read_categories(file: Path | None) -> Mapping[str, list[str]]:
    """Product (an id, a handle or a SKU, as the records name it) -> its categories.

    The file is CSV with the columns ``product`` and ``category``; a product may have several lines.

    Raises:
        SettingsError: the file cannot be read, or a line is wrong; all of them at once.
    """
    if file is None:
        return {}
    found: dict[str, list[str]] = {}
    errors = []
    for place, fields in table_lines(file, _HEAD):
        if len(fields) != len(_HEAD) or not all(fields):
            errors.append(f"{place}: must be a product and a category")
        elif fields[1] not in (categories := found.setdefault(fields[0], [])):
            categories.append(fields[1])
            if len(categories) == MAX_CATEGORIES + 1:
                errors.append(f"{place}: {fields[0]} has more than {MAX_CATEGORIES} categories")
    if errors:
        raise SettingsError(errors)
    return found
