"""The file that says which product is of which category, for facts whose records name none."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from streams.errors import SettingsError
from streams.events.native import MAX_CATEGORIES

_HEAD = ("product", "category")


def read_categories(file: Path | None) -> Mapping[str, list[str]]:
    """Product (an id, a handle or a SKU, as the records name it) -> its categories.

    The file is CSV with the columns ``product`` and ``category``; a product may have several lines.

    Raises:
        SettingsError: the file cannot be read, or a line is wrong; all of them at once.
    """
    if file is None:
        return {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return _read(file, csv.reader(lines, strict=True))
    except OSError as error:
        raise SettingsError([f"{file}: {error.strerror}"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError([f"{file}: is no CSV in UTF-8 ({error})"]) from error


def _read(file: Path, rows: Any) -> Mapping[str, list[str]]:
    head = tuple(name.strip().lower() for name in next(rows, []))
    if head != _HEAD:
        raise SettingsError([f"{file}:1: the first line must be product,category, not {','.join(head)[:60]}"])
    found: dict[str, list[str]] = {}
    errors = []
    for row in rows:
        fields = [field.strip() for field in row]
        if not any(fields):
            continue
        if len(fields) != len(_HEAD) or not all(fields):
            errors.append(f"{file}:{rows.line_num}: must be a product and a category")
        elif fields[1] not in (categories := found.setdefault(fields[0], [])):
            categories.append(fields[1])
            if len(categories) == MAX_CATEGORIES + 1:
                errors.append(f"{file}:{rows.line_num}: {fields[0]} has more than {MAX_CATEGORIES} categories")
    if errors:
        raise SettingsError(errors)
    return found
