"""A worker that keeps its customers on the disk: what a restart reads, what an erasure leaves, what is lacking."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

from streams.settings import Settings
from streams.worker.errors import WorkerError
from streams.worker.making import partitions_of
from tests.worker.shop import STORES, WorkerProcess
from tests.worker.test_wall_clock import WallShop, now_ms

CUSTOMERS = [f"c{number}" for number in range(40)]


class DiskShop(WallShop):
    """Few customers in memory."""

    def __init__(self, broker: str, directory: Path) -> None:
        self.disk = directory / "data"
        super().__init__(broker, directory, MICROSEG_DATA_DIR=str(self.disk), **STORES["rocksdb"])

    def on_disk(self, customer: str) -> bool:
        """Whether any file has the id."""
        user = f"{self.name}-{customer}".encode()
        return any(user in file.read_bytes() for file in self.disk.rglob("*") if file.is_file())

    def ended(self, worker: WorkerProcess) -> str:
        """What it said until it was told to stop."""
        worker.signal(signal.SIGTERM)
        assert worker.wait(20) == 0
        return worker.said


def test_a_restart_goes_on_from_the_disk_and_an_erasure_leaves_nothing_there(kafka: str, tmp_path: Path) -> None:
    shop = DiskShop(kafka, tmp_path)
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for('"opened"', 120)
        for customer in CUSTOMERS:
            shop.view(customer, now_ms() - 10_000)
        shop.until(CUSTOMERS[-1], bool)
        shop.ended(worker)
    assert all(shop.on_disk(customer) for customer in CUSTOMERS)
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for('"opened"', 60)
        shop.send([("profiles", CUSTOMERS[0], f'{{"type": "erase", "at": {now_ms()}}}')])
        assert shop.until(CUSTOMERS[0], lambda found: found[-1] is None)
        until = time.monotonic() + 15
        while shop.on_disk(CUSTOMERS[0]) and time.monotonic() < until:
            time.sleep(0.1)
        said = shop.ended(worker)
    assert '"rows": 40' in said or '"rows":40' in said
    assert "restored from the changelog" not in said
    assert [customer for customer in CUSTOMERS if not shop.on_disk(customer)] == CUSTOMERS[:1]


def test_without_the_package_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rocksdict", None)
    with pytest.raises(WorkerError, match=r'pip install "microseg\[rocksdb\]"'):
        partitions_of(Settings(store="rocksdb"))
