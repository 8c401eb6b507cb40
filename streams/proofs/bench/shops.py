"""Loaded shops of any size, and events of their customers as they would come next."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import orjson

from streams.engine.api import DAY_MS, Policy
from streams.proofs.bench.bench import Bench
from streams.proofs.bench.files import customers_with
from streams.proofs.bench.lab import PARTITIONS
from streams.proofs.loaded_shop import LoadedShop, Row, loaded_shop
from streams.rows.home import home_partition
from streams.rules.compile import Program

#: About as many as a customer of the job has.
FACTS = 10
POLICY = Policy()
#: Of customers with many facts fewer are folded before they are copied.
MOST_EVENTS = 200_000
#: The time over which the script spreads a customer's events.
DAYS = 120


def shop_of(
    bench: Bench,
    customers: int,
    facts: int,
    now_ms: int,
    program: Program | None = None,
    partitions: int = PARTITIONS,
    policy: Policy = POLICY,
) -> LoadedShop:
    """A shop whose last event has just happened, of so many customers with so many facts each."""
    lines = customers_with(bench.make_events, facts, min(bench.sizes.copied, max(1, MOST_EVENTS // facts)))
    return loaded_shop(lines, program or bench.program(), policy, now_ms, customers, partitions)


def next_events(
    lines: Sequence[bytes], users: Sequence[str], count: int, from_ms: int, facts: int, partitions: int
) -> list[list[Row]]:
    """New events of random customers as records of each partition, one after the other from an instant on.

    They are of the kinds of ``lines``, and as dense in time as those were that gave each customer their facts.
    """
    chance, gap_ms = random.Random(1), DAYS * DAY_MS / (facts * len(users))
    kinds: list[dict[str, Any]] = [orjson.loads(line) for line in lines[: max(1, count)]]
    homes: list[list[Row]] = [[] for _ in range(partitions)]
    for number in range(count):
        user = chance.choice(users)
        event = {
            **kinds[number % len(kinds)],
            "id": f"next-{number}",
            "user": user,
            "at": int(from_ms + number * gap_ms),
        }
        if "order" in event:
            event["order"] = f"next-{number}"
        home = homes[home_partition(user, partitions)]
        home.append(Row(user.encode(), orjson.dumps(event), len(home)))
    return homes
