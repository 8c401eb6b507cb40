"""Which ids a customer is made of, since when they are together, and whose a fact was before that.

A row does not tell whose its facts were. It matters only for what is dated before two ids were one: an erasure forgets
the facts of those who were one at its instant, and a resubscription takes back their refusals.
Ids are ``rows.ids.key_digest`` of their text.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from streams.rows.layout import LONG_AGO, NEVER, RESUBSCRIBED, UNSUBSCRIBED

#: a number of 64 bits
Word = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
#: an event's id as the two words of it that a row has
Words = tuple[int, int]


class Edge(NamedTuple):
    """Two ids that are one from an instant on (ms)."""

    one: int
    other: int
    at_ms: int


class Said(NamedTuple):
    """One word on whether mail is welcome: its instant, the event's id, what was said (``layout``), and by whom."""

    at_ms: int
    id: Words
    action: int
    by: int


@dataclass(slots=True)
class Joined:
    """What is known of a customer whose own id is ``own``.

    ``erased``: the newest erasure of each other id (ms), as far as it is not one of the whole customer; ``origins``:
    the event ids (n, 2) that another id brought, of events before it was one with ``own``.
    """

    own: int
    edges: list[Edge] = field(default_factory=list)
    erased: dict[int, int] = field(default_factory=dict)
    origins: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    _reach: dict[int, dict[int, int]] = field(default_factory=dict)

    def learn(self, edges: Iterable[Edge]) -> bool:
        """More ids that are one; whether any of it is new."""
        fresh = [edge for edge in dict.fromkeys(edges) if edge not in self.edges]
        if fresh:
            self.edges += fresh
            self._reach = {}
        return bool(fresh)

    def note_erased(self, member: int, at_ms: int) -> None:
        """An erasure of another id."""
        self.erased[member] = max(at_ms, self.erased.get(member, LONG_AGO))

    def since(self, member: int) -> int:
        """From when on an id is one with ``own``; LONG_AGO where nothing is known of it."""
        return self._reached(self.own).get(member, LONG_AGO)

    def last_ms(self) -> int:
        """The instant from which on all are one."""
        return max((edge.at_ms for edge in self.edges), default=LONG_AGO)

    def group(self, member: int, at_ms: int) -> set[int]:
        """The ids that are one with an id at an instant, itself among them."""
        return {one for one, since in self._reached(member).items() if since <= at_ms}

    def covers(self, member: int, at_ms: int, own_erased: int) -> bool:
        """Whether an event of an id is forgotten by an erasure; ``own_erased`` is the newest one of ``own``."""
        erasures = [(self.own, own_erased), *self.erased.items()]
        reached = self._reached(member) if any(at_ms <= until for _, until in erasures) else {}
        return any(at_ms <= until and reached.get(by, NEVER) <= until for by, until in erasures)

    def bring(self, member: int, ids: Iterable[Words]) -> None:
        """From now on these events are what another id brought."""
        more = np.array(list(ids), np.int64).reshape(-1, 2)
        self.origins[member] = np.concatenate([self.origins.get(member, more[:0]), more])

    def take_back(self, ids: Iterable[Words]) -> None:
        """These events are those of ``own`` after all."""
        mine = set(ids)
        for member, brought in self.origins.items():
            self.origins[member] = brought[[tuple(one) not in mine for one in brought.tolist()]]

    def whose(self) -> dict[Words, int]:
        """Whose the events are that are not those of ``own``."""
        return {(word_1, word_2): member for member, ids in self.origins.items() for word_1, word_2 in ids.tolist()}

    def refusing(self, said: Sequence[Said]) -> dict[int, bool]:
        """Of each instant at which ids became one, whether one of those had refused mail before it; ``said`` is in
        order of time."""
        refusing: set[int] = set()
        found: dict[int, bool] = {}
        place = 0
        for edge in sorted(self.edges, key=lambda edge: edge.at_ms):
            while place < len(said) and said[place].at_ms < edge.at_ms:
                word, place = said[place], place + 1
                if word.action == UNSUBSCRIBED:
                    refusing.add(word.by)
                elif word.action == RESUBSCRIBED and refusing:
                    refusing -= self.group(word.by, word.at_ms)
            refused = bool(refusing) and not refusing.isdisjoint(self.group(edge.one, edge.at_ms))
            found[edge.at_ms] = refused or found.get(edge.at_ms, False)
        return found

    def _reached(self, start: int) -> dict[int, int]:
        """From when on each id is one with ``start``; remembered, as it is asked for again and again."""
        found = self._reach.get(start)
        if found is None:
            found = self._reach[start] = self._reached_from(start)
        return found

    def _reached_from(self, start: int) -> dict[int, int]:
        """The paths between ids are few, and of each its newest edge counts."""
        found, groups = {start: LONG_AGO}, {start: {start}}
        for one, other, at_ms in sorted(self.edges, key=lambda edge: edge.at_ms):
            first, second = groups.setdefault(one, {one}), groups.setdefault(other, {other})
            if first is second:
                continue
            small, large = sorted((first, second), key=len)
            if start in first or start in second:
                found.update(dict.fromkeys(second if start in first else first, at_ms))
            large |= small
            groups.update(dict.fromkeys(small, large))
        return found


class _Kept(msgspec.Struct, array_like=True):
    """A changelog value."""

    edges: list[tuple[Word, Word, Word]]
    erased: dict[Word, Word]
    origins: dict[Word, bytes]


_decoder = msgspec.msgpack.Decoder(_Kept)


def kept(joined: Joined) -> bytes:
    """The changelog's value."""
    return msgspec.msgpack.encode(_Kept([*joined.edges], joined.erased, packed(joined.origins)))


def unkept(own: int, value: bytes) -> Joined:
    """From the changelog's value; raises ValueError."""
    try:
        found = _decoder.decode(value)
        return Joined(own, [Edge(*edge) for edge in found.edges], found.erased, unpacked(found.origins))
    except ValueError as error:  # also msgspec's
        raise ValueError(f"the changelog's record of merged ids is damaged: {error}") from None


def packed(origins: dict[int, NDArray[np.int64]]) -> dict[int, bytes]:
    """Event ids by whose they are, as bytes."""
    return {member: ids.astype("<i8").tobytes() for member, ids in origins.items() if len(ids)}


def unpacked(origins: dict[int, bytes]) -> dict[int, NDArray[np.int64]]:
    """Event ids by whose they are, from their bytes; raises ValueError."""
    return {member: np.frombuffer(ids, "<i8").astype(np.int64).reshape(-1, 2) for member, ids in origins.items()}
