"""Where things lie in a row. Compiled; see ``arena.Rows``."""

from __future__ import annotations

from streams.rows.arena import COUNTS, OFF, SIZE, Rows
from streams.rows.compiled import compiled
from streams.rows.layout import AT_SHIFT, DISCOUNT, FLAG_SHIFT, G_REST, G_STATE, ID_FORMS, ITEM, KIND_MASK


@compiled
def is_child(word0: int) -> bool:
    """Whether a record is a line of the event before it."""
    return ITEM <= word0 & KIND_MASK <= DISCOUNT  # the two follow each other


@compiled
def group_start(rows: Rows, r: int, group: int) -> int:
    """Where the records of a group begin in the arena."""
    start: int = rows.head[r, OFF]
    for g in range(group):
        start += rows.head[r, COUNTS + g]
    return start


@compiled
def states_start(rows: Rows, r: int) -> int:
    """Where in the arena all that events said ends and the states of row r begin."""
    start: int = rows.head[r, OFF] + rows.head[r, SIZE] - rows.head[r, COUNTS + G_STATE]
    return start


@compiled
def facts_end(rows: Rows, r: int) -> int:
    """Where in the arena the facts of row r end and what their ids go on with begins."""
    end: int = states_start(rows, r) - rows.head[r, COUNTS + G_REST]
    return end


@compiled
def find_id(rows: Rows, r: int, form: int, word_1: int, word_2: int) -> int:
    """Where the first record of the event of that id lies in the arena, or -1."""
    words = rows.words
    for i in range(rows.head[r, OFF], facts_end(rows, r)):
        same = words[i, 1] == word_1 and words[i, 2] == word_2 and words[i, 0] >> FLAG_SHIFT & ID_FORMS == form
        if same and not is_child(words[i, 0]):
            return i
    return -1


@compiled
def rest_start(rows: Rows, r: int, at_ms: int, digest: int) -> int:
    """Where the records lie, or belong, in which the id of that digest of an event at that instant goes on."""
    low, high = facts_end(rows, r), states_start(rows, r)
    while low < high:
        middle = (low + high) >> 1
        at = rows.words[middle, 0] >> AT_SHIFT
        if at < at_ms or (at == at_ms and rows.words[middle, 1] < digest):
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def rest_end(rows: Rows, r: int, start: int) -> int:
    """The end of the records that begin at ``start`` and belong to one event."""
    words, end, limit = rows.words, start, states_start(rows, r)
    while end < limit and words[end, 0] == words[start, 0] and words[end, 1] == words[start, 1]:
        end += 1
    return end
