"""What is popular as of an instant, in all and of each category."""

from __future__ import annotations

from array import array

import numpy as np

from streams.recommend.counting import Counting
from streams.recommend.lift import Floats
from streams.recommend.tastes import Numbers, Tastes

#: what a session in which a product was seen counts for its popularity; an order that brought it to a customer is 1
SEEN_SHARE = 0.05


class Ranking:
    """Sums as of an instant, by product or category number; only products that may be shown are ranked. Those that are
    as popular are in the order of their ids.

    ``popular``: by product; ``rate``: the share of orders that have it; ``category``: its main category; ``share``: of
    all popularity what each category has; ``pair_scale``: what a pair of now counts; ``tastes``: what goes with what
    customers have.
    """

    def __init__(self, counting: Counting, now_ms: int) -> None:
        catalogue = counting.catalogue
        size, categories = len(catalogue), len(catalogue.categories.shown)
        scale = counting.popular_decay.scale(now_ms)
        adopted, seen, sold = (_whole(sums, size) for sums in (counting.adopted, counting.seen, counting.sold))
        self.now_ms = now_ms
        self.popular: Floats = (adopted + SEEN_SHARE * seen) * scale
        self.adopted: Floats = adopted * scale
        self.rate: Floats = sold / max(counting.ordered, 1e-300)
        self.pair_scale = counting.pair_decay.scale(now_ms)
        self.category: Numbers = catalogue.main_categories()
        self.offered = catalogue.offered()
        known = self.category >= 0
        sums = np.bincount(self.category[known], self.popular[known], categories)
        self.share: Floats = sums / max(sums.sum(), 1e-300)
        places = _places(catalogue.products.shown)
        self.order = self._ordered(places)
        self.tastes = Tastes(counting.histories, size, self.order, places)
        of = self.category[self.order]
        by_category = np.argsort(of, kind="stable")
        self._grouped = self.order[by_category]
        self._starts = np.searchsorted(of[by_category], np.arange(categories + 1))
        self.leading = np.lexsort((np.array(catalogue.categories.shown), -np.round(self.share, 12))).astype(np.int32)

    def _ordered(self, places: Numbers) -> Numbers:
        order = np.lexsort((places, -rounded(self.popular)))
        return order[self.offered[order]].astype(np.int32)

    def top_of(self, category: int, count: int) -> Numbers:
        """The most popular products of a category."""
        return self._grouped[self._starts[category] : min(self._starts[category] + count, self._starts[category + 1])]


def rounded(scores: Floats) -> Floats:
    """Scores without the digits that depend on the order of summation, so that ties are ties."""
    return np.round(scores, 9)


def _places(ids: list[str]) -> Numbers:
    """Of each product its place in the order of ids."""
    places = np.empty(len(ids), np.int32)
    places[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return places


def _whole(sums: array[float], size: int) -> Floats:
    """Sums of all products, also of those that no event named yet; what refunds left is not negative."""
    found = np.zeros(size)
    found[: len(sums)] = sums
    return np.maximum(found, 0.0)
