"""The bits of plain segments in a row's head, one a segment: which are set, and the same under other numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.rules.compile import bit_words


def column(bits: NDArray[np.int64], slot: int) -> NDArray[np.int64]:
    """One segment's bit of each row, 0 or 1; ``bits`` is (rows, words)."""
    found: NDArray[np.int64] = bits[:, slot >> 6] >> (slot & 63) & 1
    return found


def gone(bits: NDArray[np.int64], names: Sequence[str], new: Sequence[str]) -> list[str]:
    """Those of the segments that some row is in and that are not among the new ones."""
    known = set(new)
    lost = [slot for slot, name in enumerate(names) if name not in known]
    return [names[slot] for slot in lost if column(bits, slot).any()]


def moved(bits: NDArray[np.int64], names: Sequence[str], new: Sequence[str]) -> NDArray[np.int64]:
    """The bits by the new numbers, (rows, words); what is not among the new names is dropped."""
    found = np.zeros((len(bits), bit_words(len(new))), np.int64)
    slots = {name: slot for slot, name in enumerate(names)}
    for slot, name in enumerate(new):
        if name in slots:
            found[:, slot >> 6] |= column(bits, slots[name]) << (slot & 63)
    return found
