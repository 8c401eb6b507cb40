"""A pattern that holds in every category is one family, not a segment a category."""

from __future__ import annotations

import numpy as np
import orjson

from streams.discovery.judged import members_of, program_of
from streams.discovery.miner import mine
from streams.engine.partition import Partition
from streams.engine.replay import Replay
from streams.rules.model import RuleSet

DAY_MS = 86_400_000
START_MS = 1_764_547_200_000
DAYS, HORIZON = 180, 28
CATEGORIES = ("shoes", "bags", "coats", "hats", "toys")
CUSTOMERS, MEMBERS = 3_000, 60


def shop(seed: int) -> Partition:
    """In each category, at each instant, MEMBERS customers put it into the cart three times and then buy it."""
    chance = np.random.default_rng(seed)
    events = []

    def add(kind: str, user: int, day: float, category: str) -> None:
        event = {"id": f"e{len(events)}", "type": kind, "user": f"c{user}", "at": START_MS + int(day * DAY_MS)}
        item = {"product": "p", "category": category, "price": 10}
        events.append(event | ({"order": f"o{len(events)}", "items": [item]} if kind == "purchase" else item))

    for user in range(CUSTOMERS):
        for kind, a_month in (("view", 1.5), ("cart", 0.5), ("purchase", 0.3)):
            for day in chance.uniform(0, DAYS, chance.poisson(a_month * 6)):
                add(kind, user, float(day), CATEGORIES[int(chance.integers(len(CATEGORIES)))])
    for until in (DAYS - 2 * HORIZON, DAYS - HORIZON, DAYS):
        chosen = chance.permutation(CUSTOMERS)[: MEMBERS * len(CATEGORIES)].reshape(len(CATEGORIES), MEMBERS)
        for category, users in zip(CATEGORIES, chosen, strict=True):
            for user in users.tolist():
                for day in chance.uniform(until - 25, until, 4):
                    add("cart", user, float(day), category)
                if until < DAYS and chance.random() < 0.7:
                    add("purchase", user, float(chance.uniform(until, until + HORIZON)), category)
    replay = Replay(RuleSet((), ""))
    replay.read(orjson.dumps(event) for event in events)
    return replay.run(START_MS + DAYS * DAY_MS)


def test_a_pattern_of_all_categories_is_one_family() -> None:
    partition = shop(1)
    found = mine(partition, START_MS + DAYS * DAY_MS).candidates
    families = [one for one in found if "for_each" in one.rule]
    assert len(families) == 1
    family = families[0]
    assert family == found[0]
    assert family.outcomes[0].name == "category_purchase"
    assert family.outcomes[0].lift > 3
    members = members_of(partition, program_of(partition, {"x": family.rule}), START_MS + DAYS * DAY_MS)
    assert {name for name, which in members.items() if which.sum() > 20} == {f"x/{name}" for name in CATEGORIES}
    assert family.size == int(np.any(list(members.values()), axis=0).sum())
    assert len(found) == 1, [one.words for one in found]
