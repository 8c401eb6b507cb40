"""Event ids as numbers that compare like the ids, however long they are.

An id's text is its UTF-8 bytes in words of eight, zeros behind its end; as a zero byte marks the end, a byte 0 or 1 of
the id is written as two. An id of at most 16 bytes is two words (form 0), and so is a UUID, packed (ID_UUID). A longer
one (ID_LONG) is its first word and a 64-bit digest of the whole, and goes on in rests of 24 bytes each: two such ids
are equal up to a chance of 2^-64 a pair, and beyond the last rest their digests decide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import Rows
from streams.rows.batch import B_FORM, B_ID, B_REST, B_REST_END, Batch
from streams.rows.layout import (
    AT_SHIFT,
    FLAG_SHIFT,
    ID_FORMS,
    ID_LONG,
    ID_UUID,
    LINK_MASK,
    MOST_RESTS,
    REST_WORDS,
)
from streams.rows.parts import rests

INLINE = 16
_HEAD, _REST = 8, 8 * REST_WORDS
_SIGN = np.uint64(1 << 63)
#: FNV-1a of 64 bits (Fowler, Noll and Vo), as in ``tables``
_OFFSET_BASIS, _PRIME, _WORD = 0xCBF29CE484222325, 1099511628211, (1 << 64) - 1
_is_uuid = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


class Ids(NamedTuple):
    """n ids: ``forms`` (n,), ``words`` (n, 2), signed, and the ``rests`` (m, REST_WORDS), those of id i
    being ``starts[i]:ends[i]``."""

    forms: NDArray[np.int64]
    words: NDArray[np.int64]
    rests: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def packed_ids(ids: Sequence[str]) -> Ids:
    """The ids as numbers."""
    joined = "".join(ids)
    plain = joined.isascii() and "\0" not in joined and "\1" not in joined
    if plain and max(map(len, ids), default=0) <= INLINE:
        none = np.zeros(len(ids), np.int64)
        return Ids(none, _words(np.array(ids, f"S{INLINE}").tobytes(), 2), _words(b"", REST_WORDS), none, none)
    forms, heads, rests = zip(*map(_packed, ids), strict=True)
    counts = np.array([len(rest) // _REST for rest in rests])
    ends = np.cumsum(counts)
    words = _words(b"".join(heads), 2)
    return Ids(np.array(forms, np.int64), words, _words(b"".join(rests), REST_WORDS), ends - counts, ends)


def _packed(text: str) -> tuple[int, bytes, bytes]:
    """Form, 16 bytes, and the rests of an id."""
    if len(text) == 36 and _is_uuid(text):
        return int(ID_UUID), bytes.fromhex(text.replace("-", "")), b""
    raw = text.encode("utf-8", "surrogatepass")
    if b"\0" in raw or b"\1" in raw:
        raw = raw.replace(b"\1", b"\1\2").replace(b"\0", b"\1\1")
    if len(raw) <= INLINE:
        return 0, raw.ljust(INLINE, b"\0"), b""
    rest = raw[_HEAD : _HEAD + _REST * MOST_RESTS]
    return int(ID_LONG), raw[:_HEAD] + _digest(raw), rest.ljust(-(-len(rest) // _REST) * _REST, b"\0")


def _digest(raw: bytes) -> bytes:
    return blake2b(raw, digest_size=8).digest()


def _words(raw: bytes, width: int) -> NDArray[np.int64]:
    """Rows of so many words that compare like the bytes."""
    return (np.frombuffer(raw, ">u8").astype(np.uint64) ^ _SIGN).view(np.int64).reshape(-1, width)


def _bytes(words: NDArray[np.int64]) -> bytes:
    return (words.ravel().view(np.uint64) ^ _SIGN).astype(">u8").tobytes()


def id_text(form: int, words: NDArray[np.int64], rests: NDArray[np.int64]) -> str | None:
    """The id of that form, two words and rests, or None where it is longer than its rests."""
    head = _bytes(words)
    if form == ID_UUID:
        return str(UUID(bytes=head))
    raw = (head[:_HEAD] + _bytes(rests) if form == ID_LONG else head).rstrip(b"\0")
    if form == ID_LONG and _digest(raw) != head[_HEAD:]:
        return None
    return _decoded(raw.replace(b"\1\1", b"\0").replace(b"\1\2", b"\1"))


def _decoded(raw: bytes) -> str:
    """The text of an id. Only a damaged changelog has others than were encoded here; what else that says stands."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def id_texts(batch: Batch) -> Callable[[int], str | None]:
    """What tells the id of an event of a batch; None where it is longer than its rests."""
    events, heads = batch.events, _bytes(batch.events[:, B_ID : B_ID + 2])

    def text(event: int) -> str | None:
        form, head = int(events[event, B_FORM]), heads[INLINE * event : INLINE * (event + 1)]
        if form == 0 and b"\1" not in head:  # most ids
            return head.rstrip(b"\0").decode("utf-8", "surrogatepass")
        if form == ID_UUID:
            digits = head.hex()
            return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
        rest = batch.records[events[event, B_REST] : events[event, B_REST_END]]
        return id_text(form, events[event, B_ID : B_ID + 2], rest)

    return text


def held_id(rows: Rows, row: int, place: int) -> str | None:
    """The id of the event whose first record lies at a place of the arena, in that row; None where it is too long."""
    record, texts = rows.words[place], rests(rows, row)
    mine = (texts[:, 0] >> AT_SHIFT == record[0] >> AT_SHIFT) & (texts[:, 1] == record[2])
    return id_text(int(record[0] >> FLAG_SHIFT & ID_FORMS), record[1:3], texts[mine, 2:])


def key_digest(name: str) -> int:
    """A signed 64-bit digest of an order's or a message's name; within one customer equal means the same."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)


def message_word(message: str, link: str | None) -> int:
    """Word 3 of an EMAIL record: 48 bits tell the messages of one customer apart, 16 the links of a message."""
    return key_digest(message) & ~LINK_MASK | (0 if link is None else link_mark(link))


def link_mark(link: str) -> int:
    """A number above 0 and within LINK_MASK: FNV-1a of 64 bits, folded."""
    digest = _OFFSET_BASIS
    for byte in link.encode("utf-8", "surrogatepass"):
        digest = (digest ^ byte) * _PRIME & _WORD
    digest ^= digest >> 32
    return (digest ^ digest >> 16) & LINK_MASK or 1
