"""How often two products came together, in bounded memory: for each product its most frequent neighbours.

Each product that was ever in a pair has a row of 64 slots. A pair adds its weight to the slot of the one in the row of
the other. Where a 65th neighbour comes, the 32nd largest count is taken from all slots, and those at 0 or below are
given up (Misra and Gries 1982, in the batched and weighted form of Anderson et al. 2017). So of every neighbour, also
of one that has no slot,

    count ≤ true weight ≤ count + lost,   and lost ≤ total ÷ 32,

as each time at least 32 slots lose what ``lost`` gains, and slots never held more than was added. A row with at most 64
neighbours is exact. Counts are never too high, so a lift that is seen is there.

What was added can be taken out again, by a weight below 0. A slot that has less than that, as it lost some, is given
up. So both bounds stay as they are, with ``total`` in the second one for all that was ever added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.recommend.lift import Floats, log_lift, surprise
from streams.recommend.pairs_kernel import SLOTS, count_runs

#: so many members wait to be counted in one call
_WAITING = 4_096
#: a pair counts where it was seen about so often, and so surely more often than by chance (standard deviations)
LEAST_TOGETHER = 2.0
LEAST_SURPRISE = 2.0
#: so many pairs as expected draw a lift to 1
PRIOR = 3.0


class Row(NamedTuple):
    """A product's neighbours and their counts; what each may have been counted too little; the sum of all that is
    counted, also of those without a slot."""

    ids: NDArray[np.int32]
    counts: Floats
    lost: float
    total: float


class Lifts(NamedTuple):
    """Pairs whose lift is sure: the first one's place among those that were asked for, the other one, and the logarithm
    of the lift."""

    of: NDArray[np.int64]
    ids: NDArray[np.int32]
    gains: Floats


_EMPTY = Row(np.empty(0, np.int32), np.empty(0), 0.0, 0.0)


class Pairs:
    """Counts of pairs of products, which are numbers from 0 on. A weight below 0 takes out what was added."""

    def __init__(self) -> None:
        self._members: list[int] = []
        self._fresh: list[int] = []
        self._sizes: list[int] = []
        self._weights: list[float] = []
        self._rows = np.zeros(1, np.int64)
        self._places = np.full(0, -1, np.int32)
        self._ids = np.empty((0, SLOTS), np.int32)
        self._counts = np.empty((0, SLOTS))
        self._used = np.zeros(0, np.int32)
        self._lost = np.zeros(0)
        self._totals = np.zeros(0)

    def add(self, fresh: Sequence[int], others: Sequence[int], weight: float) -> None:
        """Counts the pairs of each of ``fresh`` with the rest of them and with ``others``; none is there twice."""
        if len(fresh) + len(others) < 2 or not fresh:
            return
        self._members += fresh
        self._members += others
        self._fresh.append(len(fresh))
        self._sizes.append(len(fresh) + len(others))
        self._weights.append(weight)
        if len(self._members) >= _WAITING:
            self.flush()

    def flush(self) -> None:
        """Counts what waits; reading does that by itself."""
        if not self._sizes:
            return
        members = np.array(self._members, np.int32)
        self._make_room(int(members.max()) + 1, len(members))
        count_runs(
            members,
            np.array(self._fresh, np.int32),
            np.array(self._sizes, np.int32),
            np.array(self._weights),
            *(self._places, self._rows, self._ids, self._counts, self._used, self._lost, self._totals),
        )
        for waiting in (self._members, self._fresh, self._sizes, self._weights):
            waiting.clear()

    def row(self, product: int) -> Row:
        """What was counted of a product's pairs."""
        self.flush()
        place = int(self._places[product]) if product < len(self._places) else -1
        if place < 0:
            return _EMPTY
        used = self._used[place]
        return Row(
            self._ids[place, :used], self._counts[place, :used], float(self._lost[place]), float(self._totals[place])
        )

    def lifts(self, products: NDArray[np.int32], scale: float) -> Lifts:
        """The neighbours with which products come surely more often than by chance, and how much more.

        Chance is that each end of a pair falls on a product as often as ends do at all; so large baskets and popular
        products are no reason. ``scale`` is what one pair of now weighs in counts of now.
        """
        self.flush()
        known = np.flatnonzero(products < len(self._places))
        known = known[self._places[products[known]] >= 0]
        places = self._places[products[known]]
        one, slot = np.nonzero(np.arange(SLOTS) < self._used[places, None])
        ids = self._ids[places[one], slot]
        observed = self._counts[places[one], slot] * scale
        shares = self._totals / max(self._totals.sum(), 1e-300)
        expected = shares[places[one]] * (self._totals[self._places[ids]] * scale)
        sure = (observed >= LEAST_TOGETHER) & (surprise(observed, expected) >= LEAST_SURPRISE)
        return Lifts(known[one[sure]], ids[sure], log_lift(observed[sure], expected[sure], PRIOR))

    def products(self) -> list[int]:
        """All products that were ever in a pair."""
        self.flush()
        found: list[int] = np.flatnonzero(self._places >= 0).tolist()
        return found

    def bytes(self) -> int:
        """What the tables take."""
        tables = (self._places, self._ids, self._counts, self._used, self._lost, self._totals)
        return sum(table.nbytes for table in tables)

    def _make_room(self, products: int, more: int) -> None:
        """For so many products, and so many rows more."""
        if products > len(self._places):
            self._places = _grown(self._places, max(products, 2 * len(self._places)), -1)
        if (needed := int(self._rows[0]) + min(more, products)) > len(self._used):
            size = max(needed, 2 * len(self._used))
            self._ids, self._counts = _grown(self._ids, size, 0), _grown(self._counts, size, 0)
            self._used, self._lost = _grown(self._used, size, 0), _grown(self._lost, size, 0)
            self._totals = _grown(self._totals, size, 0)


def _grown(table: NDArray[Any], size: int, filler: int) -> NDArray[Any]:
    grown = np.full((size, *table.shape[1:]), filler, table.dtype)
    grown[: len(table)] = table
    return grown
