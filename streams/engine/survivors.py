"""Who was absorbed by whom: what partition 0 decides, and what the homes of absorbed ids know. Kept for ever."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from streams.engine.joined import Edge, Word
from streams.events.sealing import sealed, unsealed
from streams.rows.ids import key_digest
from streams.rows.layout import LONG_AGO

#: keys of the changelog: partition 0's word on every id, and of an absorbed id at its home
SURVIVOR_PREFIX = b"\0u"
REDIRECT_PREFIX = b"\0m"


class Redirect(NamedTuple):
    """Who has the facts of an id now, since when they are one (ms), the edges between the two, and up to when the facts
    of the id itself were erased."""

    survivor: str
    at_ms: int
    edges: list[Edge]
    erased_ms: int = LONG_AGO


_Edges = list[tuple[Word, Word, Word]]
_Sealed = tuple[bytes, int, list[Edge], int]  # a Redirect whose survivor is sealed by the absorbed id
_survivors = msgspec.msgpack.Decoder(tuple[bytes, _Edges])
_redirects = msgspec.msgpack.Decoder(tuple[bytes, Word, _Edges, Word])


def _digest(user: str) -> bytes:
    return blake2b(user.encode(), digest_size=16).digest()


class Decision(NamedTuple):
    """Who is absorbed by whom, the same where they were one before; the ``edges`` between them, as they were said, or
    to them from the id that was said."""

    absorbed: str
    survivor: str
    edges: list[Edge]


class Survivors:
    """Whose facts go to whom: each id is absorbed at most once, by one who is not absorbed yet, so that no circle can
    come about."""

    def __init__(self) -> None:
        self._into: dict[bytes, tuple[bytes, list[Edge]]] = {}
        self._fresh: list[tuple[bytes, bytes | None]] = []

    def join(self, source: str, user: str, at_ms: int) -> Decision:
        """Two ids are one from an instant on."""
        (absorbed, before), (survivor, after) = self._led(source), self._led(user)
        if absorbed == survivor:
            return Decision(absorbed, survivor, after)
        # not from the one to the other: these may have become one only later, by a merge that was read before
        edges = [*before, Edge(key_digest(source), key_digest(user), at_ms), *after]
        key, hidden = _digest(absorbed), sealed(survivor, absorbed)
        self._into[key] = hidden, edges
        self._fresh.append((SURVIVOR_PREFIX + key, msgspec.msgpack.encode((hidden, edges))))
        return Decision(absorbed, survivor, edges)

    def _led(self, user: str) -> tuple[str, list[Edge]]:
        """The surviving id, and the edges to it."""
        edges: list[Edge] = []
        while (found := self._into.get(_digest(user))) is not None:
            user = unsealed(found[0], user)
            edges += found[1]
        return user, edges

    def restore(self, key: bytes, value: bytes) -> None:
        """Put back one of the changelog's records; raises ValueError."""
        try:
            survivor, edges = _survivors.decode(value)
            self._into[key[len(SURVIVOR_PREFIX) :]] = survivor, [Edge(*edge) for edge in edges]
        except msgspec.MsgspecError as error:
            raise ValueError(f"the changelog's record of a survivor is damaged: {error}") from None

    def take_fresh(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records since the last call."""
        fresh, self._fresh = self._fresh, []
        return fresh

    def fresh(self) -> int:
        """How many there are."""
        return len(self._fresh)


class Redirects:
    """The absorbed ids whose home this is, under digests: of an absorbed id no more than that is kept."""

    def __init__(self) -> None:
        self._of: dict[bytes, _Sealed] = {}
        self._fresh: dict[bytes, _Sealed] = {}

    def get(self, user: str) -> Redirect | None:
        """Where an id leads; None: it was not absorbed."""
        found = self._of.get(_digest(user)) if self._of else None
        return None if found is None else Redirect(unsealed(found[0], user), *found[1:])

    def put(self, user: str, redirect: Redirect) -> None:
        """From now on the id leads there."""
        key = _digest(user)
        self._of[key] = self._fresh[key] = (sealed(redirect.survivor, user), *redirect[1:])

    def restore(self, key: bytes, value: bytes) -> None:
        """Put back one of the changelog's records; raises ValueError."""
        try:
            survivor, at_ms, edges, erased_ms = _redirects.decode(value)
            self._of[key[len(REDIRECT_PREFIX) :]] = survivor, at_ms, [Edge(*edge) for edge in edges], erased_ms
        except msgspec.MsgspecError as error:
            raise ValueError(f"the changelog's record of an absorbed id is damaged: {error}") from None

    def take_fresh(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records since the last call."""
        fresh, self._fresh = self._fresh, {}
        return [(REDIRECT_PREFIX + key, msgspec.msgpack.encode(one)) for key, one in fresh.items()]

    def fresh(self) -> int:
        """How many there are."""
        return len(self._fresh)
