"""The search against slow loops over the same customers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.discovery.measures import Bound, Clause, Measure
from streams.discovery.outcomes import Target, ratio
from streams.discovery.search import Limits, Search, likelihood_ratio

LIMITS = Limits(fewest=10, most=0.6, false_discoveries=1.0, by_chance=0.5, kept=10_000, beam=10_000)


def slow_ratio(count: int, did: int, wanted: float) -> float:
    """count · KL, by the book."""
    found = 0.0
    for k, e in ((did, wanted), (count - did, count - wanted)):
        found += k * math.log(k / e) if k else 0.0
    return found


def shop(seed: int, tests: int = 9, customers: int = 120) -> tuple[list[Clause], np.ndarray, Target, np.ndarray]:
    chance = np.random.default_rng(seed)
    made = [
        Clause(Measure("count", "views", 1 + number // 2), Bound("at_least", number % 2)) for number in range(tests)
    ]
    masks = chance.random((tests, customers)) < chance.uniform(0.2, 0.9, (tests, 1))
    which = chance.random(customers) < 0.9
    did = which & (chance.random(customers) < np.where(masks[0] & masks[3], 0.9, 0.2))
    wanted = np.round(chance.uniform(0.1, 0.4, customers) * 2**20) / 2**20
    return made, masks, Target("purchase", 0, which, did), wanted


@given(st.integers(0, 1_000))
def test_all_groups_of_up_to_three_conditions_are_counted_as_by_hand(seed: int) -> None:
    made, masks, target, wanted = shop(seed)
    found = {group.tests: group.ratio for group in Search(made, masks, masks, LIMITS).run([target], [wanted]).groups}
    cost, slow = math.log(len(made)), {}
    for size in (1, 2, 3):
        for tests in itertools.combinations(range(len(made)), size):
            if len({made[one].measure for one in tests}) < size:
                continue
            members = masks[list(tests)].all(axis=0) & target.which
            count, did, expectation = (
                int(members.sum()),
                int((members & target.did).sum()),
                float(wanted[members].sum()),
            )
            if not 10 <= count <= 0.6 * target.which.sum():
                continue
            usual = count * float(target.did.sum()) / float(target.which.sum())
            far = all(
                did >= 1.25 * one or did * 1.25 <= one or abs(did - one) >= 0.15 * count for one in (expectation, usual)
            )
            same_way = (did > expectation) == (did > usual)
            ratio_ = slow_ratio(count, did, expectation)
            if far and same_way and slow_ratio(count, did, usual) >= math.log(2 / 0.5) and ratio_ > size * cost:
                slow[tests] = ratio_
    pairs = {tests for tests in slow if len(tests) < 3}
    assert {tests for tests in found if len(tests) < 3} <= pairs
    assert all(found[tests] == pytest.approx(slow[tests]) for tests in found)
    best = max(slow, key=lambda tests: slow[tests] - len(tests) * cost, default=None)
    if best is not None and len(best) < 3 and found:
        assert best in found


@given(st.integers(1, 200), st.data())
def test_the_likelihood_ratio_bounds_the_probability(count: int, data: st.DataObject) -> None:
    """exp(-ratio) is never below the binomial tail (Chernoff)."""
    did = data.draw(st.integers(0, count))
    share = data.draw(st.floats(0.01, 0.99))
    one = [np.array([float(value)]) for value in (count, did, count * share)]
    found = float(likelihood_ratio(*one)[0])
    assert found == pytest.approx(slow_ratio(count, did, count * share), abs=1e-9)
    side = range(did, count + 1) if did >= count * share else range(did + 1)
    tail = sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in side)
    assert tail <= math.exp(-found) * (1 + 1e-9)


def test_noise_is_not_found() -> None:
    """Of 200 shops in which nothing differs the search says something in no more than its false-discovery rate."""
    wrong = 0
    for seed in range(200):
        chance = np.random.default_rng(seed)
        made = [Clause(Measure("count", "views", number), Bound("at_least", 1)) for number in range(30)]
        masks = chance.random((30, 1_000)) < 0.3
        did = chance.random(1_000) < 0.2
        target = Target("purchase", 0, np.ones(1_000, np.bool_), did)
        limits = Limits(effect=1.0, false_discoveries=0.05)
        wrong += bool(Search(made, masks, masks, limits).run([target], [np.full(1_000, 0.2)]).groups)
    assert wrong <= 10


@pytest.mark.parametrize(("rate", "found"), [(0.05, 1), (0.25, 0), (0.6, 1)])
def test_a_group_must_differ_from_all_others_as_from_what_is_expected(rate: float, found: int) -> None:
    """All buy at a rate of 0.2 and 0.4 is expected of the group: whoever looked more than usual is no news."""
    chance = np.random.default_rng(1)
    members = chance.random(5_000) < 0.1
    did = chance.random(5_000) < np.where(members, rate, 0.2)
    made, there = [Clause(Measure("count", "views"), Bound("at_least", 1))], np.ones(5_000, np.bool_)
    target, wanted = Target("purchase", 0, there, did), np.where(members, 0.4, 0.2)
    run = Search(made, members[None, :], members[None, :], Limits()).run([target], [wanted])
    assert len(run.groups) == found


def test_a_lift_has_the_interval_of_katz() -> None:
    assert ratio(30, 100, 10, 100) == pytest.approx((3.0, 1.5508, 5.8035), abs=1e-3)
    lift, low, high = ratio(0, 100, 10, 100)
    assert 0 < low < lift < 0.5 < high
