"""What is counted as events come in, against a slow count from scratch of all that is to be remembered."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.recommend.counting import PAIR_HALF_LIFE_MS, POPULAR_HALF_LIFE_MS, Counting
from streams.recommend.history import VIEWS_MOST, History
from streams.recommend.pairs import Pairs
from streams.recommend.runs import SESSION_MS, TOGETHER_MS
from tests.recommend.said import DAY_MS, MINUTE_MS, START_MS, settled, view

Said = dict[str, Any]
Pair = frozenset[str]


def said(chance: Random, count: int) -> list[Said]:
    """What three customers do, in any order: some of it twice, some of it late."""
    found: list[Said] = []
    for number in range(count):
        at_ms = START_MS + chance.randrange(40) * DAY_MS + chance.randrange(6) * 12 * MINUTE_MS
        common = {"id": f"e{number}", "user": chance.choice(["ana", "bob", "eve"]), "at": at_ms}
        kind = chance.choices(["view", "cart", "purchase", "refund", "merge", "erase"], [6, 1, 5, 1, 0.4, 0.4])[0]
        order = f"{common['user']}-{chance.randrange(5)}"
        more: Said = {}
        if kind in ("view", "cart"):
            more = {"product": f"p{chance.randrange(9)}"}
        elif kind == "purchase":
            products = chance.sample(range(9), chance.randint(1, 4))
            more = {"order": order, "items": [{"product": f"p{one}", "price": 1} for one in products]}
        elif kind == "refund":
            more = {"order": order, **({"total": 1} if chance.random() < 0.5 else {})}
        elif kind == "merge":
            more = {"from": chance.choice(["ana", "bob", "eve"])}
        found.append({**common, "type": kind, **more})
    return found


class Slow:
    """All that is to be remembered, as it was said; everything is counted when it is asked for."""

    def __init__(self) -> None:
        self.facts: defaultdict[str, list[Said]] = defaultdict(list)
        self.home = {user: user for user in ("ana", "bob", "eve")}
        self.erased: dict[str, int] = {}

    def take(self, one: Said) -> None:
        user = self.home[one["user"]]
        if one["type"] == "merge":
            source = self.home[one["from"]]
            self.home = {each: user if home == source else home for each, home in self.home.items()}
            if source != user:
                self.facts[user] += self.facts.pop(source, [])
        elif one["type"] == "erase":
            for each, home in self.home.items():
                if home == user:
                    self.erased[each] = max(self.erased.get(each, 0), one["at"])
            self.forget(user, one["at"], unknown=True)
        elif one["at"] > self.erased.get(one["user"], 0):
            self.facts[user].append(one)

    def forget(self, user: str, up_to_ms: int, *, unknown: bool = False) -> None:
        """An order is dated by its first event; what was given back of one that is forgotten is forgotten with it, and
        where it is ``unknown``, too, if that is asked for."""
        facts, dates = self.facts[user], self.dates(user)
        gone = {order for order, at_ms in dates.items() if at_ms <= up_to_ms}
        if unknown:
            gone |= {one["order"] for one in facts if one["type"] == "refund"} - dates.keys()
        self.facts[user] = [
            one for one in facts if (one["order"] not in gone if "order" in one else one["at"] > up_to_ms)
        ]

    def dates(self, user: str) -> dict[str, int]:
        dates: dict[str, int] = {}
        for one in self.facts[user]:
            if one["type"] == "purchase":
                dates[one["order"]] = min(dates.get(one["order"], one["at"]), one["at"])
        return dates

    def orders(self, user: str) -> list[tuple[int, str, set[str], bool]]:
        """Instant, name, products and whether it stands."""
        found = []
        for order, at_ms in self.dates(user).items():
            of = [one for one in self.facts[user] if one.get("order") == order]
            newest = max((one for one in of if one["type"] == "purchase"), key=lambda one: (one["at"], one["id"]))
            backs = {one["id"]: one.get("total") for one in of if one["type"] == "refund"}
            whole = None in backs.values() or (backs and sum(backs.values()) >= len(newest["items"]))  # type: ignore[arg-type]
            found.append((at_ms, order, {item["product"] for item in newest["items"]}, not whole))
        return sorted(found)

    def popular(self) -> dict[str, float]:
        """Weights of orders that stand and have a product for the first time."""
        found: defaultdict[str, float] = defaultdict(float)
        for user in list(self.facts):
            stands = [(at_ms, products) for at_ms, _, products, whole in self.orders(user) if whole]
            for product in {one for _, products in stands for one in products}:
                first_ms = min(at_ms for at_ms, products in stands if product in products)
                found[product] += weight(first_ms, POPULAR_HALF_LIFE_MS)
        return found

    def bought(self) -> dict[Pair, float]:
        found: defaultdict[Pair, float] = defaultdict(float)
        for user in list(self.facts):
            known = [(at_ms, products) for at_ms, _, products, _ in self.orders(user)]
            for place, (at_ms, products) in enumerate(known):
                lately = {one for then, some in known[:place] if at_ms - then <= TOGETHER_MS for one in some}
                fresh = products - lately
                for pair in {frozenset((one, other)) for one in fresh for other in products | lately if one != other}:
                    found[pair] += weight(at_ms, PAIR_HALF_LIFE_MS)
        return found

    def sessions(self) -> list[list[tuple[int, str]]]:
        found = []
        for user in list(self.facts):
            views = sorted({(one["at"], one["product"]) for one in self.facts[user] if "product" in one})
            begins = [0] + [n + 1 for n, (a, b) in enumerate(pairwise(views)) if b[0] - a[0] > SESSION_MS]
            found += [views[begin:end] for begin, end in pairwise([*begins, len(views)])]
        return found

    def seen(self) -> tuple[dict[str, float], dict[Pair, float]]:
        single: defaultdict[str, float] = defaultdict(float)
        pairs: defaultdict[Pair, float] = defaultdict(float)
        for session in self.sessions():
            first = {product: at_ms for at_ms, product in reversed(session)}
            for one, at_ms in first.items():
                single[one] += weight(at_ms, POPULAR_HALF_LIFE_MS)
                for other, then_ms in first.items():
                    if one < other:
                        pairs[frozenset((one, other))] += weight(max(at_ms, then_ms), PAIR_HALF_LIFE_MS)
        return single, pairs


def weight(at_ms: int, half_life_ms: int) -> float:
    return float(2.0 ** ((at_ms - START_MS) / half_life_ms))


def named(counting: Counting, sums: Any, half_life: str = "popular_decay") -> Any:
    """Sums by product, as of the start; what is nothing but rounding is left out."""
    scale = getattr(counting, half_life).scale(START_MS)
    shown = counting.catalogue.products.shown
    return pytest.approx({shown[n]: one * scale for n, one in enumerate(sums) if abs(one * scale) > 1e-9})


def pairs_of(counting: Counting, pairs: Pairs) -> Any:
    """All pairs, which stand in both rows alike."""
    scale, shown = counting.pair_decay.scale(START_MS), counting.catalogue.products.shown
    found: dict[Pair, list[float]] = defaultdict(list)
    for one in pairs.products():
        row = pairs.row(one)
        assert row.lost == 0
        assert row.total == pytest.approx(row.counts.sum())
        for other, count in zip(row.ids.tolist(), row.counts.tolist(), strict=True):
            found[frozenset((shown[one], shown[other]))].append(count * scale)
    assert all(both[0] == pytest.approx(both[1]) for both in found.values())
    return pytest.approx({pair: both[0] for pair, both in found.items()})


def is_recount(counting: Counting, slow: Slow) -> None:
    assert dict(slow.popular()) == named(counting, counting.adopted)
    assert dict(slow.bought()) == pairs_of(counting, counting.bought_together)
    single, together = slow.seen()
    assert dict(single) == named(counting, counting.seen)
    assert dict(together) == pairs_of(counting, counting.seen_together)
    standing = [
        weight(one[0], POPULAR_HALF_LIFE_MS) for user in list(slow.facts) for one in slow.orders(user) if one[3]
    ]
    assert counting.ordered * counting.popular_decay.scale(START_MS) == pytest.approx(sum(standing), abs=1e-9)


@given(seed=st.integers(0, 1 << 30), count=st.integers(0, 60))
def test_counts_are_those_of_a_count_from_scratch(seed: int, count: int) -> None:
    chance = Random(seed)
    counting, slow = Counting(), Slow()
    for one in said(chance, count):
        for _ in range(1 if one["type"] in ("merge", "erase") else chance.choice((1, 1, 2))):
            counting.take(settled(one))
        slow.take(one)
    is_recount(counting, slow)
    for user, history in list(counting.histories.items()):
        up_to_ms = START_MS + chance.randrange(40) * DAY_MS
        counting.forget(history, up_to_ms)
        slow.forget(user, up_to_ms)
    is_recount(counting, slow)
    for user in list(counting.histories):
        counting.take(settled({"type": "erase", "id": "last", "user": user, "at": START_MS + 99 * DAY_MS}))
    assert counting.histories == {}
    is_recount(counting, Slow())


def test_the_oldest_of_very_many_views_are_forgotten_and_do_not_count_any_more() -> None:
    counting, chance = Counting(), Random(4)
    at_ms = START_MS
    for number in range(3 * VIEWS_MOST):
        at_ms += chance.choice((1, 1, 1, 4)) * 10 * MINUTE_MS
        late_ms = 90 * MINUTE_MS if number % 7 == 0 else 0
        counting.take(view("ana", f"p{chance.randrange(20)}", at_ms - late_ms))
    history = counting.histories["ana"]
    again = Counting()
    shown = counting.catalogue.products.shown
    kept = list(zip(history._at_ms, history._looked, strict=True))
    assert VIEWS_MOST // 2 < len(kept) <= VIEWS_MOST
    for at, product in kept:
        again.take(view("ana", shown[product], at))
    scale = counting.pair_decay.scale(START_MS) / again.pair_decay.scale(START_MS)
    for one in counting.seen_together.products():
        row = counting.seen_together.row(one)
        same = again.catalogue.products.find(shown[one])
        assert same is not None
        other = again.seen_together.row(same)
        mine = {shown[each]: count * scale for each, count in zip(row.ids.tolist(), row.counts.tolist(), strict=True)}
        names = again.catalogue.products.shown
        assert mine == pytest.approx(
            {names[each]: count for each, count in zip(other.ids.tolist(), other.counts.tolist(), strict=True)}
        )
    assert [shown[one] for one in history.viewed] == [
        again.catalogue.products.shown[one] for one in again.histories["ana"].viewed
    ]


def test_an_empty_history_is_nothing() -> None:
    history = History()
    history.anew()
    assert not history
    assert (history.bought, history.viewed, history.runs_of_orders(), history.runs_of_views()) == ({}, {}, [], [])
