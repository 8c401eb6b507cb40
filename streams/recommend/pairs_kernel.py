"""Compiled: counts of pairs in rows of so many slots; ``pairs.Pairs`` says what they promise."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from streams.rows.compiled import compiled, entry

#: slots of a row, and how many of them a row that is full is thinned out to at most
SLOTS = 64
KEPT = 32
#: what is left of a weight by rounding where all of it is taken out is less than this part of it
RESIDUE = 1e-9


@entry
def count_runs(
    members: NDArray[np.int32],
    fresh: NDArray[np.int32],
    sizes: NDArray[np.int32],
    weights: NDArray[np.float64],
    places: NDArray[np.int32],
    rows: NDArray[np.int64],
    ids: NDArray[np.int32],
    counts: NDArray[np.float64],
    used: NDArray[np.int32],
    lost: NDArray[np.float64],
    totals: NDArray[np.float64],
) -> None:
    """Counts, of each run, the pairs of its first ``fresh`` members with all that follow them in the run.

    Args:
        members: products, run after run; no product twice in a run.
        fresh: of each run, how many of its members are new.
        sizes: of each run, how many members it has.
        weights: of each run, what a pair of it adds; below 0: what it takes out.
        places: of each product its row, -1: none yet.
        rows: [how many rows are taken]; there must be room for a row more for each member.
        ids: the neighbours of each row, [row, slot].
        counts: what was counted of them, [row, slot].
        used: of each row, how many slots are taken.
        lost: of each row, what any neighbour may have been counted too little.
        totals: of each row, all that was counted and is not taken out.
    """
    start = 0
    for run in range(len(sizes)):
        end = start + sizes[run]
        weight = weights[run]
        for i in range(start, end):
            if places[members[i]] < 0:
                places[members[i]] = rows[0]
                rows[0] += 1
        for i in range(start, start + fresh[run]):
            for j in range(i + 1, end):
                _count(places[members[i]], members[j], weight, ids, counts, used, lost, totals)
                _count(places[members[j]], members[i], weight, ids, counts, used, lost, totals)
        start = end


@compiled
def _count(
    row: int,
    neighbour: int,
    weight: float,
    ids: NDArray[np.int32],
    counts: NDArray[np.float64],
    used: NDArray[np.int32],
    lost: NDArray[np.float64],
    totals: NDArray[np.float64],
) -> None:
    least = -RESIDUE * weight  # above 0 only where something is taken out
    totals[row] += weight
    if totals[row] <= least:
        totals[row] = 0.0
    for slot in range(used[row]):
        if ids[row, slot] == neighbour:
            counts[row, slot] += weight
            if counts[row, slot] <= least:
                used[row] -= 1
                ids[row, slot] = ids[row, used[row]]
                counts[row, slot] = counts[row, used[row]]
            return
    if weight < 0:
        return
    if used[row] == SLOTS:
        _thin_out(row, ids, counts, used, lost)
    slot = used[row]
    ids[row, slot] = neighbour
    counts[row, slot] = weight
    used[row] = slot + 1


@compiled
def _thin_out(
    row: int,
    ids: NDArray[np.int32],
    counts: NDArray[np.float64],
    used: NDArray[np.int32],
    lost: NDArray[np.float64],
) -> None:
    """Takes the KEPT-th largest count from all, so that what is left lies in fewer than KEPT slots."""
    cut = _kept_th_largest(row, counts)
    left = 0
    for slot in range(SLOTS):
        if counts[row, slot] > cut:
            ids[row, left] = ids[row, slot]
            counts[row, left] = counts[row, slot] - cut
            left += 1
    used[row] = left
    lost[row] += cut


@compiled
def _kept_th_largest(row: int, counts: NDArray[np.float64]) -> float:
    """Found by counting, as there is no array to sort in; a row is thinned out once in more than 32 new neighbours."""
    cut = 0.0
    for one in range(SLOTS):
        value = counts[row, one]
        if value > cut:
            not_less = 0
            for other in range(SLOTS):
                if counts[row, other] >= value:
                    not_less += 1
            if not_less >= KEPT:
                cut = value
    return cut
