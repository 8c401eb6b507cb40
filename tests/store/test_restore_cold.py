"""What a changelog does to a local store, and damage that is found when it is used."""

from __future__ import annotations

import pytest

from streams.engine.cold_partition import ColdPartition
from streams.engine.entries import META, ROW, end_of, meta_of, row_key
from streams.errors import MicrosegError
from streams.store.in_memory import MemoryStore
from tests.engine.bench import HOUR, T
from tests.store.driver import Driver
from tests.store.test_cold import RULES, saved, view

USERS = [f"u{number}" for number in range(50)]


@pytest.fixture
def driver() -> Driver:
    """Customers of whom most are cold."""
    driver = Driver(RULES, most=5, now_ms=T)
    for user in USERS:
        view(driver, user)
    saved(driver)
    return driver


def test_a_store_that_was_lost_is_made_of_the_changelog(driver: Driver) -> None:
    assert isinstance(driver.store, MemoryStore)
    driver.store.pairs.clear()
    driver.crash()
    assert driver.begun == 0
    assert driver.partition.customers() == 50
    assert driver.partition.sizes() == {"looked": 50}
    assert driver.partition.stale() == 50
    while driver.partition.advance(driver.now_ms, 7):
        saved(driver)
    saved(driver)
    driver.pass_time(T + 40 * HOUR)
    saved(driver)
    assert driver.segments() == {}
    assert driver.partition.sizes() == {"looked": 0}


def test_what_the_changelog_says_anew_is_counted_once(driver: Driver) -> None:
    """Also where the store has it already."""
    assert isinstance(driver.store, MemoryStore)
    kept = dict(driver.store.pairs)
    for user in USERS[:10]:
        view(driver, user, id=f"again-{user}")
    view(driver, "u0", type="erase", id="x")
    driver.take()
    driver.store.pairs = kept
    driver.crash()
    assert driver.partition.customers() == 49
    assert driver.partition.sizes() == {"looked": 49}
    assert driver.partition.stale() == 9
    rows = driver.store.scan(ROW, end_of(ROW), 1_000)
    assert meta_of(driver.store.pairs[META]).rows == len(rows) == 49


def test_a_damaged_changelog_is_refused(driver: Driver) -> None:
    key, value = next((key, value) for key, value in driver.changelog if key == b"u7")
    assert value is not None
    for spoilt in (value[:-8], value[:8] + b"\x7f" * 8 + value[16:], b"\x63" + value[1:]):
        driver.changelog = [pair for pair in driver.changelog if pair[0] != key] + [(key, spoilt)]
        driver.store = MemoryStore()
        with pytest.raises(ValueError, match=r"a row of version 99|'u7' in the changelog is damaged"):
            driver.start()


def test_a_row_that_does_not_fit_is_refused_when_it_is_brought(driver: Driver) -> None:
    assert isinstance(driver.store, MemoryStore)
    assert isinstance(driver.partition, ColdPartition)
    cold = next(user for user in USERS if user not in driver.partition.warm)
    key = row_key(cold.encode())
    value = driver.store.pairs[key]
    driver.store.pairs[key] = value + b"\0" * 8
    with pytest.raises(MicrosegError, match=f"the row of customer '{cold}' in the local store is damaged"):
        driver.partition.row_of(cold)
