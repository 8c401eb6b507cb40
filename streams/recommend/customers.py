"""What to show a customer who has a history.

A product's score is the logarithm of how often the customer would be expected to take it up: its popularity, times the
lift of its category with this customer, times the lifts of what they bought and looked at (damped, as these are not
independent). With ``again`` it may be something that they have: then what they did so far counts with the expectation.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from streams.recommend.counting import Counting
from streams.recommend.history import History
from streams.recommend.lift import Floats, log_lift
from streams.recommend.listing import (
    AGAIN,
    BOUGHT_WITH,
    NEW_CATEGORY,
    POPULAR,
    SEEN_WITH,
    VIEWED,
    Pick,
    diversified,
    with_new_categories,
)
from streams.recommend.ranking import Ranking, rounded
from streams.recommend.tastes import Numbers

#: so many are looked at: of all, of each category of theirs, of so many of these, of so many new ones, of each of them
TOP, OF_CATEGORY, CATEGORIES, NEW_CATEGORIES, OF_NEW = 200, 20, 24, 48, 2
#: so many products of a customer as expected draw the lift of a category to 1; a view says less than a purchase
CATEGORY_PRIOR = 20.0
VIEWED_SHARE = 0.3
#: the power of the lifts of what goes together; of n lifts, which are not independent, the sum is divided by √n
TOGETHER_POWER = 0.5
#: the power of what customers who have alike took up
TASTE_POWER = 2.0
#: what was just looked at is expected so many times as much as the best of all else, a week later half of that
VIEWED_WEIGHT = 1.0
VIEWED_HALF_LIFE_MS = 7 * 86_400_000
#: a customer's own orders count beside so many of what is expected
ORDERS_PRIOR = 5.0
LEAST_POPULAR = 1e-6


class Evidence:
    """What a customer's history says of products: ``lifts`` of all that goes with something of theirs, as the best
    reason of each, and ``affinity``, the logarithm of the lift of each category."""

    def __init__(self, counting: Counting, ranking: Ranking, history: History) -> None:
        known = len(ranking.category)  # what was first heard of since is not ranked yet
        self.bought = np.array([one for one in history.bought if one < known], np.int32)
        self.viewed = np.array([one for one in history.viewed if one not in history.bought and one < known], np.int32)
        self.viewed_ms = np.array([history.viewed[one] for one in self.viewed.tolist()], np.int64)
        self.tried = {counting.catalogue.category_of(one) for one in history.bought}
        self.affinity = _affinity(ranking, self.bought, self.viewed)
        self.ids, self.gains, self.seeds = np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32)
        self.by_purchase = np.empty(0, np.bool_)
        self._ids = counting.catalogue.products.shown
        for pairs, seen, purchase in (
            (counting.bought_together, history.recent, True),
            (counting.seen_together, history.viewed, False),
        ):
            seeds = np.fromiter(seen, np.int32, len(seen))
            lifts = pairs.lifts(seeds, ranking.pair_scale)
            ranked = lifts.ids < known
            self.ids = np.concatenate((self.ids, lifts.ids[ranked]))
            self.gains = np.concatenate((self.gains, lifts.gains[ranked]))
            self.seeds = np.concatenate((self.seeds, seeds[lifts.of[ranked]]))
            self.by_purchase = np.concatenate((self.by_purchase, np.full(int(ranked.sum()), purchase)))

    def is_new(self, category: int) -> bool:
        """Whether the customer has something, and nothing of this category."""
        return category >= 0 and bool(self.tried) and category not in self.tried

    def reason(self, product: int) -> tuple[str, int] | None:
        """Why a product goes with what the customer has, and with which: that of the greatest lift; else None."""
        places = np.flatnonzero(self.ids == product)
        if not len(places):
            return None
        best = min(places.tolist(), key=lambda one: (-round(float(self.gains[one]), 9), self._ids[self.seeds[one]]))
        return (BOUGHT_WITH if self.by_purchase[best] else SEEN_WITH), int(self.seeds[best])


def choose(
    counting: Counting,
    ranking: Ranking,
    history: History,
    count: int,
    kinds: Collection[str] = (),
    *,
    again: bool = False,
) -> list[Pick]:
    """At most so many products, the best first, for these reasons (none: any); with ``again`` also what they have."""
    evidence = Evidence(counting, ranking, history)
    candidates = _candidates(ranking, evidence, again)
    scores = _scores(counting, ranking, history, evidence, candidates, again)
    ids = counting.catalogue.products.shown
    order = sorted(range(len(candidates)), key=lambda one: (-scores[one], ids[candidates[one]]))
    score_of = {int(candidates[one]): float(scores[one]) for one in order}
    whys = _Whys(evidence, history, counting)
    ranked = [product for product in score_of if not kinds or whys.of(product)[0] in kinds]
    category_of = counting.catalogue.category_of
    chosen = diversified(ranked, category_of, count)
    if not kinds:
        chosen = with_new_categories(chosen, ranked, lambda one: evidence.is_new(category_of(one)), category_of)
    return [Pick(ids[one], *whys.of(one), score_of[one]) for one in chosen]


class _Whys:
    """The reason of each product, and what it goes with."""

    def __init__(self, evidence: Evidence, history: History, counting: Counting) -> None:
        self._evidence, self._history, self._catalogue = evidence, history, counting.catalogue

    def of(self, product: int) -> tuple[str, str]:
        """The one that says most to a person."""
        if product in self._history.bought:
            return AGAIN, ""
        if product in self._history.viewed:
            return VIEWED, ""
        if (found := self._evidence.reason(product)) is not None:
            return found[0], self._catalogue.products.shown[found[1]]
        return (NEW_CATEGORY if self._evidence.is_new(self._catalogue.category_of(product)) else POPULAR), ""


def _affinity(ranking: Ranking, bought: Numbers, viewed: Numbers) -> Floats:
    size = len(ranking.share)
    observed = np.zeros(size)
    for products, each in ((bought, 1.0), (viewed, VIEWED_SHARE)):
        categories = ranking.category[products]
        observed += each * np.bincount(categories[categories >= 0], minlength=size)
    return log_lift(observed, observed.sum() * ranking.share, CATEGORY_PRIOR)


def _candidates(ranking: Ranking, evidence: Evidence, again: bool) -> Numbers:
    """What is worth a score: each product once, of those that may be shown."""
    liked = sorted(ranking.leading.tolist(), key=lambda one: -round(float(evidence.affinity[one]), 9))[:CATEGORIES]
    new = [one for one in ranking.leading.tolist() if evidence.is_new(one)][:NEW_CATEGORIES]
    found = np.unique(
        np.concatenate(
            [evidence.ids, evidence.viewed, ranking.order[:TOP], evidence.bought if again else evidence.bought[:0]]
            + [ranking.top_of(one, OF_CATEGORY) for one in liked]
            + [ranking.top_of(one, OF_NEW) for one in new]
        )
    )
    found = found[ranking.offered[found]]
    wanted: Numbers = found if again else found[~np.isin(found, evidence.bought)]
    return wanted


def _scores(
    counting: Counting, ranking: Ranking, history: History, evidence: Evidence, candidates: Numbers, again: bool
) -> Floats:
    popular = (ranking.rate if again else ranking.popular)[candidates]
    lifts = _summed(candidates, evidence.ids, np.ones(len(evidence.ids)))
    gains = TOGETHER_POWER * _summed(candidates, evidence.ids, evidence.gains) / np.sqrt(np.maximum(lifts, 1.0))
    categories = ranking.category[candidates]
    known = categories >= 0
    gains[known] += evidence.affinity[categories[known]]
    gains += TASTE_POWER * ranking.tastes.of(history, candidates)
    ages = np.maximum(ranking.now_ms - evidence.viewed_ms, 0) / VIEWED_HALF_LIFE_MS
    viewed = VIEWED_WEIGHT * _summed(candidates, evidence.viewed, 0.5**ages)
    expected = popular * np.exp(gains)
    expected += viewed * expected.max(initial=0.0)
    if again:
        own = _own_orders(counting, ranking, history)
        expected = ORDERS_PRIOR * expected + [own.get(one, 0.0) for one in candidates.tolist()]
    return rounded(np.log(np.maximum(expected, LEAST_POPULAR)))


def _summed(candidates: Numbers, ids: Numbers, values: Floats) -> Floats:
    """The sum of the values of each candidate, which are in order; ids that are no candidates are left out."""
    if not len(candidates) or not len(ids):
        return np.zeros(len(candidates))
    places = np.minimum(np.searchsorted(candidates, ids), len(candidates) - 1)
    found = candidates[places] == ids
    return np.bincount(places[found], values[found], len(candidates)).astype(np.float64)


def _own_orders(counting: Counting, ranking: Ranking, history: History) -> dict[int, float]:
    """Of each product how many of the customer's orders that stand have it, each weighing less with its age."""
    found: dict[int, float] = {}
    scale = counting.popular_decay.scale(ranking.now_ms)
    for order in history.orders.values():
        if order.stands():
            weight = counting.popular_decay.weight(order.at_ms) * scale
            for product in order.products:
                found[product] = found.get(product, 0.0) + weight
    return found
