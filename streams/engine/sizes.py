"""How many customers are in each segment, as published."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from streams.engine import slots
from streams.engine.machine import Machine
from streams.memberships.records import family_segment
from streams.rows.arena import BITS, COUNTS, OFF, SIZE
from streams.rows.layout import FLAG_SHIFT, G_STATE, MEMBER, NAME_MASK


def sizes(machine: Machine) -> dict[str, int]:
    """Members by segment, all of the rules' own also where they are none; of families by NAME/value."""
    bits, shown = machine.rows.head[: machine.customers, BITS:], machine.names.shown
    found = {name: int(slots.column(bits, slot).sum()) for slot, name in enumerate(machine.segments)}
    for key, count in Counter(member_keys(machine).tolist()).items():
        found[family_segment(shown, key)] = count
    return found


def member_keys(machine: Machine) -> NDArray[np.int64]:
    """Word 1 of the STATE records of all members of families."""
    head, words = machine.rows.head[: machine.customers], machine.rows.words
    counts, ends = head[:, COUNTS + G_STATE], head[:, OFF] + head[:, SIZE]
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    states = words[np.repeat(ends - counts, counts) + within]
    keys: NDArray[np.int64] = states[:, 1]
    return keys[(states[:, 0] >> FLAG_SHIFT & MEMBER != 0) & (keys & NAME_MASK != 0)]
