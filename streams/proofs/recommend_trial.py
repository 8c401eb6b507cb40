"""Recommendations against popularity on what customers did next: a test with a split in time, at several instants.

At each instant everything before it is known. Whoever bought something before and in the four weeks after it is a case:
ten products are named, and it is a hit where one of them is bought in those weeks.

- ``new``: only products count that the customer did not have, and nobody names one that they have.
- ``any``: what they have counts too, and everybody may name it.

All have the same cases and the same exclusions. Intervals are by bootstrap over customers, as the cases of one customer
are not independent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from streams.events.native import Event, Purchase
from streams.events.text import as_text, compared
from streams.recommend.counting import DAY_MS, Counting
from streams.recommend.lift import Floats
from streams.recommend.recommender import Recommender

WINDOW_MS = 28 * DAY_MS
NAMED = 10
RETENTION_MS = 730 * DAY_MS
BOOTSTRAPS = 2_000
OURS = "recommended"
NEW, ANY = "new", "any"


class Case(NamedTuple):
    """A customer at an instant: by whom one of ten was named that they bought."""

    user: str
    hits: dict[str, bool]


class Share(NamedTuple):
    """A share of cases, or a difference of shares, with its 95 % interval."""

    value: float
    low: float
    high: float


class Figures(NamedTuple):
    """How many cases there were, the hit rate of each, and how much better ours is than the best other one."""

    cases: int
    rates: dict[str, Share]
    best_other: str
    better: Share


class Popularity:
    """What most orders, and most customers, have had so far; and lately, by a half-life of four weeks."""

    def __init__(self) -> None:
        self._orders: Counter[str] = Counter()
        self._customers: Counter[str] = Counter()
        self._lately: defaultdict[str, float] = defaultdict(float)
        self._had: defaultdict[str, set[str]] = defaultdict(set)

    def take(self, event: Purchase) -> None:
        """Counts an order."""
        had = self._had[str(event.user)]
        for product in _products(event):
            self._orders[product] += 1
            self._customers[product] += product not in had
            self._lately[product] += 2.0 ** ((int(event.at) - 1_483_228_800_000) / WINDOW_MS)
            had.add(product)

    def had(self, user: str) -> set[str]:
        """What a customer has bought."""
        return self._had[user]

    def users(self) -> list[str]:
        """Who has bought anything."""
        return [user for user, had in self._had.items() if had]

    def ranked(self) -> dict[str, list[str]]:
        """All products by name of the measure, the most popular first."""
        measures: dict[str, Mapping[str, float]]
        measures = {"most orders": self._orders, "most customers": self._customers, "most orders lately": self._lately}
        return {name: sorted(of, key=lambda one: (-of[one], one)) for name, of in measures.items()}


def trial(events: Sequence[Event], splits_ms: Sequence[int]) -> dict[str, list[Case]]:
    """The cases at these instants, which are in order, as are the events; by ``new`` and ``any``."""
    counting, popularity = Counting(), Popularity()
    recommender = Recommender(counting, RETENTION_MS)
    cases: dict[str, list[Case]] = {NEW: [], ANY: []}
    place = 0
    for split_ms in splits_ms:
        while place < len(events) and int((event := events[place]).at) < split_ms:
            counting.take(event)
            if isinstance(event, Purchase):
                popularity.take(event)
            place += 1
        recommender.rank(split_ms)
        for kind, case in _cases(recommender, popularity, _bought(events, place, split_ms)):
            cases[kind].append(case)
    return cases


def _bought(events: Sequence[Event], place: int, split_ms: int) -> dict[str, set[str]]:
    """What each customer buys in the four weeks after the split."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for event in events[place:]:
        if int(event.at) >= split_ms + WINDOW_MS:
            break
        if isinstance(event, Purchase):
            found[str(event.user)].update(_products(event))
    return found


def _cases(recommender: Recommender, popularity: Popularity, bought: dict[str, set[str]]) -> Iterator[tuple[str, Case]]:
    ranked = popularity.ranked()
    for user in popularity.users():
        had = popularity.had(user)
        wanted = {NEW: bought.get(user, set()) - had, ANY: bought.get(user, set())}
        for kind, targets in wanted.items():
            if not targets:
                continue
            picks = recommender.for_customer(user, NAMED, again=kind == ANY)
            named = {OURS: [compared(pick.product) for pick in picks]}
            for name, order in ranked.items():
                named[name] = _first(order, set() if kind == ANY else had)
            yield kind, Case(user, {name: bool(targets.intersection(ten)) for name, ten in named.items()})


def _first(order: Iterable[str], without: set[str]) -> list[str]:
    found: list[str] = []
    for product in order:
        if product not in without:
            found.append(product)
            if len(found) == NAMED:
                break
    return found


def _products(event: Purchase) -> set[str]:
    return {compared(as_text(item.product)) for item in event.items}


def figures(cases: Sequence[Case], seed: int = 1) -> Figures:
    """Hit rates with intervals; raises ValueError where there is no case."""
    if not cases:
        raise ValueError("no customer bought anything after the split")
    names = list(cases[0].hits)
    users = {user: place for place, user in enumerate(dict.fromkeys(case.user for case in cases))}
    hits, sizes = np.zeros((len(users), len(names))), np.zeros(len(users))
    for case in cases:
        hits[users[case.user]] += [case.hits[name] for name in names]
        sizes[users[case.user]] += 1
    chance = np.random.default_rng(seed)
    drawn = chance.multinomial(len(users), np.full(len(users), 1 / len(users)), BOOTSTRAPS)
    samples = (drawn @ hits) / (drawn @ sizes)[:, None]
    rates = hits.sum(0) / sizes.sum()
    ours = names.index(OURS)
    best = max((place for place in range(len(names)) if place != ours), key=lambda place: float(rates[place]))
    return Figures(
        len(cases),
        {name: _share(float(rates[place]), samples[:, place]) for place, name in enumerate(names)},
        names[best],
        _share(float(rates[ours] - rates[best]), samples[:, ours] - samples[:, best]),
    )


def _share(value: float, samples: Floats) -> Share:
    low, high = np.quantile(samples, (0.025, 0.975))
    return Share(value, float(low), float(high))
