"""Amounts, instants and ids in their plain spellings. Compiled; -1, or False, where a spelling is not plain."""

from __future__ import annotations

import numpy as np

from streams.intake.tokens import DOT, NINE, NUMBER, STRING, ZERO
from streams.rows.compiled import compiled
from streams.rows.layout import plain

UNKNOWN = plain(-1)
#: ``amounts.MAX_UNITS``, ``instants.YEAR_2000_MS`` and ``instants.YEAR_9999_MS``; a test holds them against those
MAX_UNITS = plain(400_000_000_000_000)
YEAR_2000_MS, YEAR_9999_MS = plain(946_684_800_000), plain(253_402_300_799_999)
DECIMALS = 4
MOST_DIGITS = 15
DASH, PLUS, SMALL_T, CAPITAL_T, SMALL_Z, CAPITAL_Z, DOUBLE_DOT = map(plain, b"-+tTzZ:")
SMALL_A, SMALL_F = map(plain, b"af")
DAYS_BEFORE = np.array([0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365], np.int64)
SHORTEST_STAMP = len("2026-01-01T00:00:00Z")
#: the bit by which a word of text differs from the signed word that compares like it (``rows.ids``)
SIGN = plain(-(1 << 63))
SHORT_ID, UUID_LENGTH = 16, 36


@compiled
def amount(data: np.ndarray, start: int, length: int) -> int:
    """Ten-thousandths of a decimal of at most four decimals."""
    found, digits, decimals = 0, 0, UNKNOWN
    for i in range(start, start + length):
        byte = np.int64(data[i])
        if byte == DOT and decimals < 0 and digits > 0:
            decimals = 0
            continue
        if byte < ZERO or byte > NINE:
            return UNKNOWN
        found = 10 * found + byte - ZERO
        digits += 1
        if decimals >= 0:
            decimals += 1
    if digits == 0 or digits > MOST_DIGITS or decimals == 0 or decimals > DECIMALS:
        return UNKNOWN
    for _ in range(DECIMALS - max(decimals, 0)):
        found *= 10
    return found if found <= MAX_UNITS else UNKNOWN


@compiled
def digits(data: np.ndarray, start: int, count: int) -> int:
    """The number that so many digits make."""
    found = 0
    for i in range(start, start + count):
        if data[i] < ZERO or data[i] > NINE:
            return UNKNOWN
        found = 10 * found + np.int64(data[i]) - ZERO
    return found


@compiled
def day_of(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of 1970 or later; UNKNOWN of a date that there is not."""
    if month < 1 or month > 12 or day < 1 or year < 1970:
        return UNKNOWN
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    in_month = DAYS_BEFORE[month] - DAYS_BEFORE[month - 1] + (leap and month == 2)
    if day > in_month:
        return UNKNOWN
    past = year - 1
    leaps = past // 4 - past // 100 + past // 400 - (1969 // 4 - 1969 // 100 + 1969 // 400)
    return 365 * (year - 1970) + leaps + DAYS_BEFORE[month - 1] + (leap and month > 2) + day - 1


@compiled
def offset_ms(data: np.ndarray, i: int, end: int) -> int:
    """Milliseconds that the offset ``data[i:end]`` of a stamp lies east of Greenwich, plus a day; UNKNOWN: none."""
    if end - i == 1 and (data[i] == SMALL_Z or data[i] == CAPITAL_Z):
        return 86_400_000
    if end - i != 6 or (data[i] != PLUS and data[i] != DASH) or data[i + 3] != DOUBLE_DOT:
        return UNKNOWN
    hours, minutes = digits(data, i + 1, 2), digits(data, i + 4, 2)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return UNKNOWN
    east = (60 * hours + minutes) * 60_000
    return 86_400_000 + (east if data[i] == PLUS else -east)


@compiled
def stamp(data: np.ndarray, start: int, length: int) -> int:
    """Milliseconds of an RFC 3339 stamp, cut off."""
    i = start
    if length < SHORTEST_STAMP or data[i + 4] != DASH or data[i + 7] != DASH:
        return UNKNOWN
    if (data[i + 10] != SMALL_T and data[i + 10] != CAPITAL_T) or data[i + 13] != DOUBLE_DOT:
        return UNKNOWN
    year, month, day = digits(data, i, 4), digits(data, i + 5, 2), digits(data, i + 8, 2)
    hour, minute, second = digits(data, i + 11, 2), digits(data, i + 14, 2), digits(data, i + 17, 2)
    if data[i + 16] != DOUBLE_DOT or year < 0 or hour < 0 or minute < 0 or second < 0:
        return UNKNOWN
    if hour > 23 or minute > 59 or second > 59:
        return UNKNOWN
    since = day_of(year, month, day)
    k, ms, unit = i + 19, 0, 100
    if data[k] == DOT:
        k += 1
        while k < start + length and ZERO <= data[k] <= NINE:
            ms += unit * (np.int64(data[k]) - ZERO)
            unit //= 10
            k += 1
        if k == i + 20:
            return UNKNOWN
    east = offset_ms(data, k, start + length)
    if since < 0 or east < 0:
        return UNKNOWN
    return ((since * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + ms - (east - 86_400_000)


@compiled
def instant(data: np.ndarray, kind: int, start: int, length: int) -> int:
    """Milliseconds of an event's instant."""
    found = UNKNOWN
    if kind == NUMBER and length <= MOST_DIGITS:
        found = digits(data, start, length)
    elif kind == STRING:
        found = stamp(data, start, length)
    return found if YEAR_2000_MS <= found <= YEAR_9999_MS else UNKNOWN


@compiled
def word_of(data: np.ndarray, start: int, length: int) -> int:
    """At most eight bytes as a word that compares like them."""
    found = 0
    for k in range(8):
        found = found << 8 | (np.int64(data[start + k]) if k < length else 0)
    return found ^ SIGN


@compiled
def nibble(byte: int) -> int:
    """The value of a hexadecimal digit in small letters."""
    if ZERO <= byte <= NINE:
        return byte - ZERO
    return byte - SMALL_A + 10 if SMALL_A <= byte <= SMALL_F else UNKNOWN


@compiled
def uuid_word(data: np.ndarray, start: int, first: int) -> int:
    """Sixteen hexadecimal digits of a UUID as a word, from digit ``first`` on; only valid where ``is_uuid``."""
    found = 0
    for n in range(first, first + 16):
        place = n + (n >= 8) + (n >= 12) + (n >= 16) + (n >= 20)
        found = found << 4 | nibble(np.int64(data[start + place]))
    return found ^ SIGN


@compiled
def is_uuid(data: np.ndarray, start: int, length: int) -> bool:
    """Whether a text is a UUID as it is mostly written: in small letters, with dashes."""
    if length != UUID_LENGTH:
        return False
    for k in range(UUID_LENGTH):
        byte = np.int64(data[start + k])
        dash = k == 8 or k == 13 or k == 18 or k == 23
        if (byte != DASH) if dash else (nibble(byte) < 0):
            return False
    return True
