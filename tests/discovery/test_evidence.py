"""What leaves of a shop: counts of at least fifty customers, and nobody's name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.discovery.candidates import SMALLEST, Candidate, Evidence
from streams.discovery.evidence import histogram
from streams.discovery.miner import Mined, mine
from streams.proofs.discovery_judge import partition_of
from streams.proofs.discovery_shop import shop

CUSTOMERS = 1_500


@pytest.fixture(scope="module")
def mined() -> Mined:
    made = shop(CUSTOMERS, 50, seed=3)
    return mine(partition_of(made), made.asof_ms)


@given(st.lists(st.one_of(st.integers(0, 12), st.floats(0, 1e6), st.just(float("nan"))), max_size=600))
def test_no_bin_of_a_histogram_is_small(values: list[float]) -> None:
    numbers = np.array(values, np.float64)
    bins = histogram(numbers)
    assert all(count >= SMALLEST for _, count in bins)
    known = int((~np.isnan(numbers)).sum())
    assert sum(count for _, count in bins) == (known if bins else 0)
    assert [low for low, _ in bins] == sorted({low for low, _ in bins})


def counts(found: Any, name: str = "") -> Iterator[int]:
    """Every count of customers in what JSON says."""
    if isinstance(found, dict):
        for key, value in found.items():
            yield from counts(value, key)
    elif isinstance(found, list):
        for one in found:
            yield from counts(one, name)
    elif name in ("customers", "members", "size") or (name == "histogram" and isinstance(found, int)):
        yield found


def test_no_count_is_small(mined: Mined) -> None:
    said = [mined.evidence.to_json(), *(one.to_json() for one in mined.candidates)]
    found = list(counts(said))
    found += [count for bins in mined.evidence.histograms.values() for _, count in bins]
    found += [size for one in mined.candidates for _, size in one.sizes if size]
    assert len(found) > 50
    assert min(found) >= SMALLEST
    assert mined.evidence.customers == CUSTOMERS


def test_nobody_is_named(mined: Mined) -> None:
    said = json.dumps([mined.evidence.to_json(), *(one.to_json() for one in mined.candidates)])
    assert [user for user in range(CUSTOMERS) if f'"c{user}"' in said] == []


def test_all_of_it_comes_back_from_json(mined: Mined) -> None:
    evidence = json.loads(json.dumps(mined.evidence.to_json()))
    assert Evidence.from_json(evidence) == mined.evidence
    assert [Candidate.from_json(json.loads(json.dumps(one.to_json()))) for one in mined.candidates] == mined.candidates
