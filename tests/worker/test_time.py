"""What a worker does at once, at its time, and at the end."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.worker.shop import Shop, WorkerProcess, read_committed, until


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> Shop:
    return Shop(kafka, tmp_path, partitions=2)


@pytest.fixture
def worker(shop: Shop) -> Iterator[WorkerProcess]:
    with shop.worker() as running:
        running.wait_for("open after")
        yield running


def test_quiet_stream_is_published_at_once(shop: Shop, worker: WorkerProcess) -> None:
    shop.send([("views", "u1", "1")])
    until(lambda: shop.changes().get("u1"), 3)
    shop.send([("emails", "u1", "1"), ("views", "u2", "1")])
    until(lambda: len(shop.changes().get("u1", [])) == 2 and "u2" in shop.changes(), 3)


def test_boundary_fires_at_its_instant_without_events(shop: Shop, worker: WorkerProcess) -> None:
    sent_ms = time.time_ns() // 1_000_000
    shop.send([("profiles", "u1", "timer:700")])
    until(lambda: len(shop.changes().get("u1", [])) == 2, 5)
    at_ms = shop.changes()["u1"][1]["at"]
    assert 700 <= at_ms - sent_ms < 2_000


def test_refused_record_costs_only_itself(shop: Shop, worker: WorkerProcess) -> None:
    shop.send([("views", "u1", "1"), ("views", "u1", "bad"), ("views", "u1", "2")])
    until(lambda: len(shop.changes().get("u1", [])) == 2, 5)
    refused = [json.loads(value) for _, value in read_committed(shop.broker, f"{shop.name}-refused")]
    assert refused == [{"topic": shop.topics["views"], "offset": 1}]


def test_sigterm_writes_what_is_read_and_leaves(shop: Shop) -> None:
    shop.create_topics(*shop.topics.values())
    shop.send_random(4_000, customers=20)
    with shop.worker(MICROSEG_CHECKPOINT_EVERY="1h", STANDIN_PACE="0.0005") as worker:
        worker.wait_for("open after")
        time.sleep(0.5)
        worker.signal(signal.SIGTERM)
        started = time.monotonic()
        assert worker.wait(10) == 0
        # what a run of records still takes, and a transaction
        assert time.monotonic() - started < 3
    assert 0 < shop.drain()["events"] < 4_000
    shop.check_exact()


def test_sigterm_while_it_is_starting(shop: Shop) -> None:
    with shop.worker() as worker:
        worker.wait_for("worker w1")
        worker.signal(signal.SIGTERM)
        assert worker.wait(5) == 0
    assert "Traceback" not in worker.said
