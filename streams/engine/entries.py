"""What a partition keeps in its local store, as keys and values, and what a store must be able to do.

A customer's key is a digest, so that no id is ever part of a key: keys show up in a store's own lists of its files,
from which nobody can erase.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

import msgspec

from streams.rows.layout import NEVER

Pairs = list[tuple[bytes, bytes | None]]

#: what keys begin with: rows by customer; customers by their next boundary; the changelog's records that are no rows;
#: sizes of segments; and the one record that says what the rest is worth
ROW, DUE, NOTE, SIZE, META = b"r", b"d", b"n", b"s", b"m"
_HEAD = struct.Struct("<qqi")


class Store(Protocol):
    """An ordered map of bytes on a local disk. Every method may raise MicrosegError: it can do no more."""

    def open(self) -> None:
        """Make it ready, empty where what is on the disk is of no use."""

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys; None where there is none."""

    def scan(self, start: bytes, end: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """At most so many of the pairs whose keys are from ``start`` to before ``end``, in order."""

    def write(self, pairs: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Put all of them in, or nothing; None takes a key out."""

    def scrub(self, keys: Sequence[bytes]) -> None:
        """See to it that what was taken out under these keys is soon nowhere on the disk."""

    def touch(self) -> None:
        """It is as new as the changelog is at this moment."""

    def close(self) -> None:
        """Let go of the disk."""


class Entry(NamedTuple):
    """A stored row: its next boundary (ms), the generation of rules under which that was found, the customer and the
    row as in the changelog."""

    due_ms: int
    generation: int
    user: bytes
    row: bytes


class Meta(msgspec.Struct, frozen=True):
    """What a store holds: rows, of them ``fresh`` of ``generation``, whose rules are ``rules``; all that the changelog
    has before offset ``next``; and the newest instant (ms)."""

    next: int = 0
    rows: int = 0
    fresh: int = 0
    generation: int = 0
    rules: bytes = b""
    clock_ms: int = 0


_meta = msgspec.msgpack.Decoder(Meta)


def row_key(user: bytes) -> bytes:
    """The key of a customer's row."""
    return ROW + blake2b(user, digest_size=16).digest()


def due_key(due_ms: int, row: bytes = b"") -> bytes:
    """The key of a boundary of the customer whose row's key is given; without one it is before all at that instant."""
    return DUE + (due_ms + NEVER).to_bytes(8, "big") + row[1:]


def due_of(key: bytes) -> int:
    """The instant of a boundary's key (ms)."""
    return int.from_bytes(key[1:9], "big") - NEVER


def packed_entry(due_ms: int, generation: int, user: bytes, row: bytes) -> bytes:
    """The value of a customer's row."""
    return _HEAD.pack(due_ms, generation, len(user)) + user + row


def entry_of(value: bytes) -> Entry:
    """What ``packed_entry`` packed."""
    due_ms, generation, length = _HEAD.unpack_from(value)
    end = _HEAD.size + length
    return Entry(due_ms, generation, value[_HEAD.size : end], value[end:])


def size_key(member: int) -> bytes:
    """The key of a segment's size: of a plain one by the number of its name, of a family's by word 1 of STATE."""
    return SIZE + member.to_bytes(8, "big")


def packed_meta(meta: Meta) -> bytes:
    """The value of META."""
    return msgspec.msgpack.encode(meta)


def meta_of(value: bytes | None) -> Meta:
    """The value of META; of an empty store that of nothing."""
    return Meta() if value is None else _meta.decode(value)


def after(key: bytes) -> bytes:
    """The least key that is greater."""
    return key + b"\0"


def end_of(prefix: bytes) -> bytes:
    """The least key that is greater than all that begin so."""
    return prefix[:-1] + bytes([prefix[-1] + 1])
