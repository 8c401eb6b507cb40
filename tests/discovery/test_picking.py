"""What is picked of groups: what is news of one category, held against the others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from streams.discovery.history import Past, Tags
from streams.discovery.measures import DAY_MS, Bound, Clause, Measure
from streams.discovery.miner import twins
from streams.discovery.outcomes import Target
from streams.discovery.picking import Frame, groups_of
from streams.discovery.records import Bools
from streams.discovery.search import Group, Limits

CUSTOMERS, SHOES, BAGS, GIFTS = 4_000, 1, 2, 3
CLAUSE = Clause(Measure("count", "views", 30, SHOES), Bound("at_least", 5))


def frame(seed: int, shoes: float, bags: float) -> tuple[Frame, Bools]:
    """Customers of whom one in ten buys shoes; of those for whom the condition about shoes holds, and of those for whom
    the same holds about bags, these shares buy the category. Also who the latter are."""
    chance = np.random.default_rng(seed)
    looked, looked_at_bags = chance.random((2, CUSTOMERS)) < 0.05
    there = np.ones(CUSTOMERS, np.bool_)
    drawn = chance.random((2, CUSTOMERS))
    bought = [
        Target("category_purchase", tag, there, draw < np.where(who, share, 0.1))
        for tag, who, share, draw in ((SHOES, looked, shoes, drawn[0]), (BAGS, looked_at_bags, bags, drawn[1]))
    ]
    return Frame(looked[None, :], bought, lambda _: np.ones((CUSTOMERS, 1))), looked_at_bags


@pytest.mark.parametrize(("bags", "picked"), [(0.1, 1), (0.05, 1), (0.3, 0)])
def test_what_holds_of_other_categories_alike_is_no_news_of_one(bags: float, picked: int) -> None:
    (first, looked_at_bags), (second, _) = frame(1, 0.3, bags), frame(2, 0.3, bags)

    def others(group: Group) -> Iterator[tuple[int, Bools]]:
        yield 1 - group.target, looked_at_bags

    assert len(groups_of([CLAUSE], first, second, Limits(), twins=others)) == picked
    assert len(groups_of([CLAUSE], first, second, Limits())) == 1


def test_a_later_slice_that_does_not_say_the_same_confirms_nothing() -> None:
    first, second = frame(1, 0.3, 0.1)[0], frame(2, 0.1, 0.1)[0]
    assert groups_of([CLAUSE], first, second, Limits()) == []


def bags_bought_and_gifts_viewed() -> Past:
    """Of three customers the first two bought bags, and the last two viewed gifts five times."""
    now_ms = 100 * DAY_MS
    none = np.zeros(0, np.int64)
    viewed = np.repeat([1, 2], 5)
    tags = {
        "views": Tags(viewed, np.full(10, now_ms), np.full(10, GIFTS)),
        "carts": Tags(none, none, none),
        "purchases": Tags(np.array([0, 1]), np.full(2, now_ms), np.full(2, BAGS)),
    }
    there = np.ones(3, np.bool_)
    return Past(now_ms, there, np.zeros(3, np.int64), {}, tags, {})


def test_twins_are_of_categories_that_the_conditions_are_not_about() -> None:
    there = np.ones(3, np.bool_)
    wanted = [Target("purchase", 0, there, there)]
    wanted += [Target("category_purchase", tag, there, there) for tag in (SHOES, BAGS, GIFTS)]
    made = [CLAUSE, Clause(Measure("count", "purchases", 0, BAGS), Bound("at_least", 1))]
    past = bags_bought_and_gifts_viewed()
    assert list(twins(made, wanted, 0, past)) == []
    ((number, members),) = twins(made, wanted, 1, past)
    assert (number, members.tolist()) == (3, [False, True, False])
