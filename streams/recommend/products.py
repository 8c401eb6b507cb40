"""What the shop says of its products: a feed, a CSV file with a line for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.events.amounts import decimal
from streams.events.text import compared
from streams.exports.words import ExportError, Outcome, Row, rows_of
from streams.files import open_lines

COLUMNS = ("id", "name", "price", "url", "image", "category", "stock")
#: what a feed may say in place of a number
_IN_STOCK = frozenset(("in stock", "instock", "in_stock", "yes", "true", "available", "preorder", "backorder"))
_OUT_OF_STOCK = frozenset(("out of stock", "outofstock", "out_of_stock", "no", "false", "unavailable", "sold out"))
#: so many wrong lines are told
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Product:
    """A product as it is shown in a mail; ``price`` as the feed writes it, empty texts where it says nothing."""

    id: str
    name: str = ""
    price: str = ""
    url: str = ""
    image: str = ""
    category: str = ""


class Feed:
    """The products of a shop, found by the compared form of their ids, and those that can be had."""

    def __init__(self, lines: Iterable[tuple[Product, bool]]) -> None:
        self._products: dict[str, Product] = {}
        self._stocked: set[str] = set()
        for product, stocked in lines:
            key = compared(product.id)
            self._products[key] = product
            if stocked:
                self._stocked.add(key)

    def __iter__(self) -> Iterator[Product]:
        return iter(self._products.values())

    def __len__(self) -> int:
        return len(self._products)

    def product(self, name: str) -> Product | None:
        """The product of an id, or None where the feed has none."""
        return self._products.get(compared(name))

    def has_in_stock(self, name: str) -> bool:
        """Whether the feed has the product and it can be had."""
        return compared(name) in self._stocked


def read_feed(file: Path) -> Feed:
    """Reads a feed; the column ``id`` must be there, of the others those that are; further columns are ignored.

    ``stock`` is how many there are, or words such as "in stock"; where there is no such column, or a line says nothing,
    the product can be had.

    Raises:
        MicrosegError: the file cannot be read, is no CSV, or lines are wrong, all of them with their places.
    """
    with open_lines(str(file)) as source:
        columns, rows = rows_of(source.lines, str(file))
        if "id" not in (known := {name.lower(): name for name in columns}):
            raise ExportError(f"{file}:1: there is no column id; a feed has the columns {','.join(COLUMNS)}")
        errors: list[str] = []
        lines: dict[str, tuple[Product, bool]] = {}
        for row in rows:
            try:
                product, stocked = _line(row, known)
            except ValueError as error:
                errors.append(f"{file}:{row.line}: {error}")
                continue
            if lines.setdefault(compared(product.id), (product, stocked))[0] is not product:
                errors.append(f"{file}:{row.line}: id: {product.id[:40]} has an earlier line")
    if errors:
        more = [f"{file}: and {len(errors) - _SHOWN} more"] if len(errors) > _SHOWN else []
        raise ExportError("\n".join([*errors[:_SHOWN], *more]))
    return Feed(lines.values())


def _line(row: Row | Outcome, known: Mapping[str, str]) -> tuple[Product, bool]:
    """A product and whether it can be had; raises ValueError."""
    if isinstance(row, Outcome):
        raise ValueError(row.refused)
    said = row.said
    of = {name: said.get(known.get(name, ""), "") for name in COLUMNS}
    if not of["id"]:
        raise ValueError("id: is missing")
    stocked = _stocked(of.pop("stock"))
    return Product(**of), stocked


def _stocked(text: str) -> bool:
    word = text.lower()
    if not word or word in _IN_STOCK:
        return True
    if word in _OUT_OF_STOCK:
        return False
    try:
        return decimal(text) > 0
    except ValueError:
        raise ValueError(f'stock: {text[:40]} is neither a number nor "in stock" nor "out of stock"') from None
