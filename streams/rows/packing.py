"""A row as bytes: the value of the Faust table.

A head (version | flags << 8 | segments << 16 | seq << 32; evaluated; known; erased; the groups' counts, two a word),
the numbers of the published segments, two a word, then the records. Little-endian 64-bit words.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import BITS, COUNTS, ERASED, EVALUATED, KNOWN, OFF, ROOM, ROW_FLAGS, SEQ, SIZE, TAIL, Rows
from streams.rows.compiled import entry
from streams.rows.layout import FLAG_SHIFT, G_STATE, GROUPS, HEAD_WORDS, MEMBER, NAME_MASK, ROW_VERSION, WORDS


@entry
def packed_words(rows: Rows, which: np.ndarray, segments: np.ndarray) -> int:
    """How many words the rows take at most."""
    n = which.shape[0] * (HEAD_WORDS + segments.shape[0] // 2 + 1)
    for r in which:
        n += rows.head[r, SIZE] * WORDS
    return n


@entry
def pack_rows(rows: Rows, which: np.ndarray, segments: np.ndarray, out: np.ndarray, ends: np.ndarray) -> None:
    """Write the rows one after the other into ``out``; row i ends at word ``ends[i]``. ``segments``: the name of each
    bit."""
    o = 0
    for i in range(which.shape[0]):
        r, head = which[i], o
        o += HEAD_WORDS
        published = 0
        for bit in range(segments.shape[0]):
            if rows.head[r, BITS + (bit >> 6)] >> (bit & 63) & 1:
                if published & 1:
                    out[o] |= segments[bit] << 32
                    o += 1
                else:
                    out[o] = segments[bit]
                published += 1
        o += published & 1
        out[head] = ROW_VERSION | (rows.head[r, ROW_FLAGS] & 0xFF) << 8 | published << 16 | rows.head[r, SEQ] << 32
        out[head + 1] = rows.head[r, EVALUATED]
        out[head + 2] = rows.head[r, KNOWN]
        out[head + 3] = rows.head[r, ERASED]
        for g in range(GROUPS):
            if g & 1:
                out[head + 4 + (g >> 1)] |= np.int64(rows.head[r, COUNTS + g]) << 32
            else:
                out[head + 4 + (g >> 1)] = rows.head[r, COUNTS + g]
        for j in range(rows.head[r, OFF], rows.head[r, OFF] + rows.head[r, SIZE]):
            for w in range(WORDS):
                out[o] = rows.words[j, w]
                o += 1
        ends[i] = o


@entry
def unpack_rows(
    rows: Rows, which: np.ndarray, data: np.ndarray, starts: np.ndarray, bit_of: np.ndarray, unknown: np.ndarray
) -> int:
    """Read what is at ``data[starts[i] : starts[i + 1]]`` into row ``which[i]``, which is empty; the arena has room.

    ``bit_of[name]``: a segment's bit, or -1; then ``unknown[i]`` is set. Returns -1, or the first i whose length does
    not fit its head."""
    tail = rows.stat[TAIL]
    for i in range(starts.shape[0] - 1):
        o, r = starts[i], which[i]
        head = data[o]
        segments = head >> 16 & 0xFFFF
        rows.head[r, ROW_FLAGS] = head >> 8 & 0xFF
        rows.head[r, SEQ] = head >> 32
        rows.head[r, EVALUATED] = data[o + 1]
        rows.head[r, KNOWN] = data[o + 2]
        rows.head[r, ERASED] = data[o + 3]
        size = 0
        for g in range(GROUPS):
            count = data[o + 4 + (g >> 1)] >> (32 * (g & 1)) & NAME_MASK
            rows.head[r, COUNTS + g] = count
            size += count
        o += HEAD_WORDS
        if o + ((segments + 1) >> 1) + size * WORDS != starts[i + 1]:
            return i
        for k in range(segments):
            name = data[o + (k >> 1)] >> (32 * (k & 1)) & NAME_MASK
            bit = bit_of[name] if name < bit_of.shape[0] else -1
            if bit < 0:
                unknown[i] = 1
            else:
                rows.head[r, BITS + (bit >> 6)] |= 1 << (bit & 63)
        o += (segments + 1) >> 1
        rows.head[r, OFF], rows.head[r, SIZE], rows.head[r, ROOM] = tail, size, size
        for j in range(size):
            for w in range(WORDS):
                rows.words[tail + j, w] = data[o]
                o += 1
        tail += size
    rows.stat[TAIL] = tail
    return -1


@entry
def members_in(data: np.ndarray, starts: np.ndarray, out: np.ndarray) -> int:
    """List what segments the customers of packed rows are published in; returns how many. Row i is at
    ``data[starts[i] : starts[i + 1]]``; of a plain segment the number of its name is listed, of a family's word 1 of
    its STATE record. ``out`` has room for a word of each two of ``data``."""
    n = 0
    for i in range(starts.shape[0] - 1):
        o, end = starts[i], starts[i + 1]
        segments, remembered = data[o] >> 16 & 0xFFFF, data[o + 4 + (G_STATE >> 1)] >> (32 * (G_STATE & 1)) & NAME_MASK
        for k in range(segments):
            out[n] = data[o + HEAD_WORDS + (k >> 1)] >> (32 * (k & 1)) & NAME_MASK
            n += 1
        for j in range(end - remembered * WORDS, end, WORDS):
            if data[j] >> FLAG_SHIFT & MEMBER and data[j + 1] & NAME_MASK:
                out[n] = data[j + 1]
                n += 1
    return n


def pack(rows: Rows, which: NDArray[np.int64], segments: NDArray[np.int64]) -> list[bytes]:
    """The bytes of each of the rows."""
    out = np.empty(packed_words(rows, which, segments), "<i8")
    ends = np.zeros(len(which), np.int64)
    pack_rows(rows, which, segments, out, ends)
    whole, limits = memoryview(out).cast("B"), (ends * 8).tolist()
    return [bytes(whole[start:end]) for start, end in zip([0, *limits], limits, strict=False)]


def published_names(value: bytes) -> list[int]:
    """The numbers of the published segments in a row's bytes."""
    words = np.frombuffer(value, "<i8", count=len(value) // 8)
    count = int(words[0]) >> 16 & 0xFFFF
    return [int(words[HEAD_WORDS + (k >> 1)]) >> (32 * (k & 1)) & NAME_MASK for k in range(count)]
