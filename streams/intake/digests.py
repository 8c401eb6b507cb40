"""BLAKE2b of short texts to 64 bits, as ``hashlib.blake2b(text, digest_size=8)``. Compiled; RFC 7693."""

from __future__ import annotations

import numpy as np

from streams.rows.compiled import compiled, inlined
from streams.rows.layout import plain

#: as many bytes fit in one block
BLOCK = 128
#: words of scratch: the block's, and the state's
DIGEST_SCRATCH = 32
_STATE = plain(16)

_SIGNED = 1 << 64
IV = np.array(
    [
        0x6A09E667F3BCC908,
        0xBB67AE8584CAA73B,
        0x3C6EF372FE94F82B,
        0xA54FF53A5F1D36F1,
        0x510E527FADE682D1,
        0x9B05688C2B3E6C1F,
        0x1F83D9ABFB41BD6B,
        0x5BE0CD19137E2179,
    ],
    np.uint64,
).view(np.int64)
#: the first word of the state, for no key and a digest of 8 bytes
FIRST = plain(int(IV[0]) ^ 0x01010008)
SIGMA = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    ],
    np.int64,
)
#: which words of the state are mixed: columns, then diagonals
MIXED = np.array(
    [
        [0, 4, 8, 12],
        [1, 5, 9, 13],
        [2, 6, 10, 14],
        [3, 7, 11, 15],
        [0, 5, 10, 15],
        [1, 6, 11, 12],
        [2, 7, 8, 13],
        [3, 4, 9, 14],
    ],
    np.int64,
)


@inlined
def rotated(word: int, by: int) -> int:
    """A word turned right."""
    return (word >> by) & ((1 << (64 - by)) - 1) | word << (64 - by)


@compiled
def mix(s: np.ndarray, n: int, x: int, y: int) -> None:
    """The function G on four words of the state."""
    a, b, c, d = MIXED[n, 0] + _STATE, MIXED[n, 1] + _STATE, MIXED[n, 2] + _STATE, MIXED[n, 3] + _STATE
    s[a] += s[b] + x
    s[d] = rotated(s[d] ^ s[a], 32)
    s[c] += s[d]
    s[b] = rotated(s[b] ^ s[c], 24)
    s[a] += s[b] + y
    s[d] = rotated(s[d] ^ s[a], 16)
    s[c] += s[d]
    s[b] = rotated(s[b] ^ s[c], 63)


@compiled
def digest_of(data: np.ndarray, start: int, length: int, s: np.ndarray) -> int:
    """The digest of ``data[start : start + length]``, at most BLOCK bytes, as a signed little-endian word; ``s`` is
    scratch of DIGEST_SCRATCH words."""
    for k in range(16):
        s[k] = 0
    for k in range(length):
        s[k >> 3] |= np.int64(data[start + k]) << (8 * (k & 7))
    for k in range(8):
        s[_STATE + k] = s[_STATE + 8 + k] = IV[k]
    s[_STATE] = FIRST
    s[_STATE + 12] ^= length
    s[_STATE + 14] = ~s[_STATE + 14]
    for turn in range(12):
        for n in range(8):
            mix(s, n, s[SIGMA[turn, 2 * n]], s[SIGMA[turn, 2 * n + 1]])
    return FIRST ^ s[_STATE] ^ s[_STATE + 8]
