"""A pattern of all categories is one family; a pattern of one category, or of none, is not."""

from __future__ import annotations

import pytest

from streams.discovery.candidates import Candidate
from streams.discovery.miner import mine
from streams.proofs.discovery_judge import held, partition_of
from streams.proofs.discovery_shop import NOISE, shop


def found(*kinds: str, seed: int = 3, customers: int = 3_000) -> tuple[list[Candidate], list[str]]:
    """What the search finds in a shop where only these groups are hidden, and which of these each is."""
    made = shop(customers, 200, seed=seed, kinds=kinds)
    partition = partition_of(made)
    mined = mine(partition, made.asof_ms)
    return mined.candidates, [one.kind for one in held(partition, made, mined)]


def test_what_holds_in_all_categories_is_a_family() -> None:
    candidates, kinds = found("wavering", customers=8_000)
    assert set(kinds) == {"wavering"}, [one.words for one in candidates]
    rule = candidates[0].rule
    assert rule["for_each"] == "category"
    assert candidates[0].outcomes[0].name == "category_purchase"
    assert candidates[0].outcomes[0].low > 1.5


def test_what_holds_in_one_category_is_no_family() -> None:
    candidates, kinds = found("window")
    assert set(kinds) == {"window"}
    assert not any("for_each" in one.rule for one in candidates)


@pytest.mark.parametrize("seed", [3, 4])
def test_odd_behaviour_after_which_nothing_differs_is_not_found(seed: int) -> None:
    assert found(*NOISE, seed=seed)[0] == []
