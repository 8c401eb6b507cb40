"""A worker that cannot run says why on one line, with no traceback."""

from __future__ import annotations

import socket
from pathlib import Path

from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType  # type: ignore[attr-defined]

from streams.embedded.kafka import KafkaBroker
from tests.worker.ports import free_port
from tests.worker.shop import Shop, until


def said_once(said: str) -> str:
    """The line that tells why; there must be no other from it on."""
    lines = [line for line in said.splitlines() if line.startswith("microseg: ")]
    assert len(lines) == 1
    assert "Traceback" not in said
    return lines[0]


def test_broker_away(tmp_path: Path) -> None:
    """What is wrong with the rule folder is told before the worker waits for the broker."""
    shop = Shop(f"127.0.0.1:{free_port()}", tmp_path)
    folder = Path(shop.environ["MICROSEG_RULES"])
    (folder / "active" / "odd.yaml").write_text("title: Odd\nwhan: {count: views, more_than: 5}\n")
    with shop.worker(MICROSEG_BROKER_WAIT="1s") as worker:
        assert worker.wait(60) == 2
    mistake, looking, waiting, end = worker.said.splitlines()
    assert mistake == 'microseg: active/odd.yaml:2:1: unknown key "whan"; did you mean "when"?'
    assert looking == f"microseg: the rule folder {folder} is not good; looking for rules that were published before"
    assert waiting.endswith("does not answer; trying for 1 s")
    assert end == f"microseg: the broker {shop.broker} did not answer within 1 s"


def test_a_worker_reads_the_native_topic_in_the_stead_of_the_shops_own(kafka: str, tmp_path: Path) -> None:
    shop = Shop(kafka, tmp_path, MICROSEG_TOPICS_PURCHASES_DIALECT="shopify", MICROSEG_TOPICS_PURCHASES_NAME="hooks")
    del shop.environ["MICROSEG_TOPICS_PURCHASES"]
    assert shop.drain()["events"] == 0
    with shop.worker() as worker:
        worker.wait_for("open after")
        shop.send([("purchases", "u1", "1")])  # NAME-purchases, as the application is called NAME
        until(lambda: shop.rows().get("u1"))
        assert f"{shop.name}-purchases" in worker.said
        assert "hooks" not in worker.said


def test_broker_goes_comes_back_and_stays_away(tmp_path: Path) -> None:
    broker = KafkaBroker(tmp_path / "kafka")
    running = broker.start(0)
    try:
        shop = Shop(running.address, tmp_path, partitions=2)
        with shop.worker(MICROSEG_BROKER_WAIT="20s") as worker:
            worker.wait_for("open after")
            broker.stop()
            worker.wait_for("is away; trying for 20 s")
            broker.start()
            worker.wait_for("the broker is back")
            shop.send([("views", "u1", "1")])
            until(lambda: shop.rows().get("u1"))
        with shop.worker(MICROSEG_BROKER_WAIT="1s") as worker:
            worker.wait_for("open after")
            broker.stop()
            assert worker.wait(20) == 2
        assert said_once(worker.said) == f"microseg: the broker {shop.broker} did not answer for 1 s"
    finally:
        broker.stop()


def test_port_taken(kafka: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        shop = Shop(kafka, tmp_path, MICROSEG_HTTP=f"127.0.0.1:{port}")
        with shop.worker() as worker:
            assert worker.wait(60) == 2
    assert said_once(worker.said).startswith(f"microseg: cannot listen on 127.0.0.1:{port} (Address already in use)")


def test_inputs_with_different_partitions(kafka: str, tmp_path: Path) -> None:
    shop = Shop(kafka, tmp_path, partitions=2)
    shop.create_topics(shop.topics["views"])
    shop.partitions = 3
    shop.create_topics(shop.topics["emails"])
    with shop.worker() as worker:
        assert worker.wait(60) == 2
    assert "must have the same number of partitions" in said_once(worker.said)
    assert f"{shop.topics['views']} 2, {shop.topics['emails']} 3" in worker.said


def test_topics_are_created_as_they_should_be(kafka: str, tmp_path: Path) -> None:
    shop = Shop(kafka, tmp_path, partitions=3)
    shop.drain()
    admin = AdminClient({"bootstrap.servers": kafka})
    there = admin.list_topics().topics
    changelog = f"{shop.name}-rows-changelog"
    assert {len(there[name].partitions) for name in (*shop.topics.values(), changelog)} == {3}
    wanted = {
        shop.topics["views"]: {"cleanup.policy": "delete", "message.timestamp.type": "LogAppendTime"},
        changelog: {"cleanup.policy": "compact", "max.message.bytes": str(16 << 20)},
        f"{shop.name}-memberships": {"cleanup.policy": "compact", "min.compaction.lag.ms": str(7 * 86_400_000)},
        f"{shop.name}-refused": {"cleanup.policy": "delete", "retention.ms": str(30 * 86_400_000)},
    }
    asked = {name: ConfigResource(ResourceType.TOPIC, name) for name in wanted}
    for name, config in wanted.items():
        found = admin.describe_configs([asked[name]])[asked[name]].result()
        assert {key: found[key].value for key in config} == config


def test_of_two_workers_of_one_name_the_older_ends(kafka: str, tmp_path: Path) -> None:
    shop = Shop(kafka, tmp_path, partitions=2)
    with shop.worker() as older:
        older.wait_for("open after")
        with shop.worker() as newer:
            newer.wait_for("open after")
            assert older.wait(60) == 2
            shop.send([("views", "u1", "1")])
            until(lambda: "u1" in shop.changes())
            assert newer.process.poll() is None
    assert "another worker runs under the name w1" in said_once(older.said)
