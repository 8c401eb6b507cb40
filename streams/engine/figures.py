"""What monitors are told of a partition beside its counts: read from its memory when they ask, never kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from streams.engine.machine import Machine
from streams.rows.arena import DROPPED, NEXT_DUE
from streams.rows.layout import STALE


class Figures(NamedTuple):
    """``due``: customers whose boundary has passed and is still to be fired; ``memory_bytes``: of the rows, reserves
    included, without names and ids; ``names``: texts in the dictionary; ``dropped``: facts dropped over ``max_facts``
    since the partition was opened."""

    due: int = 0
    memory_bytes: int = 0
    names: int = 0
    dropped: int = 0


def figures(machine: Machine, clock_ms: int) -> Figures:
    """The figures at an instant."""
    rows = machine.rows
    memory = sum(part.nbytes for part in rows)
    return Figures(_due(machine, clock_ms), memory, len(machine.names.shown), int(rows.stat[DROPPED]))


def _due(machine: Machine, clock_ms: int) -> int:
    if machine.rows.stat[NEXT_DUE] > clock_ms:
        return 0
    due = machine.rows.due[: machine.customers]
    return int(np.count_nonzero((due <= clock_ms) & (due != STALE)))
