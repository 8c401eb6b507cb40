"""What comes out of a worker is what went in, once, whatever happens to the process in between."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from tests.worker.shop import INPUTS, Shop, until

PACE = "0.0001"  # seconds an event


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> Shop:
    made = Shop(kafka, tmp_path)
    made.create_topics(*made.topics.values())
    return made


def test_kill_9_again_and_again(shop: Shop) -> None:
    shop.send_random(15_000)
    chance = random.Random(7)
    for _ in range(3):
        with shop.worker(STANDIN_PACE=PACE, MICROSEG_CHECKPOINT_EVERY="100ms") as worker:
            worker.wait_for("open after")
            time.sleep(chance.uniform(0.2, 0.6))
            worker.kill()
    shop.send_random(3_000, seed=2)
    assert 3_000 < shop.drain()["events"] < 18_000
    shop.check_exact()


def test_chunks_lost_on_the_way(shop: Shop) -> None:
    shop.send_random(6_000)
    with shop.worker("--until-drained", STANDIN_DROP="0.3") as worker:
        assert worker.wait(40) == 0
    assert "reading again" in worker.said
    shop.check_exact()


def test_offsets_without_records(shop: Shop) -> None:
    """The markers of producers' transactions take offsets, also the last ones."""
    chance = random.Random(3)
    events = [(topic, f"u{chance.randrange(50)}", "1") for _ in range(500) for topic in INPUTS]
    shop.send(events, **{"transactional.id": shop.name})
    assert shop.drain()["events"] == 2_000
    shop.check_exact()


def test_workers_come_and_go(shop: Shop) -> None:
    shop.send_random(12_000)
    with shop.worker(STANDIN_PACE=PACE) as first:
        first.wait_for("open after")
        with shop.worker(STANDIN_PACE=PACE, MICROSEG_WORKER="w2") as second:
            second.wait_for("open after")
            shop.send_random(4_000, seed=2)
            time.sleep(0.5)
            second.signal(signal.SIGTERM)
            assert second.wait(5) == 0
        told = shop.drain(MICROSEG_WORKER="w2")  # waits for what the other one holds, too
        assert first.process.poll() is None
    assert told["partitions"] == 2
    shop.check_exact()


def test_a_worker_that_slept_through_its_own_replacement(shop: Shop) -> None:
    """A frozen worker's partitions are taken over; when it wakes, nothing that it still holds gets out."""
    shop.send_random(6_000)
    with shop.worker(STANDIN_PACE=PACE, MICROSEG_CHECKPOINT_EVERY="100ms") as frozen:
        frozen.wait_for("open after")
        time.sleep(0.3)
        frozen.signal(signal.SIGSTOP)
        assert shop.drain()["events"] > 0  # the same name: Kafka takes it for a restart
        frozen.signal(signal.SIGCONT)
        assert frozen.wait(20) == 2
    assert "another worker" in frozen.said
    shop.check_exact()


def test_one_topic_for_everything(kafka: str, tmp_path: Path) -> None:
    shop = Shop(kafka, tmp_path)
    events = f"{shop.name}-events"
    shop.environ |= {f"MICROSEG_TOPICS_{topic.upper()}": events for topic in INPUTS}
    shop.topics = dict.fromkeys(INPUTS, events)
    shop.create_topics(events)
    shop.send_random(2_000)
    assert shop.drain()["events"] == 2_000
    shop.check_exact()


def test_restart_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.send_random(2_000)
    assert shop.drain()["events"] == 2_000
    shop.send_random(100, seed=5)
    assert shop.drain()["events"] == 100
    shop.check_exact()


def test_a_topic_made_anew_is_told(shop: Shop) -> None:
    from confluent_kafka.admin import AdminClient

    shop.send_random(2_000)
    shop.drain()
    admin = AdminClient({"bootstrap.servers": shop.broker})
    admin.delete_topics([shop.topics["views"]])[shop.topics["views"]].result()
    until(lambda: shop.topics["views"] not in admin.list_topics().topics)
    with shop.worker("--until-drained") as worker:
        assert worker.wait(20) == 2
    assert "was the topic made anew?" in worker.said
