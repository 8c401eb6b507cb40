"""What to show a segment: what its members have taken up more than customers do.

The sums are those of popularity (first orders, half as much every 60 days); chance is that members take up products as
all customers do. A product needs a sure lift and three members. First comes how often members took it up, times the
logarithm of the lift: so neither what everybody buys leads, nor what three members love.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from streams.recommend.counting import Counting
from streams.recommend.history import History
from streams.recommend.lift import log_lift, surprise
from streams.recommend.listing import SEGMENT, Pick, diversified
from streams.recommend.ranking import Ranking, rounded

LEAST_MEMBERS = 3
LEAST_SURPRISE = 2.0
#: so many as expected draw a lift to 1
PRIOR = 3.0


def choose_for_all(counting: Counting, ranking: Ranking, members: Iterable[History], count: int) -> list[Pick]:
    """At most so many products for customers with these histories, of several categories, the best first."""
    size = len(ranking.popular)
    weights, buyers = np.zeros(size), np.zeros(size, np.int64)
    for history in members:
        for product, at_ms in history.bought.items():
            if product < size:
                weights[product] += counting.popular_decay.weight(at_ms)
                buyers[product] += 1
    observed = np.minimum(weights * counting.popular_decay.scale(ranking.now_ms), ranking.adopted)
    expected = ranking.adopted * (observed.sum() / max(ranking.adopted.sum(), 1e-300))
    sure = ranking.offered & (buyers >= LEAST_MEMBERS) & (surprise(observed, expected) >= LEAST_SURPRISE)
    found = np.flatnonzero(sure)
    scores = rounded(observed[found] * log_lift(observed[found], expected[found], PRIOR))
    ids = counting.catalogue.products.shown
    score_of = {int(one): float(score) for one, score in zip(found, scores, strict=True)}
    ranked = sorted(score_of, key=lambda one: (-score_of[one], ids[one]))
    return [
        Pick(ids[one], SEGMENT, "", score_of[one]) for one in diversified(ranked, counting.catalogue.category_of, count)
    ]
