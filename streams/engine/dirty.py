"""Which rows a checkpoint writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import DIRTY, KNOWN, Rows
from streams.rows.layout import NEVER
from streams.rows.packing import pack


def take_dirty(
    rows: Rows, customers: int, users: Sequence[str], segments: NDArray[np.int64]
) -> tuple[list[tuple[bytes, bytes | None]], list[int]]:
    """Keys and bytes of the rows that changed since the last time, and those rows that are to be forgotten, as an
    erasure left nothing known of their customers. ``segments``: the name of each bit."""
    which = np.flatnonzero(rows.head[:customers, DIRTY])
    rows.head[which, DIRTY] = 0
    unknown = rows.head[which, KNOWN] == NEVER
    gone: list[int] = which[unknown].tolist()
    which = which[~unknown]
    keys = [users[row].encode() for row in which.tolist()]
    return [*zip(keys, pack(rows, which, segments), strict=True)], gone
