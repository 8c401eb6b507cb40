"""What an export's format gets and gives."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from streams.dialects.words import Event
from streams.errors import MicrosegError


class ExportError(MicrosegError):
    """A CSV file, or the file that says what its columns mean, cannot be used."""


class Row(NamedTuple):
    """One line of a table: its number in the file, from 1, and what its columns say; empty fields are left out."""

    line: int
    said: dict[str, str]


class Outcome(NamedTuple):
    """What became of some rows: their events, or why they are refused; ``line`` is the first row's."""

    line: int
    rows: int
    events: Sequence[Event] = ()
    refused: str | None = None


class Format(NamedTuple):
    """A kind of table: its name, the column whose value joins rows that follow one another (None: each is by itself),
    and what makes events of such rows, which raises Broken."""

    name: str
    joined_by: str | None
    events: Callable[[Sequence[Row]], list[Event]]


def rows_of(lines: Iterable[bytes], name: str) -> tuple[tuple[str, ...], Iterator[Row | Outcome]]:
    """The columns of a CSV file and its rows; a row that has another number of fields is an Outcome.

    Raises:
        ExportError: there is no first line with columns, or the file is no CSV in UTF-8.
    """
    reader = csv.reader(_text(lines, name), strict=True)
    try:
        columns = tuple(one.strip() for one in next(reader, []))
    except csv.Error as error:
        raise ExportError(f"{name}:1: is no CSV: {error}") from None
    if len(columns) < 2 or len(set(columns)) != len(columns):
        raise ExportError(f"{name}:1: the first line must name the columns, each once")
    return columns, _rows(reader, columns, name)


def _text(lines: Iterable[bytes], name: str) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise ExportError(f"{name}:{number}: is not UTF-8") from None


def _rows(reader: Any, columns: Sequence[str], name: str) -> Iterator[Row | Outcome]:
    line = reader.line_num + 1
    try:
        for fields in reader:
            if any(fields):
                if len(fields) == len(columns):
                    yield Row(line, {c: f.strip() for c, f in zip(columns, fields, strict=True) if f.strip()})
                else:
                    yield Outcome(line, 1, refused=f"has {len(fields)} fields, not {len(columns)}")
            line = reader.line_num + 1
    except csv.Error as error:
        raise ExportError(f"{name}:{line}: is no CSV: {error}") from None


def joined(rows: Iterable[Row], column: str | None) -> Iterator[Sequence[Row]]:
    """Rows that follow one another and say the same in a column, or nothing after one that says something."""
    if column is None:
        yield from ([row] for row in rows)
        return
    last = ""

    def key(row: Row) -> str:
        nonlocal last
        last = row.said.get(column, last)
        return last

    for _, group in groupby(rows, key):
        yield list(group)
