"""What is expected of pairs of customers and categories, given what the customer did in all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.discovery.within import expected_within


def pairs(seed: int, customers: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Bins, who did it, who counts, and the customer of each pair; each customer more or less willing."""
    chance = np.random.default_rng(seed)
    owner = np.repeat(np.arange(customers), chance.integers(1, 7, customers))
    bins = (chance.random((len(owner), 3)) < 0.4).astype(np.float64)
    will = chance.normal(0, 1.5, customers)[owner] + bins @ np.array([1.0, -1.0, 0.0])
    did = chance.random(len(owner)) < 1 / (1 + np.exp(-will))
    return bins, did, chance.random(len(owner)) < 0.9, owner


@given(st.integers(0, 1_000))
def test_the_pairs_of_a_customer_sum_to_how_many_did_it(seed: int) -> None:
    bins, did, which, owner = pairs(seed)
    share = expected_within(bins, did, which, owner)
    for customer in np.unique(owner[which]):
        mine = which & (owner == customer)
        assert share[mine].sum() == pytest.approx(did[mine].sum(), abs=1e-4)


@given(st.integers(0, 1_000))
def test_what_tells_customers_apart_makes_no_difference(seed: int) -> None:
    bins, did, which, owner = pairs(seed)
    share = expected_within(bins, did, which, owner)
    trait = np.random.default_rng(seed).random(owner.max() + 1)[owner]
    assert expected_within(np.column_stack([bins, trait]), did, which, owner) == pytest.approx(share, abs=1e-4)


def test_what_tells_the_pairs_of_a_customer_apart_is_learnt() -> None:
    bins, did, which, owner = pairs(1, 3_000)
    share = expected_within(bins, did, which, owner)
    for column in bins.T:
        mine = which & (column > 0)
        assert share[mine].sum() == pytest.approx(did[mine].sum(), abs=2)


def test_nobody_who_did_it_in_some_and_not_in_others() -> None:
    owner, did = np.array([0, 0, 1]), np.array([True, True, False])
    share = expected_within(np.ones((3, 1)), did, np.ones(3, np.bool_), owner)
    assert share.tolist() == [1, 1, 0]
