"""Products out of a file, for previews: CSV with the columns id and name, and as far as they are known price, url,
image and category."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from streams.content.model import ContentError, Product
from streams.rules.nearest import hint

_NEEDED = ("id", "name")
_MOST_LINES = 100_000


def read_products(path: Path) -> list[Product]:
    """The products of a file in its order; columns of other names are ignored.

    Raises:
        ContentError: it is no CSV, or lacks a column.
        OSError: it cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_lines(path, csv.DictReader(file)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ContentError([f"{path}: no CSV in UTF-8: {error}"]) from error


def _lines(path: Path, reader: csv.DictReader[str]) -> Iterator[Product]:
    columns = [name.strip().lower() for name in reader.fieldnames or ()]
    lacking = [name for name in _NEEDED if name not in columns]
    if lacking:
        known = ", ".join(Product._fields)
        raise ContentError([f"{path}:1:1: no column {lacking[0]}{hint(lacking[0], columns)} (columns: {known})"])
    reader.fieldnames = columns
    for number, line in enumerate(reader):
        if number == _MOST_LINES:
            raise ContentError([f"{path}:{number + 2}:1: more than {_MOST_LINES:,} products"])
        yield Product(**{name: (line.get(name) or "").strip() for name in Product._fields})
