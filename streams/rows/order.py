"""Which of two events of one instant has the greater id, and keeping the texts of long ids. Compiled; see ``ids``."""

from __future__ import annotations

import numpy as np

from streams.rows.arena import COUNTS, OFF, SIZE, Rows
from streams.rows.batch import B_AT, B_FORM, B_ID, B_REST, B_REST_END, Batch
from streams.rows.compiled import compiled
from streams.rows.layout import (
    AT_SHIFT,
    FLAG_SHIFT,
    G_REST,
    ID_FORMS,
    ID_LONG,
    ID_REST,
    ID_UUID,
    MOST_RESTS,
    REST_WORDS,
    plain,
)
from streams.rows.places import rest_end, rest_start

#: the bit by which a word of text differs from the signed word that compares like it; and such a word with no text
SIGN = plain(-(1 << 63))
#: as many words of text as an id has at most
TEXT_WORDS = 1 + REST_WORDS * MOST_RESTS
UUID_BYTES, DASH, DIGIT_0, BEFORE_A = 36, 45, 48, 87


@compiled
def put_rests(rows: Rows, r: int, batch: Batch, e: int) -> None:
    """Put what the id of event e goes on with into the row, which has room for it."""
    words, first = rows.words, batch.events[e, B_REST]
    at_ms, digest = batch.events[e, B_AT], batch.events[e, B_ID + 1]
    n = batch.events[e, B_REST_END] - first
    if n == 0:
        return
    place = rest_start(rows, r, at_ms, digest)
    for i in range(rows.head[r, OFF] + rows.head[r, SIZE] - 1, place - 1, -1):
        for w in range(5):
            words[i + n, w] = words[i, w]
    for i in range(n):
        words[place + i, 0] = at_ms << AT_SHIFT | ID_REST
        words[place + i, 1] = digest
        for w in range(REST_WORDS):
            words[place + i, 2 + w] = batch.records[first + i, w]
    rows.head[r, SIZE] += n
    rows.head[r, COUNTS + G_REST] += n


@compiled
def uuid_byte(word_1: int, word_2: int, place: int) -> int:
    """A byte of the text of a UUID that is packed into two words; 0 behind its end."""
    if place >= UUID_BYTES:
        return 0
    if place == 8 or place == 13 or place == 18 or place == 23:
        return DASH
    nibble = place - (place > 8) - (place > 13) - (place > 18) - (place > 23)
    word = (word_1 if nibble < 16 else word_2) ^ SIGN
    digit = word >> (60 - 4 * (nibble & 15)) & 15
    return digit + (DIGIT_0 if digit < 10 else BEFORE_A)


@compiled
def text_word(form: int, word_1: int, word_2: int, rests: np.ndarray, column: int, start: int, end: int, k: int) -> int:
    """Word k of the text of an id that goes on in ``rests[start:end]`` from a column on."""
    if form == ID_UUID:
        found = 0
        for place in range(8 * k, 8 * k + 8):
            found = found << 8 | uuid_byte(word_1, word_2, place)
        return found ^ SIGN
    if k == 0:
        return word_1
    if form == ID_LONG:
        place = start + (k - 1) // REST_WORDS
        return rests[place, column + (k - 1) % REST_WORDS] if place < end else SIGN
    return word_2 if k == 1 else SIGN


@compiled
def counts_before(rows: Rows, r: int, i: int, batch: Batch, e: int) -> bool:
    """Whether the event whose first record lies at i, at the instant of event e of the batch, has the lesser id."""
    mine: int = rows.words[i, 0] >> FLAG_SHIFT & ID_FORMS
    mine_1: int = rows.words[i, 1]
    mine_2: int = rows.words[i, 2]
    other: int = batch.events[e, B_FORM]
    other_1: int = batch.events[e, B_ID]
    other_2: int = batch.events[e, B_ID + 1]
    one_form = mine == other
    if mine_1 != other_1 and (one_form or (mine | other) & ID_UUID == 0):
        return mine_1 < other_1
    if one_form and mine != ID_LONG:
        return mine_2 <= other_2
    start = rest_start(rows, r, rows.words[i, 0] >> AT_SHIFT, mine_2)
    end = rest_end(rows, r, start)
    first, limit = batch.events[e, B_REST], batch.events[e, B_REST_END]
    for k in range(TEXT_WORDS):
        held = text_word(mine, mine_1, mine_2, rows.words, 2, start, end, k)
        fresh = text_word(other, other_1, other_2, batch.records, 0, first, limit, k)
        if held != fresh:
            return held < fresh
    return mine_2 <= other_2
