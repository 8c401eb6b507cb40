"""Tables in, native events out: which format a table has, and what became of each of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from streams.dialects.translate import at_home
from streams.dialects.words import Shop, Skipped
from streams.exports import klaviyo, shopify
from streams.exports.mapping import read_mapping
from streams.exports.words import ExportError, Format, Outcome, Row, joined, rows_of


class Table(NamedTuple):
    """A table that is being read: its format's name, and what became of its rows, in order."""

    format: str
    outcomes: Iterator[Outcome]


def read_table(name: str, lines: Iterable[bytes], mapping: Path | None, at_ms: int, shop: Shop) -> Table:
    """Reads a CSV file.

    Args:
        name: of the file, for messages.
        lines: its lines.
        mapping: the file that says what its columns mean; None: they are those of an export that is known.
        at_ms: when what has no date was true.
        shop: its currency and its products' categories.

    Raises:
        ExportError: the columns are of no export that is known, or the mapping is wrong; while it is read, that the
            file is no CSV.
    """
    columns, rows = rows_of(lines, name)
    form = read_mapping(mapping, columns) if mapping else _detected(name, columns, at_ms)
    return Table(form.name, _outcomes(form, rows, shop))


def _detected(name: str, columns: Sequence[str], at_ms: int) -> Format:
    if all(column in columns for column in shopify.ORDERS):
        return shopify.orders()
    if all(column in columns for column in shopify.CUSTOMERS):
        return shopify.customers(at_ms)
    if klaviyo.is_events(columns):
        return klaviyo.events()
    if klaviyo.is_profiles(columns):
        return klaviyo.profiles(at_ms)
    shown = ", ".join(columns[:8])
    raise ExportError(
        f"{name}:1: these columns are of no export that is known: {shown}; say what they mean with --mapping FILE"
    )


def _outcomes(form: Format, rows: Iterable[Row | Outcome], shop: Shop) -> Iterator[Outcome]:
    odd: list[Outcome] = []

    def good() -> Iterator[Row]:
        for row in rows:
            if isinstance(row, Outcome):
                odd.append(row)
            else:
                yield row

    for group in joined(good(), form.joined_by):
        while odd:
            yield odd.pop(0)
        yield _outcome(form, group, shop)
    yield from odd


def _outcome(form: Format, rows: Sequence[Row], shop: Shop) -> Outcome:
    line, count = rows[0].line, len(rows)
    try:
        return Outcome(line, count, at_home(form.events(rows), shop))
    except Skipped as error:
        return Outcome(line, count, refused=f"skipped: {error}")
    except ValueError as error:
        return Outcome(line, count, refused=str(error))
