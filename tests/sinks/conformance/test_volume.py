"""Many changes into Klaviyo's stand-in, with its limits by a clock that need not be waited for.

scripts/sinks_bench runs it with a hundred thousand changes and ``pytest -s``, which prints what it took.
"""

from __future__ import annotations

import os
import random
import tracemalloc
from collections import Counter

import pytest

from streams.clients.changes import Arrived, decode_change
from tests.sinks.conformance.cases import CASES, World, world
from tests.sinks.conformance.server import Fault
from tests.sinks.shelf import Course

CHANGES = int(os.environ.get("SINKS_BENCH_CHANGES", "20000"))
CUSTOMERS = CHANGES // 5
#: The answers to these calls of a part are lost: to its import, and in the first to its events.
LOST, ALSO = 0, 4
BY_NAME = {case.name: case for case in CASES}


def moved(courses: list[Course], chance: random.Random) -> tuple[list[tuple[str, bytes | None]], Counter[str]]:
    """So many changes, and how often in all customers enter and leave."""
    moves: Counter[str] = Counter()
    records: list[tuple[str, bytes | None]] = []
    for _ in range(CHANGES):
        course = chance.choice(courses)
        before = {*course.segments}
        after = {*chance.sample("abcdefgh", chance.randint(0, 3))}
        records.append(course.to(*(after if after != before else after ^ {"z"})))
        moves["Segment Entered"] += len({*course.segments} - before)
        moves["Segment Left"] += len(before - {*course.segments})
    return records, moves


def run(shop: World, records: list[tuple[str, bytes | None]]) -> list[float]:
    """Delivers records in ten parts, of whose answers some are lost; returns what memory was in use after each, in MB,
    beside the records."""
    arrived = [Arrived(user, raw, decode_change(raw or b"")) for user, raw in records]
    sizes = []
    tracemalloc.start()
    try:
        for part in range(10):
            shop.topic.add(arrived[part * CHANGES // 10 : (part + 1) * CHANGES // 10])
            shop.far.faults.extend([Fault(lost=n == LOST or (n == ALSO and part == 0)) for n in range(ALSO + 1)])
            shop.deliver()
            shop.far.faults.clear()
            sizes.append(tracemalloc.get_traced_memory()[0] / 1e6)
    finally:
        tracemalloc.stop()
    return sizes


@pytest.mark.parametrize("name", ["klaviyo", "klaviyo-events"])
def test_many_changes(name: str) -> None:
    with world(BY_NAME[name]) as shop:
        shop.far.keep = False
        courses = [Course(f"u{n}") for n in range(CUSTOMERS)]
        shop.topic.publish([course.to("a") for course in courses])
        shop.deliver()
        records, moves = moved(courses, random.Random(5))
        begin, calls = shop.watch.now_ms(), Counter(shop.far.calls)
        sizes = run(shop, records)
        seconds = (shop.watch.now_ms() - begin) / 1000
        told = Counter(event["metric"] for event in shop.far.events.values())
        made = Counter(shop.far.calls) - calls
        print(
            f"\n{name}: {CHANGES} changes of {CUSTOMERS} customers in {seconds:.0f} s of its time, {made.total()} calls"
        )
        for call, count in sorted(made.items()):
            print(f"  {count:5} {call}")
        print(f"  {shop.far.limited} refused as too fast; at most {shop.held} items in memory")
        print(f"  memory in use after each tenth: {' '.join(f'{size:.1f}' for size in sizes)} MB")
        assert shop.far.has() == {course.user: {*course.segments} for course in courses if course.segments}
        assert told == (moves if name == "klaviyo-events" else {})
        assert shop.kept.letters == []
        assert shop.far.limited < 10  # a new process does not know what the one before it called
        if name == "klaviyo":  # the stand-in keeps all events
            assert sizes[-1] < sizes[4] + 1.5
