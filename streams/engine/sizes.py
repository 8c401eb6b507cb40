"""How many customers are in each segment, as published."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from streams.engine import slots
from streams.engine.machine import Machine
from streams.memberships.records import family_segment
from streams.rows.arena import BITS, COUNTS, OFF, SIZE, Rows
from streams.rows.layout import FLAG_SHIFT, G_STATE, MEMBER, NAME_MASK
from streams.rules.marks import is_mark


def sizes(machine: Machine) -> dict[str, int]:
    """Members by segment, all of the rules' own also where they are none; of families by NAME/value."""
    bits, shown = machine.rows.head[: machine.customers, BITS:], machine.names.shown
    plain = [(slot, name) for slot, name in enumerate(machine.segments) if not is_mark(name)]
    found = {name: int(slots.column(bits, slot).sum()) for slot, name in plain}
    _, keys = family_members(machine.rows, 0, machine.customers)
    for key, count in Counter(keys.tolist()).items():
        found[family_segment(shown, key)] = count
    return found


def family_members(rows: Rows, start: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The members of families among the rows start:end: the row of each, counted from ``start``, and word 1 of the
    STATE record."""
    head = rows.head[start:end]
    counts, ends = head[:, COUNTS + G_STATE], head[:, OFF] + head[:, SIZE]
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    states = rows.words[np.repeat(ends - counts, counts) + within, :2]
    keys: NDArray[np.int64] = states[:, 1]
    which = (states[:, 0] >> FLAG_SHIFT & MEMBER != 0) & (keys & NAME_MASK != 0)
    return np.repeat(np.arange(end - start), counts)[which], keys[which]
