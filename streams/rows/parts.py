"""The records of a row by group, for code that is not compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.rows.arena import COUNTS, OFF, Rows
from streams.rows.layout import G_CONSENT, G_REST, G_STATE, GROUPS


def facts(rows: Rows, row: int) -> NDArray[np.int64]:
    """What events said, (n, WORDS), in the arena itself; without the rests of long ids."""
    return _groups(rows, row, 0, G_REST)


def consents(rows: Rows, row: int) -> NDArray[np.int64]:
    """Those of the facts that tell whether the customer may be mailed."""
    return _groups(rows, row, G_CONSENT, G_CONSENT + 1)


def rests(rows: Rows, row: int) -> NDArray[np.int64]:
    """What long ids go on with."""
    return _groups(rows, row, G_REST, G_STATE)


def states(rows: Rows, row: int) -> NDArray[np.int64]:
    """What rules remember of the customer."""
    return _groups(rows, row, G_STATE, GROUPS)


def _groups(rows: Rows, row: int, first: int, end: int) -> NDArray[np.int64]:
    counts = rows.head[row, COUNTS : COUNTS + GROUPS]
    start = int(rows.head[row, OFF] + counts[:first].sum())
    return rows.words[start : start + int(counts[first:end].sum())]
