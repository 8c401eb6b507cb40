"""Names as they are written, numbered before there is a dictionary; later the numbers are those of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.rows.batch import R_META, R_WORD3, R_WORD4
from streams.rows.layout import CART, EMAIL, ITEM, KIND_MASK, NAME_MASK, PROFILE, VIEW
from streams.rows.names import Names
from streams.rows.tables import Numbers

#: by kind of record: whether names are in its word 3, and in its word 4
_IN_WORD3, _IN_WORD4 = (np.isin(np.arange(KIND_MASK + 1), kinds) for kinds in ([VIEW, CART, ITEM, PROFILE], [EMAIL]))


class Spellings:
    """Numbers for texts, each spelling one of its own, for exact names, and for lists of texts; 0 stands for no name.

    For an ``Encoder`` in place of ``Names``. ``by_bytes``: the texts by their UTF-8.
    """

    def __init__(self) -> None:
        self.spellings: dict[str, int] = {}
        self.by_bytes = Numbers()
        self._exact: dict[str, int] = {}
        self._lists: dict[tuple[str, ...], int] = {}
        self._said: list[tuple[bool, tuple[str, ...]]] = [(False, ())]

    def __len__(self) -> int:
        return len(self._said)

    def text(self, text: str) -> int:
        """The number of a text as it is written."""
        number = self.spellings.get(text)
        if number is None:
            number = self.spellings[text] = self._add(False, (text,))
            self.by_bytes.add(text.encode("utf-8", "surrogatepass"), number)
        return number

    def exact(self, name: str) -> int:
        """The number of a name that is compared exactly."""
        number = self._exact.get(name)
        if number is None:
            number = self._exact[name] = self._add(True, (name,))
        return number

    def group(self, texts: list[str]) -> int:
        """The number of a list of texts, 0 of an empty one."""
        number = self._lists.get(tuple(texts)) if texts else 0
        if number is None:
            number = self._lists[tuple(texts)] = self._add(False, tuple(texts))
        return number

    def number_in(self, names: Names, number: int) -> int:
        """The number that a dictionary has, or gives, for what has this number here."""
        exact, texts = self._said[number]
        if exact:
            return names.exact(texts[0])
        return names.text(texts[0]) if len(texts) == 1 else names.group(list(texts))

    def _add(self, exact: bool, texts: tuple[str, ...]) -> int:
        self._said.append((exact, texts))
        return len(self._said) - 1


class Renumbering:
    """From the numbers of spellings to those of a dictionary, which learns the names as they come."""

    def __init__(self, spellings: Spellings, names: Names) -> None:
        self._spellings, self._names = spellings, names
        self._numbers = np.zeros(len(spellings), np.int64)

    def put(self, records: NDArray[np.int64]) -> None:
        """Put the dictionary's numbers into the records of a batch (``batch.R_META`` …), in place."""
        kinds = records[:, R_META] & KIND_MASK
        in_word3, in_word4 = np.flatnonzero(_IN_WORD3[kinds]), np.flatnonzero(_IN_WORD4[kinds])
        words = np.zeros(len(records), np.int64)
        words[in_word3], words[in_word4] = records[in_word3, R_WORD3], records[in_word4, R_WORD4]
        said = np.column_stack((words >> 32, words & NAME_MASK))
        found = self._numbers[said]
        new = said[(found == 0) & (said != 0)]
        if len(new):
            for number in dict.fromkeys(new.tolist()):
                self._numbers[number] = self._spellings.number_in(self._names, number)
            found = self._numbers[said]
        words = found[:, 0] << 32 | found[:, 1]
        records[in_word3, R_WORD3], records[in_word4, R_WORD4] = words[in_word3], words[in_word4]
