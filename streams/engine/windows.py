"""The window of a measure: where it begins, and when a fact leaves it. Compiled."""

from __future__ import annotations

import numpy as np

from streams.engine.matching import at_of
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import plain
from streams.rules.code import BEFORE, DAYS, LAST, Code

ONE = plain(1)


@compiled
def midnight_before(code: Code, t: int) -> int:
    """The place of the last local midnight at or before t."""
    low, high = 0, code.midnights.shape[0]
    while high - low > 1:
        middle = (low + high) >> 1
        if code.midnights[middle] <= t:
            low = middle
        else:
            high = middle
    return low


@inlined
def leaves_at(code: Code, m: int, at: int) -> int:
    """The instant at which a fact of that instant leaves the window of measure m."""
    days = code.measures[m, DAYS]
    if days > 0:
        place = midnight_before(code, at) + days
        if place >= code.midnights.shape[0]:  # beyond the calendar that was made
            return at + code.retention_ms
        return min(code.midnights[place], at + code.retention_ms)
    return at + min(code.measures[m, BEFORE] + code.measures[m, LAST], code.retention_ms)


@inlined
def window_start(code: Code, m: int, t: int) -> int:
    """The instant after which facts are in the window of measure m at t."""
    days = code.measures[m, DAYS]
    if days > 0:
        return code.midnights[max(0, midnight_before(code, t) + 1 - days)] - 1
    return t - code.measures[m, BEFORE] - code.measures[m, LAST]


@inlined
def window_begin(words: np.ndarray, start: int, end: int, after: int) -> int:
    """The first of the facts start:end that lies after an instant: looked for in doubling steps from the newest on."""
    step = ONE
    low = end
    while low > start and at_of(words, low - 1) > after:
        end = low - 1
        low = max(start, low - step)
        step *= 2
    while low < end:
        middle = (low + end) >> 1
        if at_of(words, middle) > after:
            end = middle
        else:
            low = middle + 1
    return end
