"""A ratio's ``where`` applies to both sources, each of which keeps facts in its own way: as the reference has it."""

from __future__ import annotations

from itertools import permutations

import pytest

from tests.engine.bench import DAY, T, rules_of
from tests.laws.runs import Raw, replayed
from tests.reference import course

PAIRS = list(permutations(("views", "carts", "purchases", "items"), 2))


def facts(number: int, product: str) -> list[Raw]:
    """One fact of each source and a second view."""
    head = {"user": "ana", "at": T + number}
    item = {"product": product, "category": product.upper()}
    order = {"type": "purchase", "id": f"o{number}", "order": f"o{number}", "items": [{"product": "other"}, item]}
    return [
        {"type": "view", "id": f"v{number}", **head, **item},
        {"type": "view", "id": f"w{number}", **head, **item},
        {"type": "cart", "id": f"c{number}", **head, **item},
        {**order, **head},
    ]


@pytest.mark.parametrize(("source", "per"), PAIRS)
@pytest.mark.parametrize("where", ["{product: p}", "{category: [p, q]}", "{category: nothing}"])
def test_where_is_of_both_sources(source: str, per: str, where: str) -> None:
    rules = rules_of(
        some=f"{{ratio: {source}, per: {per}, where: {where}, last: 30d, at_least: 0}}",
        many=f"{{ratio: {source}, per: {per}, where: {where}, last: 30d, at_least: 1}}",
    )
    events = [event for number, product in enumerate(("p", "q", "r", "p")) for event in facts(number, product)]
    found = replayed(events, rules, until_ms=T + 40 * DAY)
    assert found == course(events, rules, T + 40 * DAY)
    assert bool(found) == ("nothing" not in where)
