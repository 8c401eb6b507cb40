"""How much is measured: all of it, or little in two minutes, or next to nothing in a test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Growth:
    """What grows: the values of each size, ``customers[1]`` and so on being that of the others' curves.

    ``events`` are folded at each point, or four a customer where those are fewer.
    """

    customers: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    facts: tuple[int, ...] = (10, 50, 200)
    rules: tuple[int, ...] = (12, 30, 100)
    partitions: tuple[int, ...] = (1, 4, 16)
    events: int = 400_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """``events`` of ``users`` are the job's; ``slow`` is how many of them a slow peer gets, by its name.

    ``runs``: interleaved runs of the job, and repeats of what else is a ratio; one that others disturbed is repeated at
    most ``retries`` times. ``copied``: the customers whose rows are
    copied under other ids where many are needed.
    """

    name: str = "full"
    events: int = 4_000_000
    users: int = 400_000
    quix_events: int = 200_000
    faust_events: int = 50_000
    runs: int = 3
    retries: int = 4
    rate: int = 5_000
    seconds: float = 30.0
    live_customers: int = 100_000
    bot_facts: int = 20_000
    bot_rate: int = 1_000
    memory_customers: int = 1_000_000
    recovery_customers: int = 1_000_000
    copied: int = 4_000
    java: str = "-Xms4g -Xmx4g -Xmn2g -XX:+UseParallelGC"
    growth: Growth = Growth()


FULL = Sizes()
QUICK = Sizes(
    name="quick",
    events=200_000,
    users=20_000,
    quix_events=20_000,
    faust_events=5_000,
    runs=1,
    retries=0,
    seconds=6.0,
    live_customers=20_000,
    memory_customers=100_000,
    recovery_customers=100_000,
    copied=1_000,
    java="-Xms1g -Xmx1g -XX:+UseParallelGC",
    growth=Growth(customers=(5_000, 20_000, 100_000), facts=(10, 50), events=40_000),
)
