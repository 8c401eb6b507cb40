"""What a customer is likely to take up next, by what they have and have not of what most customers have.

The products that most customers have tell customers apart: who has this one and not that one takes up others than most
do. How often two of them are with one customer is compared with how often that would be if customers, some of whom
have much and some little, had products independently of each other (the lift). The sum of a customer's lifts counts
what they lack against it, as far as others who have as much have it.

All is counted anew from what customers have now, so nothing need be taken out where somebody is erased. Of very many
customers a part is taken, by a digest of their ids, so always the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from streams.recommend.history import History
from streams.recommend.lift import Floats, log_lift

Numbers = NDArray[np.int32]

#: so many products tell customers apart, those that most customers have
TELLING = 256
#: of at most so many products it is known whether they go with these
KNOWN = 1_024
#: so many customers as expected draw a lift to 1
PRIOR = 30.0
#: about so many customers are looked at
CUSTOMERS = 10_000
#: who has very much is expected to have a product with this probability at most
SURE = 0.95


class Tastes:
    """Lifts between products as of now.

    Args:
        histories: of all customers, by their ids.
        products: how many there are.
        leading: the most popular ones, in order; of these, and those that tell customers apart, lifts are known.
        places: of each product its place in the order of ids, in which ties are.
    """

    def __init__(self, histories: Mapping[str, History], products: int, leading: Numbers, places: Numbers) -> None:
        sizes, bought = _bought(histories)
        holders = np.bincount(bought, minlength=products)
        self.telling = np.lexsort((places, -holders))[: min(TELLING, int((holders > 0).sum()))].astype(np.int32)
        self._telling: list[int] = self.telling.tolist()
        known = np.unique(np.concatenate((self.telling, leading[:KNOWN])))
        self._column = np.full(products, -1, np.int32)
        self._column[known] = np.arange(len(known))
        has = _matrix(sizes, self._column[bought], len(known))
        telling = has[:, self._column[self.telling]]
        self._share = telling.mean(0, dtype=np.float64) if len(sizes) else np.zeros(len(self.telling))
        many = telling.sum(1, dtype=np.float64)
        self._usual = max(float(many.mean()) if len(many) else 0.0, 1e-9)
        spread = float(((many / self._usual) ** 2).mean()) if len(many) else 1.0
        together = (telling.T @ has).astype(np.float64)
        expected = np.outer(self._share, has.sum(0, dtype=np.float64)) * spread
        self._lifts: Floats = log_lift(together, expected, PRIOR)
        self._lifts[np.arange(len(self.telling)), self._column[self.telling]] = 0.0
        # of n independent sums as much as the root of their variances; where customers hardly differ that says nothing
        self._unit = max(float(np.sqrt((self._share * (1 - self._share)).sum())), 1.0)

    def of(self, history: History, candidates: Numbers) -> Floats:
        """How much more than most a customer is drawn to each of these products; 0 where nothing is known."""
        gains = np.zeros(len(candidates))
        has = np.array([one in history.bought for one in self._telling], np.float64)
        columns = self._column[candidates]
        known = columns >= 0
        if has.any():
            usual = np.minimum(has.sum() / self._usual * self._share, SURE)
            gains[known] = ((has - usual) @ self._lifts)[columns[known]] / self._unit
        return gains


def _bought(histories: Mapping[str, History]) -> tuple[NDArray[np.int64], Numbers]:
    """How many products each customer has, and which, customer after customer."""
    every = -(-len(histories) // CUSTOMERS)
    some: Iterable[History] = histories.values()
    if every > 1:
        some = (history for user, history in histories.items() if crc32(user.encode()) % every == 0)
    parts = [np.fromiter(history.bought, np.int32, len(history.bought)) for history in some if history.bought]
    bought = np.concatenate(parts) if parts else np.empty(0, np.int32)
    return np.array([len(part) for part in parts], np.int64), bought


def _matrix(sizes: NDArray[np.int64], columns: Numbers, width: int) -> NDArray[np.float32]:
    """Which customer has which product: 1 or 0, [customer, column]."""
    has = np.zeros((len(sizes), width), np.float32)
    rows = np.repeat(np.arange(len(sizes)), sizes)
    known = columns >= 0
    has[rows[known], columns[known]] = 1.0
    return has
