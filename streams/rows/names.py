"""The dictionary of a partition: names as 32-bit numbers, kept beside the rows in the same changelog."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.events.text import compared
from streams.rows.layout import SET_BIT
from streams.rows.tables import Numbers

KEY_PREFIX = b"\0n"
_SPELLINGS = 1_000_000


class _Entry(msgspec.Struct, array_like=True, omit_defaults=True):
    """A changelog value: a text as first received, or an exact name, or the members of a set; or that there is nothing
    under this number any more."""

    shown: str
    exact: bool = False
    members: tuple[int, ...] = ()
    freed: bool = False


_decoder = msgspec.msgpack.Decoder(_Entry)
_FREED = _Entry("", freed=True)


class Names:
    """Numbers for texts by their compared form, for exact names, and for sets of numbers (several categories of one
    fact).

    Number 0 stands for no name. A text is shown as it was first received. ``spellings``: numbers of texts as they were
    written, as far as they are remembered; ``by_bytes``: the same by their UTF-8. ``pinned``: numbers of what rules
    name, which stay. The number of what was freed is not given again.
    """

    def __init__(self) -> None:
        self.shown: list[str] = [""]
        self.sets: list[tuple[int, ...]] = []
        self.pinned: set[int] = set()
        self._texts: dict[str, int] = {}
        self._exact: dict[str, int] = {}
        self._set_numbers: dict[tuple[int, ...], int] = {}
        self.spellings: dict[str, int] = {}
        self.by_bytes = Numbers()
        self._fresh: list[tuple[bytes, bytes]] = []

    def text(self, text: str) -> int:
        """The number of a text, by its compared form; the empty text is a name like any other."""
        number = self.spellings.get(text)
        return self._spelling(text) if number is None else number

    def exact(self, name: str) -> int:
        """The number of a name that is compared exactly."""
        number = self._exact.get(name)
        return self._add(_Entry(name, exact=True)) if number is None else number

    def group(self, texts: list[str]) -> int:
        """The number of a list of texts: that of its only member, or of a set; 0 of an empty list."""
        members = tuple(sorted({self.text(text) for text in texts}))
        if len(members) < 2:
            return members[0] if members else 0
        number = self._set_numbers.get(members)
        return self._add(_Entry("", members=members)) if number is None else number

    def is_exact(self, number: int) -> bool:
        """Whether a name is compared exactly."""
        return self._exact.get(self.shown[number]) == number

    def members(self, number: int) -> tuple[int, ...]:
        """The names in a category's number: none, one, or those of a set."""
        if number & SET_BIT:
            return self.sets[number ^ SET_BIT]
        return (number,) if number else ()

    def take_fresh(self) -> list[tuple[bytes, bytes]]:
        """Changelog records of the names added since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def fresh(self) -> int:
        """How many names were added since ``take_fresh``."""
        return len(self._fresh)

    def restore(self, records: Mapping[bytes, bytes]) -> None:
        """Put back all changelog records, into an empty dictionary; raises ValueError where one is damaged or lacking.

        Numbers are given one after the other, so that a gap tells of a record that was lost.
        """
        for key in sorted(records):  # names before sets
            entry = _decoded(key, records[key])
            number = int.from_bytes(key[len(KEY_PREFIX) :], "big")
            is_set = bool(entry.members) or (entry.freed and number & SET_BIT != 0)
            if number != self._next(is_set) or any(not 0 < member < len(self.shown) for member in entry.members):
                raise ValueError("the changelog lacks a name that others follow")
            self._put(entry, number)

    def free(self, numbers: Iterable[int], sets: Iterable[int]) -> None:
        """Forget names, and sets by their place, that nothing uses; what rules name stays."""
        freed = [number for number in numbers if number and number not in self.pinned and self._forget(number)]
        freed += [SET_BIT | place for place in sets if self._forget_set(place)]
        if not freed:
            return
        gone = set(freed)
        texts = [text for text, number in self.spellings.items() if number in gone]
        for text in texts:
            del self.spellings[text]
        self.by_bytes.forget([text.encode("utf-8", "surrogatepass") for text in texts])
        self._fresh += [(_key(number), msgspec.msgpack.encode(_FREED)) for number in freed]

    def set_table(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The sets for the kernel: where each begins in the flat array of members (one more entry than sets), and
        that array."""
        ends = np.cumsum([0, *(len(members) for members in self.sets)], dtype=np.int64)
        return ends, np.array([number for members in self.sets for number in members], np.int64)

    def _spelling(self, text: str) -> int:
        number = self._texts.get(compared(text)) or self._add(_Entry(text))
        if len(self.spellings) > _SPELLINGS:  # spellings without end must not fill the memory
            self.spellings.clear()
            self.by_bytes.clear()
        self.spellings[text] = number
        self.by_bytes.add(text.encode("utf-8", "surrogatepass"), number)
        return number

    def _add(self, entry: _Entry) -> int:
        number = self._next(bool(entry.members))
        if len(self.shown) >= SET_BIT:
            raise OverflowError("the partition's dictionary of names is full")
        self._put(entry, number)
        self._fresh.append((_key(number), msgspec.msgpack.encode(entry)))
        return number

    def _next(self, is_set: bool) -> int:
        """The number that comes next for a set, or for a name."""
        return SET_BIT | len(self.sets) if is_set else len(self.shown)

    def _forget(self, number: int) -> bool:
        """Take out the name of a number; False where there is none any more."""
        shown = self.shown[number]
        for of, text in ((self._exact, shown), (self._texts, compared(shown))):
            if of.get(text) == number:
                del of[text]
                self.shown[number] = ""
                return True
        return False

    def _forget_set(self, place: int) -> bool:
        members, self.sets[place] = self.sets[place], ()
        return self._set_numbers.pop(members, None) is not None

    def _put(self, entry: _Entry, number: int) -> None:
        if number & SET_BIT:
            self.sets.append(entry.members)
            if not entry.freed:
                self._set_numbers[entry.members] = number
            return
        self.shown.append(entry.shown)
        if entry.freed:
            return
        if entry.exact:
            self._exact[entry.shown] = number
        else:
            self._texts[compared(entry.shown)] = number


def _key(number: int) -> bytes:
    return KEY_PREFIX + number.to_bytes(4, "big")


def _decoded(key: bytes, value: bytes) -> _Entry:
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the changelog's name {key[len(KEY_PREFIX) :].hex()} is damaged: {error}") from error
