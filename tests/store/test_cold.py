"""What happens to cold customers, one thing at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.engine.cold_partition import ColdPartition
from streams.engine.course import course_of
from streams.engine.entries import Store
from streams.engine.survey import Survey
from streams.events.instants import stamp
from streams.rows.arena import COUNTS
from streams.rows.layout import G_VIEW
from streams.store.in_memory import MemoryStore
from streams.store.shelf import Changelog, Shelf
from tests.engine.bench import DAY, HOUR, SECOND, T, program_of, rules_of
from tests.laws.runs import Line
from tests.store.driver import Driver

RULES = rules_of(looked="{count: views, last: 1d, at_least: 1}")
OTHERS = rules_of(looked="{count: views, last: 2d, at_least: 1}", often="{count: views, at_least: 2}")

MakeStore = Callable[[], Store]


def in_rocksdb(root: Path) -> MakeStore:
    """Makes stores on the disk, of which each goes on with what the last one had."""
    shelf = Shelf(root, lambda: Changelog("t", 1e9), lambda *_: None)
    return lambda: shelf.store(0)


@pytest.fixture(params=["memory", "rocksdb"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    """Both kinds."""
    return MemoryStore if request.param == "memory" else in_rocksdb(tmp_path)


@pytest.fixture
def driver(make_store: MakeStore) -> Driver:
    """Four customers who looked an hour apart, of whom one is warm."""
    driver = Driver(RULES, make_store, now_ms=T)
    for number, user in enumerate(("ana", "ben", "cy", "dan")):
        driver.pass_time(T + number * HOUR)
        view(driver, user)
        driver.take()
        driver.written()
    assert warm(driver) == {"dan"}
    return driver


def view(driver: Driver, user: str, **fields: Any) -> None:
    """A customer looks at something now."""
    raw = {"type": "view", "id": f"{user}-{driver.now_ms}", "user": user, "at": driver.now_ms, "product": "p", **fields}
    offset = driver.partition.positions.get("views", 0)
    driver.fold([Line(offset, user.encode(), orjson.dumps(raw))])


def saved(driver: Driver) -> None:
    """A checkpoint, committed and stored."""
    driver.take()
    driver.written()


def warm(driver: Driver) -> set[str]:
    """Who is in memory."""
    assert isinstance(driver.partition, ColdPartition)
    return set(driver.partition.warm)


def exits(driver: Driver) -> list[tuple[str, int]]:
    """Who left the segment, and when (ms after T)."""
    found = []
    for user, change in driver.published:
        if change is not None and "looked" in change["exited"]:
            at_ms = next(ms for ms in range(T, T + 40 * DAY, HOUR) if change["at"] == stamp(ms))
            found.append((user, at_ms - T))
    return found


def test_cold_customers_leave_at_their_instant(driver: Driver) -> None:
    assert driver.partition.next_boundary() == T + DAY
    driver.pass_time(T + 3 * DAY)
    saved(driver)
    assert exits(driver) == [(user, DAY + n * HOUR) for n, user in enumerate(("ana", "ben", "cy", "dan"))]
    assert driver.partition.next_boundary() is None
    assert len(warm(driver)) == 1


def test_an_event_finds_the_cold_customer(driver: Driver) -> None:
    driver.now_ms = T + 5 * HOUR
    view(driver, "ana")
    driver.pass_time(T + 3 * DAY)
    saved(driver)
    assert exits(driver)[-1] == ("ana", DAY + 5 * HOUR)
    seqs = [change["seq"] for user, change in driver.published if user == "ana" and change]
    assert seqs == [1, 2]


def test_cold_customers_are_counted(driver: Driver) -> None:
    assert driver.partition.customers() == 4
    assert driver.partition.sizes() == {"looked": 4}
    driver.pass_time(T + DAY + HOUR)
    assert driver.partition.sizes() == {"looked": 2}


def test_other_rules_reach_the_cold(driver: Driver) -> None:
    driver.switch(OTHERS)
    assert driver.partition.stale() == 4
    assert driver.partition.next_boundary() is not None
    driver.advance(1)
    assert driver.partition.stale() == 0
    saved(driver)
    driver.pass_time(T + 4 * DAY)
    saved(driver)
    assert exits(driver) == [(user, 2 * DAY + n * HOUR) for n, user in enumerate(("ana", "ben", "cy", "dan"))]
    assert driver.partition.sizes() == {"looked": 0, "often": 0}


def test_a_segment_whose_rule_is_gone_is_left_by_the_cold(driver: Driver) -> None:
    driver.switch(rules_of(often="{count: views, at_least: 2}"))
    saved(driver)
    assert driver.partition.sizes() == {"often": 0, "looked": 4}
    driver.crash()
    assert driver.partition.sizes()["looked"] == 4
    driver.advance(2)
    saved(driver)
    assert sorted(user for user, _ in exits(driver)) == ["ana", "ben", "cy", "dan"]


def test_only_what_the_store_lacks_is_read_again(driver: Driver) -> None:
    driver.crash()
    assert driver.begun == len(driver.changelog)
    assert driver.partition.stale() == 0
    driver.now_ms = T + 5 * HOUR
    view(driver, "ana")
    driver.take()  # committed, but the store does not have it
    driver.crash()
    assert driver.partition.stale() == 1
    driver.pass_time(T + 3 * DAY)
    saved(driver)
    expected = {"ben": DAY + HOUR, "cy": DAY + 2 * HOUR, "dan": DAY + 3 * HOUR, "ana": DAY + 5 * HOUR}
    assert exits(driver) == list(expected.items())


def test_other_settings_have_the_cold_judged_anew(driver: Driver) -> None:
    driver.crash(retention_ms=365 * DAY)
    assert driver.partition.stale() == 4
    driver.advance()
    assert driver.partition.stale() == 0


def test_an_erased_customer_does_not_come_back_from_the_store(driver: Driver) -> None:
    driver.now_ms = T + 5 * HOUR
    view(driver, "ana", type="erase", id="x")
    driver.take()
    view(driver, "ana", id="late", at=T + 4 * HOUR)  # before the erasure
    assert driver.partition.row_of("ana") is None
    driver.now_ms += SECOND
    view(driver, "ana")
    driver.written()
    saved(driver)
    assert driver.partition.customers() == 4
    driver.crash()
    assert driver.partition.customers() == 4
    assert driver.partition.sizes() == {"looked": 4}
    row = driver.partition.row_of("ana")
    assert row is not None
    assert driver.partition.machine.rows.head[row, COUNTS + G_VIEW] == 1


def test_who_is_cold_can_be_explained(driver: Driver) -> None:
    assert "ana" not in warm(driver)
    course = course_of(driver.partition, "ana", driver.now_ms)
    assert course is not None
    assert course.members == {"looked"}
    assert course_of(driver.partition, "nobody", driver.now_ms) is None


@pytest.mark.parametrize("most", [1, 2, 100])
def test_a_survey_counts_cold_and_warm_once(driver: Driver, most: int) -> None:
    driver.now_ms += 1
    view(driver, "new")
    view(driver, "dan")
    survey = Survey(driver.partition, program_of(OTHERS), driver.now_ms, show=9)
    while survey.step(most):
        saved(driver)
    assert survey.findings.customers == 5
    assert survey.findings.segments["looked"].before == 5
    assert survey.findings.segments["looked"].after == 5
    assert survey.findings.segments["often"].entering_ids == ["dan"]


def test_memory_stays_bounded(make_store: MakeStore) -> None:
    driver = Driver(RULES, make_store, most=10, now_ms=T)
    for number in range(600):
        view(driver, f"u{number % 200}", id=str(number))
        if number % 5 == 0:
            saved(driver)
    rows = driver.partition.machine.rows
    assert driver.partition.machine.customers < 40
    assert len(rows.words) < 20_000
    assert driver.partition.customers() == 200
    driver.switch(OTHERS)
    while driver.partition.advance(driver.now_ms, 7):
        saved(driver)
    assert driver.partition.machine.customers < 60
    assert driver.partition.sizes() == {"looked": 200, "often": 200}


def test_who_waits_to_be_judged_after_a_restart_is_not_taken_for_one_under_other_rules(driver: Driver) -> None:
    driver.now_ms = T + 5 * HOUR
    view(driver, "ana")
    driver.take()  # committed, but the store does not have it
    driver.crash()
    view(driver, "new")
    saved(driver)
    assert driver.partition.stale() == 1
    driver.now_ms = T + 2 * DAY
    driver.crash()
    driver.advance()
    saved(driver)
    assert ("ana", DAY + 5 * HOUR) in exits(driver)


def test_customers_who_come_and_go_often_keep_their_own_events() -> None:
    chance = random.Random(1)
    cold, all_warm = Driver(RULES, most=3, now_ms=T), Driver(RULES, None, now_ms=T)
    for number in range(2_500):
        user = f"u{chance.randrange(12)}"
        for driver in (cold, all_warm):
            driver.pass_time(T + number * HOUR)
            view(driver, user)
            saved(driver)
    assert cold.by_user() == all_warm.by_user()
    assert cold.partition.customers() == 12


@pytest.mark.parametrize("make_store", [None, MemoryStore], ids=["memory", "cold"])
def test_a_restart_tells_nothing_of_the_time_before_the_rules(make_store: MakeStore | None) -> None:
    """Who was judged under other rules without a change is not written then; a restart must not judge them earlier."""
    driver = Driver(rules_of(bought="{count: purchases, at_least: 5}"), make_store, now_ms=T)
    view(driver, "ana")
    driver.take()
    driver.pass_time(T + 5 * DAY)
    looked = "{count: views, last: 1d, at_least: 1}"
    driver.switch(rules_of(bought="{count: purchases, at_least: 5}", looked=looked))
    driver.advance()
    view(driver, "ben")
    driver.take()
    driver.crash()
    driver.advance()
    driver.pass_time(T + 7 * DAY)
    driver.take()
    assert [(user, change["entered"], change["exited"]) for user, change in driver.published if change] == [
        ("ben", ["looked"], []),
        ("ben", [], ["looked"]),
    ]
