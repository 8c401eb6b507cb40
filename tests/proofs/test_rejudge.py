"""The proof of re-judging does what it says; how long that takes is not looked at here."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.proofs.editions import Texts, older, texts_of, without_families
from streams.proofs.ground import ProofError
from streams.proofs.judging_speed import compared, kernel_pass, worker_pass
from streams.proofs.live_rejudging import rejudge_live, shop_ground, write_changelogs
from streams.proofs.loaded_shop import LoadedShop, loaded_shop
from streams.rows.home import home_partition
from streams.rules.compile import Program, compile_rules
from streams.rules.load import load_texts
from streams.worker.clock import WallClock

RULES = Path(__file__).parents[2] / "segment_rules"
NOW_MS = 1_790_000_000_000
DAY_MS = 86_400_000
POLICY = Policy()


def program_of(texts: Texts) -> Program:
    return compile_rules(load_texts(texts), POLICY.retention_ms, POLICY.timezone)


def shop_lines(users: int = 40) -> list[bytes]:
    """Views in one category, more the later the customer comes, and an order of every third."""
    events = [
        {"type": "view", "id": f"{user}-{n}", "user": f"u{user}", "at": n * DAY_MS, "product": "p", "category": "bags"}
        for user in range(users)
        for n in range(100 - 2 * user, 120)
    ]
    orders = [
        {"type": "purchase", "id": f"o{user}", "user": f"u{user}", "at": (60 + user) * DAY_MS, "order": "o", "total": 9}
        for user in range(0, users, 3)
    ]
    return [orjson.dumps({**event, "at": 1_700_000_000_000 + int(str(event["at"]))}) for event in events + orders]


@pytest.fixture(scope="module")
def edit() -> tuple[Texts, Texts]:
    after = texts_of(RULES)
    return older(after), after


def shop_of(before: Program, customers: int = 300, partitions: int = 3, now_ms: int = NOW_MS) -> LoadedShop:
    return loaded_shop(shop_lines(), before, POLICY, now_ms, customers, partitions)


def held(partitions: list[Partition]) -> dict[str, list[str]]:
    """The segments of each customer."""
    publishers = [partition.publisher for partition in partitions]
    return {user: one.segments_of(row) for one in publishers for row, user in enumerate(one.users)}


def test_the_older_rules_are_good_and_others(edit: tuple[Texts, Texts]) -> None:
    before, after = edit
    assert before.keys() == after.keys()
    assert sum(before[name] != after[name] for name in after) > len(after) // 2
    assert program_of(before).digest != program_of(after).digest


def test_without_families_none_is_left(edit: tuple[Texts, Texts]) -> None:
    texts = without_families(edit[1])
    assert 0 < len(texts) < len(edit[1])
    assert not program_of(texts).families


def test_customers_are_copied_to_their_homes(edit: tuple[Texts, Texts]) -> None:
    program = program_of(edit[0])
    shop = shop_of(program)
    assert len(set(shop.users())) == 300
    assert all(home_partition(row.key.decode(), 3) == number for number, rows in enumerate(shop.rows) for row in rows)
    partitions = shop.partitions(program, POLICY, NOW_MS)
    assert sum(one.customers() for one in partitions) == 300
    assert not any(one.stale() for one in partitions)
    segments = held(partitions)
    assert segments["u3-0"] == segments["u3-1"]
    assert any(segments.values())


def test_events_that_are_none_are_told(edit: tuple[Texts, Texts]) -> None:
    program = program_of(edit[0])
    with pytest.raises(ProofError, match="an event is refused: "):
        loaded_shop([b"{}"], program, POLICY, NOW_MS, 1, 1)
    with pytest.raises(ProofError, match="there are no events"):
        loaded_shop([], program, POLICY, NOW_MS, 1, 1)


def test_both_ways_come_to_the_same(edit: tuple[Texts, Texts]) -> None:
    before, after = map(program_of, edit)
    partitions = shop_of(before).partitions(before, POLICY, NOW_MS)
    kernel, worker = compared(partitions, before, after, NOW_MS, 2, lambda: None)
    assert len({one.changes for one in (*kernel, *worker)}) == 1
    assert worker[0].rows >= worker[0].changes > 0
    assert worker[0].bytes > 0

    apart = shop_of(before).partitions(before, POLICY, NOW_MS)
    kernel_pass(partitions, after, NOW_MS)
    worker_pass(apart, after, NOW_MS)
    assert held(partitions) == held(apart)
    assert not any(one.stale() for one in apart)


def test_a_worker_judges_all_while_events_come(edit: tuple[Texts, Texts], tmp_path: Path) -> None:
    before, after = edit
    said: list[str] = []
    left: list[int] = []
    with shop_ground(tmp_path, before, partitions=2) as ground:
        shop = shop_of(program_of(before), partitions=2, now_ms=WallClock().now_ms())
        write_changelogs(ground, shop)
        found = rejudge_live(ground, shop.users(), [after, before], 50, 2.0, said.append, left.append)
    assert len(found.edits) == 2
    assert left[-1] == 0
    assert found.quiet.changes > 0
    assert found.peak_memory_bytes > 0
    assert said[:2] == ["opening the worker", "live events before an edit"]
