"""A row's facts in a form that another partition can read: with texts, where the row has numbers of its dictionary."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.rows.batch import B_END, B_ROW, EVENT_WIDTH, R_META, R_WORD3, R_WORD4, Batch
from streams.rows.layout import CART, EMAIL, ITEM, KIND_MASK, NAME_MASK, PROFILE, SET_BIT, VIEW
from streams.rows.names import Names

_RECORD = 3


class History(msgspec.Struct, array_like=True, frozen=True):
    """Events as a ``Batch`` has them, of no row, in little-endian 64-bit words.

    A name's number is its place in ``names`` and one more (0: none), with ``SET_BIT`` a place in ``sets``; a name is
    its text as it is shown, and whether it is compared exactly.
    """

    names: list[tuple[str, bool]]
    sets: list[list[int]]
    events: bytes
    records: bytes


def carried(batch: Batch, names: Names) -> History:
    """Events with the numbers of a dictionary."""
    events, records = batch.events.copy(), batch.records.copy()
    found = _Found(names)
    _renumber(events, records, found.number)
    return History(found.names, found.sets, events.astype("<i8").tobytes(), records.astype("<i8").tobytes())


def uncarried(history: History, names: Names, row: int) -> Batch:
    """The same events in another partition, as those of a row of it."""
    events = np.frombuffer(history.events, "<i8").astype(np.int64).reshape(-1, EVENT_WIDTH)
    records = np.frombuffer(history.records, "<i8").astype(np.int64).reshape(-1, _RECORD)
    events[:, B_ROW] = row

    def one(number: int) -> int:
        text, exact = history.names[number - 1]
        return names.exact(text) if exact else names.text(text)

    def number(number: int) -> int:
        if number & SET_BIT:
            return names.group([history.names[member - 1][0] for member in history.sets[number ^ SET_BIT]])
        return one(number) if number else 0

    _renumber(events, records, number)
    return Batch(events, records)


class _Found:
    """Gives new numbers to the names that are met."""

    def __init__(self, names: Names) -> None:
        self.names: list[tuple[str, bool]] = []
        self.sets: list[list[int]] = []
        self._of = names
        self._numbers = {0: 0}

    def number(self, number: int) -> int:
        """The new number of a name or of a set."""
        found = self._numbers.get(number)
        if found is None:
            found = self._numbers[number] = self._set(number) if number & SET_BIT else self._name(number)
        return found

    def _name(self, number: int) -> int:
        text = self._of.shown[number]
        self.names.append((text, self._of.is_exact(number)))
        return len(self.names)

    def _set(self, number: int) -> int:
        self.sets.append([self.number(member) for member in self._of.members(number)])
        return SET_BIT | len(self.sets) - 1


def _renumber(events: NDArray[np.int64], records: NDArray[np.int64], number: Callable[[int], int]) -> None:
    """Replace the numbers of names in the records of facts; those behind them are texts of ids."""
    said = records[: int(events[:, B_END].max(initial=0))]
    kind = said[:, R_META] & KIND_MASK
    third = (kind == VIEW) | (kind == CART) | (kind == ITEM) | (kind == PROFILE)
    for column, mask in ((R_WORD3, third), (R_WORD4, kind == EMAIL)):
        places = np.flatnonzero(mask)
        words = said[places, column]
        said[places, column] = _each(words >> 32, number) << 32 | _each(words & NAME_MASK, number)


def _each(numbers: NDArray[np.int64], number: Callable[[int], int]) -> NDArray[np.int64]:
    different, place = np.unique(numbers, return_inverse=True)
    return np.array([number(one) for one in different.tolist()], np.int64)[place]
