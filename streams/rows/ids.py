"""Event ids as two 64-bit words whose order is the order of the ids.

An id of at most 16 bytes stands there as it is. A longer one keeps its first 8 bytes and a 64-bit digest of the
whole, so equality is exact up to a chance of 2^-64 a pair, and the order is exact where the first 8 bytes differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

INLINE = 16
_SIGN = np.uint64(1 << 63)


def id_words(ids: Sequence[str]) -> NDArray[np.int64]:
    """Shape (n, 2): signed words that compare like the ids."""
    if not ids:
        return np.empty((0, 2), np.int64)
    joined = "".join(ids)
    if joined.isascii() and "\0" not in joined and max(map(len, ids)) <= INLINE:
        packed = np.array(ids, f"S{INLINE}")
    else:
        packed = np.array([_sixteen(one) for one in ids], f"V{INLINE}")
    words = packed.view(">u8").reshape(-1, 2).astype(np.uint64)
    return (words ^ _SIGN).view(np.int64)


def _sixteen(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= INLINE and b"\0" not in raw:
        return raw.ljust(INLINE, b"\0")
    return raw[:8].ljust(8, b"\0") + blake2b(raw, digest_size=8).digest()


def id_text(word_1: int, word_2: int) -> str | None:
    """The id that the words stand for, or None where only a digest was kept."""
    raw = b"".join(((word ^ (1 << 63)) & ((1 << 64) - 1)).to_bytes(8, "big") for word in (word_1, word_2))
    stripped = raw.rstrip(b"\0")
    try:
        text = stripped.decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def key_digest(name: str) -> int:
    """A signed 64-bit digest of an order's or a message's name; within one customer equal means the same."""
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little", signed=True)
