"""Products and categories as numbers from 0 on, in the order in which they were first heard of."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Union

import numpy as np
from numpy.typing import NDArray

from streams.events.text import as_text, compared
from streams.recommend.products import Feed

#: so many spellings are remembered, so that spellings without end cannot fill the memory
_SPELLINGS = 1_000_000
NONE = -1

Said = Union[str, int, float, Sequence[Union[str, int, float, None]], None]


class Texts:
    """Numbers for texts by their compared form; ``shown`` has them as they were first received."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self._numbers: dict[str, int] = {}
        self._spellings: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The text's number, a new one where it has none."""
        found = self._spellings.get(text)
        if found is not None:
            return found
        found = self._numbers.setdefault(compared(text), len(self.shown))
        if found == len(self.shown):
            self.shown.append(text)
        if len(self._spellings) >= _SPELLINGS:
            self._spellings.clear()
        self._spellings[text] = found
        return found

    def find(self, text: str) -> int | None:
        """The text's number, if it has one."""
        return self._numbers.get(compared(text))


class Catalogue:
    """The products that events or the feed named. Of each the main category: the first that was said of it last, but
    what the feed says counts."""

    def __init__(self, feed: Feed | None = None) -> None:
        self.products = Texts()
        self.categories = Texts()
        self._category = array("i")
        self._feed = feed
        self._fixed: set[int] = set()
        for one in feed or ():
            number = self.product(one.id, one.category or None)
            if one.category:
                self._fixed.add(number)

    def __len__(self) -> int:
        return len(self.products.shown)

    def product(self, text: str, category: Said = None) -> int:
        """The number of a product of which an event says these categories."""
        number = self.products.number(text)
        if number == len(self._category):
            self._category.append(NONE)
        if category is not None and number not in self._fixed:
            first = category if isinstance(category, (str, int, float)) else next(iter(category), None)
            if first is not None and first != "":
                self._category[number] = self.categories.number(as_text(first))
        return number

    def category_of(self, product: int) -> int:
        """A product's main category, NONE where none was said."""
        return self._category[product]

    def main_categories(self) -> NDArray[np.int32]:
        """The same of all products, by number."""
        return np.array(self._category, np.int32)

    def offered(self) -> NDArray[np.bool_]:
        """Of all products, by number, whether they may be shown: without a feed all, else what it has in stock."""
        if self._feed is None:
            return np.ones(len(self), np.bool_)
        return np.fromiter(map(self._feed.has_in_stock, self.products.shown), np.bool_, len(self))
