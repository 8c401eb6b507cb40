"""What partitions tell each other of merges, as records of the identity topic.

A merge is asked of partition 0 (``Ask``), which says whose facts move to whom (``Claim``, to the absorbed id's home);
they arrive at the survivor's home as ``Facts``, and what comes for the old id later as ``Straggler``.
"""

from __future__ import annotations

from typing import Union

import msgspec

from streams.engine.joined import Word
from streams.rows.home import home_partition
from streams.rows.portable import History

#: the first byte of every message of this version
VERSION = b"\x01"
FIRST = 0


class MergeSaid(msgspec.Struct, array_like=True, frozen=True):
    """A merge event, as it was said."""

    user: str
    source: str
    at_ms: Word
    id: str


class Ask(msgspec.Struct, array_like=True, frozen=True, tag="ask"):
    """Two ids are one, it is said."""

    merge: MergeSaid


class Claim(msgspec.Struct, array_like=True, frozen=True, tag="claim"):
    """The facts of ``absorbed``, who had not been absorbed before, go to ``survivor``; ``edges`` lead from one to the
    other."""

    absorbed: str
    survivor: str
    merge: MergeSaid
    edges: list[tuple[Word, Word, Word]]


class Known(msgspec.Struct, array_like=True, frozen=True, tag="known"):
    """A merge within one customer, which makes them known and no more; ``edges`` led to them."""

    survivor: str
    merge: MergeSaid
    edges: list[tuple[Word, Word, Word]]


class Facts(msgspec.Struct, array_like=True, frozen=True, tag="facts"):
    """All that was known of ``absorbed``: see ``joined.Joined``, with ``edges`` to the survivor."""

    absorbed: str
    survivor: str
    merge: MergeSaid
    edges: list[tuple[Word, Word, Word]]
    erased: dict[Word, Word]
    origins: dict[Word, bytes]
    history: History


class Straggler(msgspec.Struct, array_like=True, frozen=True, tag="straggler"):
    """An event, as it was received, of an id that ``edges`` lead to the survivor."""

    survivor: str
    value: bytes
    key: bytes | None
    edges: list[tuple[Word, Word, Word]]


Message = Union[Ask, Claim, Known, Facts, Straggler]
_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)


def encoded(message: Message) -> bytes:
    """A message as a record's value."""
    return VERSION + msgspec.msgpack.encode(message)


def decoded(value: bytes) -> Message:
    """The message in a record's value; raises ValueError where there is none."""
    if value[:1] != VERSION:
        raise ValueError("no message about merges of a version that this program knows")
    try:
        return _decoder.decode(value[1:])
    except msgspec.MsgspecError as error:
        raise ValueError(f"no message about merges: {error}") from None


def home_of(message: Message, partitions: int) -> int:
    """The partition that a message is for."""
    if isinstance(message, Ask):
        return FIRST
    return home_partition(message.absorbed if isinstance(message, Claim) else message.survivor, partitions)
