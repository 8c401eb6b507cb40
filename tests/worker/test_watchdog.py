"""A worker that silently stops reading turns its health red, says what it knows, and ends; one with nothing to read
does not.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from faust.types import TP

from streams.worker.transport import POLL_SECONDS
from streams.worker.watchdog import Place, Stillness
from tests.worker.monitor import Scrape, told
from tests.worker.ports import free_port
from tests.worker.shop import Shop, until

VIEWS, MAILS = TP("views", 0), TP("emails", 0)
STALL_S = 4.0


def test_what_moves_or_is_read_to_its_end_does_not_stand_still() -> None:
    still = Stillness()
    for number in range(9):
        assert still.look({VIEWS: Place(number, 100), MAILS: Place(7, 7)}) is None


def test_what_stands_still_is_counted_and_the_longest_told() -> None:
    still = Stillness()
    found = [still.look({VIEWS: Place(3, 9), MAILS: Place(min(n, 2), 5)}) for n in range(4)]
    assert found == [None, (VIEWS, 1), (VIEWS, 2), (VIEWS, 3)]
    assert still.look({VIEWS: Place(4, 9), MAILS: Place(2, 5)}) == (MAILS, 2)


def test_an_end_that_runs_away_does_not_excuse() -> None:
    still = Stillness()
    assert [still.look({VIEWS: Place(3, end)}) for end in (4, 50, 600)] == [None, (VIEWS, 1), (VIEWS, 2)]


def test_an_excuse_begins_anew() -> None:
    still = Stillness()
    for _ in range(5):
        still.look({VIEWS: Place(3, 9)})
    still.excuse()
    assert still.look({VIEWS: Place(3, 9)}) is None


def test_a_partition_that_moved_away_is_forgotten() -> None:
    still = Stillness()
    still.look({VIEWS: Place(3, 9)})
    still.look({})
    assert still.look({VIEWS: Place(3, 9)}) is None


def test_a_worker_that_stops_reading_ends_and_the_next_goes_on(kafka: str, tmp_path: Path) -> None:
    port, deaf = free_port(), tmp_path / "deaf"
    shop = Shop(kafka, tmp_path, partitions=2, MICROSEG_HTTP=f"127.0.0.1:{port}")
    with shop.worker(MICROSEG_STALL_AFTER=f"{STALL_S:g}s", STANDIN_DEAF=str(deaf)) as worker:
        worker.wait_for("open after")
        shop.send_random(50)
        until(lambda: Scrape(port).value("events_total") == 50, 30)
        _abort_something(shop)
        time.sleep(STALL_S + 2)  # idle, with the markers of an aborted transaction at the end
        assert told(port, "/health/ready")[0] == 200
        deaf.touch()
        time.sleep(5 * POLL_SECONDS)  # a fetch that was begun before would still hand records over
        shop.send([("views", f"u{n}", "1") for n in range(9)])
        said = _red(port)
        assert (said["status"], said["live"], said["ready"]) == ("not ready", True, False)
        assert "nothing was read of" in said["reasons"][0]
        assert worker.wait(60) == 2
    (line,) = (line for line in worker.said.splitlines() if line.startswith("microseg: "))
    assert f"nothing was read of {shop.topics['views']} " in line
    assert line.endswith("; it ends, so that its supervisor starts it again")
    assert "Traceback" not in worker.said
    shop.drain()
    shop.check_exact()


def _red(port: int) -> dict[str, Any]:
    """What ``/health`` says once it is red, which it is for some seconds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status, said = told(port, "/health")
        if status == 503:
            return said
        time.sleep(0.05)
    raise AssertionError("its health never turned red")


def _abort_something(shop: Shop) -> None:
    producer = Producer({"bootstrap.servers": shop.broker, "transactional.id": f"{shop.name}-aborts"})
    producer.init_transactions()
    producer.begin_transaction()
    for number in range(2):
        producer.produce(shop.topics["views"], "1", "never", partition=number)
    producer.flush()
    producer.abort_transaction()
