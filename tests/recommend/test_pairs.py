"""Pairs in bounded memory against all pairs in a dictionary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.recommend.lift import log_lift
from streams.recommend.pairs import Pairs
from streams.recommend.pairs_kernel import KEPT, SLOTS

Run = tuple[Sequence[int], Sequence[int], float]


def exact(runs: list[Run]) -> Counter[tuple[int, int]]:
    """Every pair with its weight, both ways."""
    found: Counter[tuple[int, int]] = Counter()
    for fresh, others, weight in runs:
        for one, other in product(fresh, [*fresh, *others]):
            if one != other:
                found[one, other] += weight  # type: ignore[assignment]
                if other in others:
                    found[other, one] += weight  # type: ignore[assignment]
    return found


def counted(runs: Sequence[Run]) -> Pairs:
    """The same, bounded."""
    pairs = Pairs()
    for run in runs:
        pairs.add(*run)
    return pairs


def random_runs(seed: int, count: int, products: int) -> list[Run]:
    """Runs in which low numbers are frequent, with weights that grow as those of decay do."""
    chance = Random(seed)
    found: list[Run] = []
    for place in range(count):
        members = list(dict.fromkeys(int(products * chance.random() ** 2) for _ in range(chance.randint(1, 9))))
        cut = chance.randint(0, len(members))
        found.append((members[:cut], members[cut:], 2.0 ** (place / count) * chance.choice((1, 1, 3))))
    return found


@given(seed=st.integers(0, 1 << 30), count=st.integers(0, 300), products=st.integers(2, 400))
def test_counts_are_within_their_bounds(seed: int, count: int, products: int) -> None:
    runs = random_runs(seed, count, products)
    pairs, truth = counted(runs), exact(runs)
    for one in range(products):
        row = pairs.row(one)
        of = {other: weight for (mine, other), weight in truth.items() if mine == one}
        seen = dict(zip(row.ids.tolist(), row.counts.tolist(), strict=True))
        assert len(seen) == len(row.ids) <= SLOTS
        assert row.total == pytest.approx(sum(of.values()))
        assert row.lost <= row.total / KEPT + 1e-9
        for other in of.keys() | seen.keys():
            assert seen.get(other, 0) <= of.get(other, 0) + 1e-9
            assert of.get(other, 0) <= seen.get(other, 0) + row.lost + 1e-9
        if len(of) <= SLOTS:
            assert row.lost == 0
            assert seen == pytest.approx(of)


@given(seed=st.integers(0, 1 << 30), count=st.integers(0, 200), products=st.integers(2, 300))
def test_what_is_taken_out_was_never_there(seed: int, count: int, products: int) -> None:
    """Bounds stay as they are, and rows that were always small are those of what is left."""
    chance, runs = Random(seed), random_runs(seed, count, products)
    pairs, left, added = Pairs(), list[Run](), Counter[int]()
    for fresh, others, weight in runs:
        pairs.add(fresh, others, weight)
        left.append((fresh, others, weight))
        if chance.random() < 0.4:
            gone = left.pop(chance.randrange(len(left)))
            pairs.add(gone[0], gone[1], -gone[2])
    truth, ever = exact(left), exact(runs)
    for (one, _), weight in ever.items():
        added[one] += weight
    for one in range(products):
        row = pairs.row(one)
        of = {other: weight for (mine, other), weight in truth.items() if mine == one}
        seen = dict(zip(row.ids.tolist(), row.counts.tolist(), strict=True))
        assert row.total == pytest.approx(sum(of.values()), abs=1e-9)
        assert row.lost <= added[one] / KEPT + 1e-9
        assert all(0 < count <= of.get(other, 0) + 1e-9 for other, count in seen.items())
        assert all(weight <= seen.get(other, 0) + row.lost + 1e-9 for other, weight in of.items())
        if sum(mine == one for mine, _ in ever) <= SLOTS:
            assert seen == pytest.approx(of)


def test_frequent_neighbours_stay_among_very_many() -> None:
    """Of 10,000 neighbours that come once each, five that come more often than a 32nd of all are all there."""
    chance = Random(3)
    neighbours = list(range(10, 10_010)) + [one for one in range(1, 6) for _ in range(1_000)]
    chance.shuffle(neighbours)
    row = counted([((0,), (one,), 1.0) for one in neighbours]).row(0)
    assert {1, 2, 3, 4, 5} <= set(row.ids.tolist())
    assert 0 < row.lost <= 15_000 / KEPT


@given(st.integers(0, 1 << 30))
def test_reading_in_between_changes_nothing(seed: int) -> None:
    runs, often = random_runs(seed, 60, 150), Pairs()
    for run in runs:
        often.add(*run)
        often.row(0)
    once = counted(runs)
    for one in once.products():
        assert [x.tolist() for x in often.row(one)[:2]] == [x.tolist() for x in once.row(one)[:2]]


def test_lifts_are_of_pairs_that_are_no_chance() -> None:
    """0 and 1 always come together; 2 comes with everybody."""
    runs: list[Run] = [((2,), (other,), 1.0) for other in range(3, 13) for _ in range(10)]
    runs += [((0,), (1,), 1.0)] * 20 + [((2,), (0,), 1.0)] * 5
    pairs = counted(runs)
    lifts = pairs.lifts(np.array([0, 2, 99], np.int32), 1.0)
    found = dict(zip(zip(lifts.of.tolist(), lifts.ids.tolist(), strict=True), lifts.gains.tolist(), strict=True))
    assert (0, 1) in found
    assert (0, 2) not in found
    total = 2 * len(runs)
    assert found[0, 1] == pytest.approx(float(log_lift(np.array(20.0), np.array(25 * 20 / total), 3.0)))


def test_few_pairs_are_no_lift() -> None:
    pairs = counted([((one,), (one + 1,), 1.0) for one in range(0, 100, 2)])
    assert len(pairs.lifts(np.array([0], np.int32), 1.0).ids) == 0


def test_nothing_is_counted_of_one_product() -> None:
    pairs = counted([((0,), (), 1.0), ((), (1, 2), 1.0)])
    assert pairs.products() == []
    assert len(pairs.row(0).ids) == 0
    assert len(pairs.lifts(np.array([0], np.int32), 1.0).ids) == 0
    assert pairs.bytes() == 0
