"""How much one slice of a wave takes on: customers, and of those with many facts fewer."""

from __future__ import annotations

import pytest

from tests.engine.bench import HOUR, Bench, T, program_of, rules_of, view

BEFORE, AFTER = rules_of(x="{count: views, at_least: 1}"), rules_of(x="{count: views, at_least: 2}")


def views(**counts: int) -> Bench:
    """Customers with so many views, in this order, whose rules have just changed."""
    bench = Bench(BEFORE, {"clock": "wall"}, now_ms=T)
    for user, count in counts.items():
        bench.fold(*(view(f"{user}-{n}", T, user=user) for n in range(count)), now_ms=T)
    bench.partition.switch(program_of(AFTER), T + HOUR)
    return bench


@pytest.mark.parametrize(
    ("counts", "most", "left"),
    [
        ((1, 1, 1, 1), 2, [2, 0]),
        ((1, 1, 1, 1), 9, [0]),
        ((100, 1, 1, 1), 4, [3, 0]),  # the first is more than a slice
        ((1, 1, 100, 1), 4, [2, 1, 0]),
        ((100, 100), 1000, [0]),
    ],
)
def test_a_customer_with_many_facts_counts_for_several(counts: tuple[int, ...], most: int, left: list[int]) -> None:
    partition = views(**{f"u{n}": count for n, count in enumerate(counts)}).partition
    found = []
    while partition.advance(T + HOUR, most):
        found.append(partition.stale())
    assert [*found, partition.stale()] == left
