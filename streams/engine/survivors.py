"""Who was absorbed by whom: what partition 0 decides, and what the homes of absorbed ids know. Kept for ever."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import msgspec

from streams.engine.joined import Edge, Word
from streams.rows.ids import key_digest
from streams.rows.layout import LONG_AGO

#: keys of the changelog: partition 0's word on every id, and of an absorbed id at its home
SURVIVOR_PREFIX = b"\0u"
REDIRECT_PREFIX = b"\0m"


class Redirect(NamedTuple):
    """Who has the facts of an id now, since when (ms), and up to when those of the id itself were erased."""

    survivor: str
    at_ms: int
    erased_ms: int = LONG_AGO


_survivors = msgspec.msgpack.Decoder(tuple[str, Word])
_redirects = msgspec.msgpack.Decoder(tuple[str, Word, Word])


def _digest(user: str) -> bytes:
    return blake2b(user.encode(), digest_size=16).digest()


class Decision(NamedTuple):
    """Who is absorbed by whom, the same where they were one before; ``edges`` led to either from the ids that were
    said."""

    absorbed: str
    survivor: str
    edges: list[Edge]


class Survivors:
    """Whose facts go to whom: each id is absorbed at most once, by one who is not absorbed yet, so that no circle can
    come about."""

    def __init__(self) -> None:
        self._into: dict[bytes, tuple[str, int]] = {}
        self._fresh: list[tuple[bytes, bytes | None]] = []

    def join(self, source: str, user: str, at_ms: int) -> Decision:
        """Two ids are one from an instant on."""
        edges: list[Edge] = []
        absorbed, survivor = self._led(source, edges), self._led(user, edges)
        if absorbed != survivor:
            key, into = _digest(absorbed), (survivor, at_ms)
            self._into[key] = into
            self._fresh.append((SURVIVOR_PREFIX + key, msgspec.msgpack.encode(into)))
        return Decision(absorbed, survivor, edges)

    def _led(self, user: str, edges: list[Edge]) -> str:
        """The surviving id; notes the edges to it."""
        while (found := self._into.get(_digest(user))) is not None:
            into, at_ms = found
            edges.append(Edge(key_digest(user), key_digest(into), at_ms))
            user = into
        return user

    def restore(self, key: bytes, value: bytes) -> None:
        """Put back one of the changelog's records; raises ValueError."""
        try:
            self._into[key[len(SURVIVOR_PREFIX) :]] = _survivors.decode(value)
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
        self._of: dict[bytes, Redirect] = {}
        self._fresh: dict[bytes, Redirect] = {}

    def get(self, user: str) -> Redirect | None:
        """Where an id leads; None: it was not absorbed."""
        return self._of.get(_digest(user)) if self._of else None

    def put(self, user: str, redirect: Redirect) -> None:
        """From now on the id leads there."""
        key = _digest(user)
        self._of[key] = self._fresh[key] = redirect

    def restore(self, key: bytes, value: bytes) -> None:
        """Put back one of the changelog's records; raises ValueError."""
        try:
            self._of[key[len(REDIRECT_PREFIX) :]] = Redirect(*_redirects.decode(value))
        except msgspec.MsgspecError as error:
            raise ValueError(f"the changelog's record of an absorbed id is damaged: {error}") from None

    def take_fresh(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records since the last call."""
        fresh, self._fresh = self._fresh, {}
        return [(REDIRECT_PREFIX + key, msgspec.msgpack.encode(tuple(one))) for key, one in fresh.items()]

    def fresh(self) -> int:
        """How many there are."""
        return len(self._fresh)
