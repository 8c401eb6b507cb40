"""Finding the fields of an object of JSON that is written plainly. Compiled.

Plain is an object of keys, the known ones at most once each, whose values are texts without escapes, numbers with
neither sign nor exponent, ``true``, ``false`` or ``null``. A list is only passed over: whoever wants it must look what
it holds, and of an unknown key it is not plain. What else stands there is not judged here: it is left to the decoder of
``events``.

An object's tokens are those of the keys that its reader knows, in their order (``keys``: their bytes and lengths), and
two more: of the last key read, and of the last value of an unknown one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.compiled import compiled
from streams.rows.layout import plain
from streams.rows.tables import OFFSET_BASIS, PRIME

#: what a value is
ABSENT, STRING, NUMBER, TRUE, FALSE, NULL, LIST = map(plain, range(7))
#: a token: what it is, where it begins and how long it is (a text without its quotes), the hash of a text, and whether
#: it may have bytes beyond ASCII, of which nobody knows yet whether they are UTF-8
K_KIND, K_START, K_LENGTH, K_HASH, K_HIGH = range(5)
TOKEN = 5

QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE, DOT, LIST_OPEN, LIST_CLOSE = map(plain, b'"\\,:{}.[]')
ZERO, NINE = map(plain, b"09")
BLANK, TAB, LINE, RETURN = map(plain, b" \t\n\r")
WORDS = np.array([list(word.ljust(5, b"\0")) for word in (b"true", b"false", b"null")], np.uint8)
WORD_LENGTHS = np.array([4, 5, 4], np.int64)
NOT_PLAIN = plain(-1)


class Texts(NamedTuple):
    """A few texts to be told apart: (n, length of the longest) and their lengths."""

    bytes: NDArray[np.uint8]
    lengths: NDArray[np.int64]


def texts(*found: bytes) -> Texts:
    """The texts, to be told apart."""
    longest = max(map(len, found))
    padded = np.array([list(one.ljust(longest, b"\0")) for one in found], np.uint8)
    return Texts(padded, np.array([len(one) for one in found], np.int64))


@compiled
def behind_blanks(data: np.ndarray, i: int, end: int) -> int:
    """The place of the next byte that is no blank, or the end."""
    while i < end and (data[i] == BLANK or data[i] == LINE or data[i] == RETURN or data[i] == TAB):
        i += 1
    return i


@compiled
def text(data: np.ndarray, i: int, end: int, tokens: np.ndarray, token: int) -> int:
    """A text from behind its first quote on; returns the place behind its last, or NOT_PLAIN."""
    start, digest, seen = i, OFFSET_BASIS, 0
    while i < end:
        byte = np.int64(data[i])
        if byte == QUOTE:
            tokens[token, K_KIND], tokens[token, K_START], tokens[token, K_LENGTH] = STRING, start, i - start
            tokens[token, K_HASH], tokens[token, K_HIGH] = digest, seen >> 7
            return i + 1
        if byte == BACKSLASH or byte < BLANK:
            return NOT_PLAIN
        seen |= byte
        digest = (digest ^ byte) * PRIME
        i += 1
    return NOT_PLAIN


@compiled
def number(data: np.ndarray, i: int, end: int, tokens: np.ndarray, token: int) -> int:
    """Digits, and a dot with digits behind it; returns the place behind them, or NOT_PLAIN."""
    start = i
    while i < end and ZERO <= data[i] <= NINE:
        i += 1
    if i == start or (data[start] == ZERO and i > start + 1):
        return NOT_PLAIN
    if i < end and data[i] == DOT:
        dot = i
        i += 1
        while i < end and ZERO <= data[i] <= NINE:
            i += 1
        if i == dot + 1:
            return NOT_PLAIN
    tokens[token, K_KIND], tokens[token, K_START], tokens[token, K_LENGTH] = NUMBER, start, i - start
    tokens[token, K_HIGH] = 0
    return i


@compiled
def word(data: np.ndarray, i: int, end: int, tokens: np.ndarray, token: int) -> int:
    """``true``, ``false`` or ``null``; returns the place behind it, or NOT_PLAIN."""
    for n in range(WORD_LENGTHS.shape[0]):
        length = WORD_LENGTHS[n]
        k = 0
        while k < length and i + k < end and data[i + k] == WORDS[n, k]:
            k += 1
        if k == length:
            tokens[token, K_KIND], tokens[token, K_HIGH] = TRUE + n, 0
            return i + k
    return NOT_PLAIN


@compiled
def passed_over(data: np.ndarray, i: int, end: int, tokens: np.ndarray, token: int) -> int:
    """A list from its bracket on, whatever it holds; returns the place behind it, or NOT_PLAIN."""
    start, depth, quoted = i, 0, False
    while i < end:
        byte = data[i]
        if byte == BACKSLASH:
            return NOT_PLAIN
        if byte == QUOTE:
            quoted = not quoted
        elif not quoted and byte == LIST_OPEN:
            depth += 1
        elif not quoted and byte == LIST_CLOSE:
            depth -= 1
            if depth == 0:
                tokens[token, K_KIND], tokens[token, K_START], tokens[token, K_LENGTH] = LIST, start, i + 1 - start
                tokens[token, K_HIGH] = 1
                return i + 1
        i += 1
    return NOT_PLAIN


@compiled
def value(data: np.ndarray, i: int, end: int, tokens: np.ndarray, token: int) -> int:
    """A value from its first byte on; returns the place behind it, or NOT_PLAIN."""
    if i >= end:
        return NOT_PLAIN
    if data[i] == QUOTE:
        return text(data, i + 1, end, tokens, token)
    if ZERO <= data[i] <= NINE:
        return number(data, i, end, tokens, token)
    if data[i] == LIST_OPEN:
        return passed_over(data, i, end, tokens, token)
    return word(data, i, end, tokens, token)


@compiled
def same(data: np.ndarray, start: int, wanted: np.ndarray, n: int, length: int) -> bool:
    """Whether the bytes from ``start`` on are the first of ``wanted[n]``."""
    k = 0
    while k < length and data[start + k] == wanted[n, k]:
        k += 1
    return k == length


@compiled
def which(data: np.ndarray, start: int, length: int, texts: Texts) -> int:
    """Which of the texts ``data[start : start + length]`` is; behind the last where it is none."""
    n = 0
    while n < texts.lengths.shape[0] and (texts.lengths[n] != length or not same(data, start, texts.bytes, n, length)):
        n += 1
    return n


@compiled
def read_object(data: np.ndarray, start: int, end: int, keys: Texts, tokens: np.ndarray) -> int:
    """The fields of an object that begins at or behind ``start``; returns the place behind it, or NOT_PLAIN."""
    key = keys.lengths.shape[0]
    other = key + 1
    for token in range(key):
        tokens[token, K_KIND] = ABSENT
    i = behind_blanks(data, start, end)
    if i >= end or data[i] != OPEN:
        return NOT_PLAIN
    closed = False
    while not closed:
        i = behind_blanks(data, i + 1, end)  # behind the brace or a comma
        if i >= end or data[i] != QUOTE:
            return NOT_PLAIN
        i = text(data, i + 1, end, tokens, key)
        if i < 0 or tokens[key, K_HIGH] != 0:
            return NOT_PLAIN
        i = behind_blanks(data, i, end)
        if i >= end or data[i] != COLON:
            return NOT_PLAIN
        found = which(data, tokens[key, K_START], tokens[key, K_LENGTH], keys)
        token = other if found == key else found
        if token != other and tokens[token, K_KIND] != ABSENT:
            return NOT_PLAIN  # twice
        i = value(data, behind_blanks(data, i + 1, end), end, tokens, token)
        if i < 0 or (token == other and tokens[other, K_HIGH] != 0):
            return NOT_PLAIN
        i = behind_blanks(data, i, end)
        if i >= end or (data[i] != COMMA and data[i] != CLOSE):
            return NOT_PLAIN
        closed = data[i] == CLOSE
    return i + 1
