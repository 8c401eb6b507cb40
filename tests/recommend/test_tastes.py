"""What customers who have alike took up, against plain loops."""

from __future__ import annotations

from math import log, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.recommend import tastes
from streams.recommend.history import History
from streams.recommend.ranking import Ranking
from streams.recommend.tastes import PRIOR, SURE, TELLING, Tastes
from tests.recommend.said import START_MS, buy, counting_of, event

PRODUCTS = 12


def histories(seed: int, customers: int) -> dict[str, History]:
    """Customers who have some products, low numbers more often."""
    chance = Random(seed)
    found = {}
    for number in range(customers):
        history = found[f"u{number}"] = History()
        some = {int(PRODUCTS * chance.random() ** 1.5) for _ in range(chance.randint(0, 5))}
        history.bought = dict.fromkeys(some, START_MS)
    return found


def made(of: dict[str, History]) -> Tastes:
    return Tastes(of, PRODUCTS, np.arange(PRODUCTS, dtype=np.int32), np.arange(PRODUCTS, dtype=np.int32))


def slow(of: dict[str, History], mine: set[int], product: int) -> float:
    """The sum of lifts with what a customer has, less what is usual for somebody who has as much."""
    having = [set(history.bought) for history in of.values() if history.bought]
    telling = [one for one in range(PRODUCTS) if any(one in has for has in having)]
    many = sum(map(len, having)) / len(having)
    spread = sum((len(has) / many) ** 2 for has in having) / len(having)
    found = spreads = 0.0
    for one in telling:
        share = sum(one in has for has in having) / len(having)
        usual = min(len(mine) / many * share, SURE)
        spreads += share * (1 - share)
        if one != product:
            together = sum(one in has and product in has for has in having)
            expected = share * sum(product in has for has in having) * spread
            found += ((one in mine) - usual) * log((together + PRIOR) / (expected + PRIOR))
    return found / max(sqrt(spreads), 1.0)


@given(seed=st.integers(0, 1 << 30), customers=st.integers(1, 30))
def test_tastes_are_what_plain_loops_say(seed: int, customers: int) -> None:
    of = histories(seed, customers)
    known = [history for history in of.values() if history.bought]
    found = made(of)
    for history in known[:3]:
        gains = found.of(history, np.arange(PRODUCTS, dtype=np.int32))
        expected = [slow(of, set(history.bought), one) for one in range(PRODUCTS)]
        assert gains.tolist() == pytest.approx(expected, abs=1e-5)


def test_of_whom_nothing_is_known_there_is_no_taste() -> None:
    assert made({}).of(History(), np.array([0, 1], np.int32)).tolist() == [0, 0]
    assert made(histories(1, 20)).of(History(), np.array([0, 1], np.int32)).tolist() == [0, 0]


def test_two_tastes_are_told_apart() -> None:
    """Half of the customers have two or three of the first four products, the others of the last four."""
    events = [
        buy(f"u{number}", *(f"{'ab'[number % 2]}{(number // 2 + place) % 4}" for place in range(2 + number % 3 // 2)))
        for number in range(80)
    ]
    counting = counting_of(events)
    ranking = Ranking(counting, START_MS)
    find = counting.catalogue.products.find
    same, other = [find(f"{letter}{number}") for letter in "ab" for number in range(4)][2::4]
    history = next(one for one in counting.histories.values() if {find("a0"), find("a1")} == set(one.bought))
    gains = ranking.tastes.of(history, np.array([same, other], np.int32))
    assert gains[0] > 0 > gains[1]


def test_an_erased_customer_has_never_been_there() -> None:
    events = [buy(f"u{number}", *(f"a{number * place % 7}" for place in (1, 2, 3))) for number in range(30)]
    erased = counting_of([*events, event("erase", "u4", START_MS + 1)])
    without = counting_of(one for one in events if str(one.user) != "u4")
    candidates = np.arange(7, dtype=np.int32)
    found = [
        Ranking(counting, START_MS).tastes.of(counting.histories["u5"], candidates) for counting in (erased, without)
    ]
    shown = [counting.catalogue.products.shown for counting in (erased, without)]
    first, second = (dict(zip(names, gains.tolist(), strict=True)) for names, gains in zip(shown, found, strict=True))
    assert first == pytest.approx(second)


def test_of_very_many_customers_the_same_ones_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tastes, "CUSTOMERS", 40)
    of = histories(3, 400)
    mine, candidates = of["u7"], np.arange(PRODUCTS, dtype=np.int32)
    again = dict(Random(1).sample(list(of.items()), len(of)))
    assert made(of).of(mine, candidates).tolist() == made(again).of(mine, candidates).tolist()


def test_few_products_tell_customers_apart() -> None:
    of = {f"u{number}": History() for number in range(3)}
    for number, history in enumerate(of.values()):
        history.bought = dict.fromkeys(range(number, 2 * TELLING), START_MS)
    places = np.arange(2 * TELLING, dtype=np.int32)
    found = Tastes(of, 2 * TELLING, places[:5], places)
    assert len(found.telling) == TELLING
    assert found.telling.tolist() == [*range(2, TELLING + 2)]
