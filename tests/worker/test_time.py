"""What a worker does at once, at its time, and at the end."""

from __future__ import annotations

import json
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.worker.ports import free_port
from tests.worker.shop import Shop, read_all, read_committed, until


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> Shop:
    return Shop(kafka, tmp_path, partitions=2, MICROSEG_HTTP=f"127.0.0.1:{free_port()}")


@pytest.fixture(scope="module")
def running(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a worker that runs."""
    shop = Shop(kafka, tmp_path_factory.mktemp("running"), partitions=2)
    with shop.worker() as worker:
        worker.wait_for("open after")
        yield shop


def test_quiet_stream_is_published_at_once(running: Shop) -> None:
    running.send([("views", "u1", "1")])
    until(lambda: running.changes().get("u1"), 3)
    running.send([("emails", "u1", "1"), ("views", "u2", "1")])
    until(lambda: len(running.changes().get("u1", [])) == 2 and "u2" in running.changes(), 3)


def test_boundary_fires_at_its_instant_without_events(running: Shop) -> None:
    sent_ms = time.time_ns() // 1_000_000
    running.send([("profiles", "u3", "timer:700")])
    until(lambda: len(running.changes().get("u3", [])) == 2, 5)
    at_ms = running.changes()["u3"][1]["at"]
    assert 700 <= at_ms - sent_ms < 2_000


def test_refused_record_costs_only_itself(running: Shop) -> None:
    running.send([("views", "u4", "1"), ("views", "u4", "bad"), ("views", "u4", "2")])
    until(lambda: len(running.changes().get("u4", [])) == 2, 5)
    offsets = [at for _, value, at in read_all(running.broker, running.topics["views"]) if value == b"bad"]
    refused = [json.loads(value) for _, value in read_committed(running.broker, f"{running.name}-refused")]
    assert refused == [{"topic": running.topics["views"], "offset": offset} for offset in offsets]


def health(shop: Shop) -> dict[str, Any]:
    """What the worker says of itself."""
    with urllib.request.urlopen(f"http://{shop.environ['MICROSEG_HTTP']}/health") as response:
        said: dict[str, Any] = json.load(response)
        return said


def test_sigterm_writes_what_is_read_and_leaves(shop: Shop) -> None:
    shop.create_topics(*shop.topics.values())
    shop.send_random(4_000, customers=20)
    with shop.worker(MICROSEG_CHECKPOINT_EVERY="1h", STANDIN_PACE="0.0005") as worker:
        worker.wait_for("open after")
        time.sleep(0.5)
        said = health(shop)
        assert (said["status"], said["partitions"], said["worker"]) == ("ok", [0, 1], "w1")
        worker.signal(signal.SIGTERM)
        started = time.monotonic()
        assert worker.wait(10) == 0
        # what a run of records still takes, and a transaction
        assert time.monotonic() - started < 3
    with pytest.raises(urllib.error.URLError):
        health(shop)
    assert 0 < shop.drain()["events"] < 4_000
    shop.check_exact()


def test_sigterm_while_it_is_starting(shop: Shop) -> None:
    with shop.worker() as worker:
        worker.wait_for("worker w1")
        worker.signal(signal.SIGTERM)
        assert worker.wait(5) == 0
    assert "Traceback" not in worker.said
