"""A shop for tests of the worker: topics and a group of its own, producers, worker processes, and what came out."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from tests.worker.standin import POSITION

ROOT = Path(__file__).parents[2]
INPUTS = ("views", "purchases", "emails", "profiles")
#: Where customers are kept; on the disk nearly all of them.
STORES: dict[str, dict[str, str]] = {
    "memory": {},
    "rocksdb": {"MICROSEG_STORE": "rocksdb", "MICROSEG_CACHE_CUSTOMERS": "5"},
}


class Shop:
    """One application on the session's broker; customers are called ``NAME-uN``."""

    def __init__(self, broker: str, directory: Path, partitions: int = 4, **settings: str) -> None:
        self.broker = broker
        self.name = f"t{uuid.uuid4().hex[:8]}"
        self.partitions = partitions
        self.topics = {topic: f"{self.name}-{topic}" for topic in INPUTS}
        self.environ = {
            **os.environ,
            "MICROSEG_BROKER": broker,
            "MICROSEG_APPLICATION": self.name,
            "MICROSEG_PARTITIONS": str(partitions),
            "MICROSEG_DATA_DIR": str(directory),
            "MICROSEG_HTTP": "",
            "MICROSEG_LOG": "text",
            "MICROSEG_STALL_AFTER": "20s",  # no test is still for so long, but for those that mean it
            "MICROSEG_WORKER": "w1",
            "MICROSEG_RULES": str(rule_folder(directory / "standin-rules", "every-2")),
            **{f"MICROSEG_TOPICS_{topic.upper()}": name for topic, name in self.topics.items()},
            **settings,
        }
        self.sent: list[tuple[str, str, str]] = []  # topic, customer, value

    def create_topics(self, *topics: str) -> None:
        """Creates input topics as their owners would, before a worker is there."""
        admin = AdminClient({"bootstrap.servers": self.broker})
        wanted = [NewTopic(topic, num_partitions=self.partitions, replication_factor=1) for topic in topics]
        for created in admin.create_topics(wanted).values():
            created.result()

    def send(self, events: list[tuple[str, str, str]], **config: Any) -> None:
        """Produces (topic, customer, value)s; topics by the names of INPUTS or their own."""
        producer = Producer({"bootstrap.servers": self.broker, "partitioner": "murmur2_random", **config})
        transactional = "transactional.id" in config
        if transactional:
            producer.init_transactions()
        for start in range(0, len(events), 100):
            if transactional:
                producer.begin_transaction()
            for topic, customer, value in events[start : start + 100]:
                producer.produce(self.topics.get(topic, topic), value, f"{self.name}-{customer}")
            if transactional:
                producer.commit_transaction()
        producer.flush()
        self.sent += events

    def send_random(self, count: int, customers: int = 200, seed: int = 1) -> None:
        """Produces numbers for random customers on all topics."""
        chance = random.Random(seed)
        self.send(
            [
                (chance.choice(INPUTS), f"u{chance.randrange(customers)}", str(chance.randrange(1000)))
                for _ in range(count)
            ]
        )

    @contextmanager
    def worker(self, *options: str, module: str = "tests.worker.standin", **environ: str) -> Iterator[WorkerProcess]:
        """A worker process, killed at the end if it still runs."""
        worker = WorkerProcess([sys.executable, "-m", module, *options], {**self.environ, **environ})
        try:
            yield worker
        finally:
            worker.kill()

    def drain(self, **environ: str) -> dict[str, Any]:
        """Runs a worker until everything is read and written; what it told."""
        with self.worker("--until-drained", "--json", **environ) as worker:
            assert worker.wait(60) == 0, worker.said
            told: dict[str, Any] = json.loads(worker.told)
            return told

    def changes(self) -> dict[str, list[dict[str, Any]]]:
        """What a read-committed subscriber sees, by customer, in order."""
        seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for key, value in read_committed(self.broker, f"{self.name}-memberships"):
            seen[key.decode().partition("-")[2]].append(json.loads(value))
        return seen

    def rows(self) -> dict[str, list[int]]:
        """The newest row of each customer in the changelog: count, total, seq."""
        rows: dict[str, list[int]] = {}
        for key, value in read_committed(self.broker, f"{self.name}-rows-changelog"):
            if not key.startswith(POSITION):
                rows[key.decode().partition("-")[2]] = json.loads(value)
        return rows

    def truth(self) -> dict[str, list[int]]:
        """The rows as they must be, from what is in the topics."""
        rows: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for topic in dict.fromkeys(self.topics.values()):
            for key, value, offset in read_all(self.broker, topic):
                row = rows[key.decode().partition("-")[2]]
                number = int(value) if value.isdigit() else 0
                row[:] = [row[0] + 1, (row[1] + number * (offset + 1)) % (1 << 61), row[2] + 1]
        return rows

    def check_exact(self) -> None:
        """Nothing lost, nothing twice: rows are right, and each customer's records are numbered 1 to n."""
        truth = self.truth()
        assert self.rows() == truth
        changes = self.changes()
        assert changes.keys() == truth.keys()
        for customer, records in changes.items():
            assert [record["seq"] for record in records] == list(range(1, truth[customer][2] + 1))
            assert [record["count"] for record in records] == list(range(1, truth[customer][0] + 1))
            assert records[-1]["total"] == truth[customer][1]


def rule_folder(folder: Path, *names: str) -> Path:
    """A rule folder with segments of these names for everybody who has viewed anything."""
    (folder / "active").mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / "active" / f"{name}.yaml").write_text(f"title: {name}\nwhen: {{count: views, at_least: 1}}\n")
    return folder


class WorkerProcess:
    """A worker that runs beside the test; what it writes is kept as it comes."""

    def __init__(self, command: list[str], environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._told: list[str] = []
        self._said: list[str] = []
        self._readers = [
            threading.Thread(target=self._keep, args=pair, daemon=True)
            for pair in ((self.process.stdout, self._told), (self.process.stderr, self._said))
        ]
        for reader in self._readers:
            reader.start()

    @staticmethod
    def _keep(stream: Any, lines: list[str]) -> None:
        lines.extend(stream)

    @property
    def told(self) -> str:
        """Standard output so far."""
        return "".join(self._told)

    @property
    def said(self) -> str:
        """Standard error so far."""
        return "".join(self._said)

    def wait_for(self, text: str, seconds: float = 20) -> None:
        """Waits until standard error has this text."""
        deadline = time.monotonic() + seconds
        while text not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, f"no {text!r} within {seconds} s: {self.said}"
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal."""
        self.process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """The exit code."""
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(5)
        return code

    def kill(self) -> None:
        """kill -9, if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.wait(10)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            stream.close()


class Logged(NamedTuple):
    """A record as it lies in a topic."""

    partition: int
    offset: int
    key: bytes
    value: bytes


def read_all(broker: str, topic: str) -> list[tuple[bytes, bytes, int]]:
    """Key, value and offset of every committed record of a topic up to its end as of now."""
    return [(one.key, one.value, one.offset) for one in read_log(broker, topic)]


def read_log(
    broker: str, topic: str, isolation: str = "read_committed", since: Mapping[int, int] | None = None
) -> list[Logged]:
    """Every record of a topic up to its end as of now, in order within each partition, from offsets ``since`` on."""
    for _ in range(5):
        if (found := _read_once(broker, topic, isolation, since or {})) is not None:
            return found
    raise AssertionError(f"the end of {topic} was never told")


def _read_once(
    broker: str, topic: str, isolation: str, since: Mapping[int, int], seconds: float = 5
) -> list[Logged] | None:
    """The same, or None where librdkafka told of no end, which it now and then misses behind a control marker."""
    consumer = Consumer(
        {
            "bootstrap.servers": broker,
            "group.id": f"reader-{uuid.uuid4().hex}",
            "isolation.level": isolation,
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 20,
        }
    )
    numbers = consumer.list_topics(topic).topics[topic].partitions
    consumer.assign([TopicPartition(topic, number, since.get(number, 0)) for number in numbers])
    left, found, deadline = set(numbers), [], time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        for message in consumer.consume(1000, 0.05):
            number = message.partition() or 0
            if message.error():
                left.discard(number)
            else:
                deadline = time.monotonic() + seconds
                found.append(Logged(number, message.offset() or 0, message.key() or b"", message.value() or b""))
    consumer.close()
    return None if left else found


class SharedTopic:
    """A topic that all tests write to, from where it ended when this was made."""

    def __init__(self, broker: str, topic: str = "segment-memberships") -> None:
        self._broker, self._topic = broker, topic
        self._since = ends_of(broker, topic)

    def read(self) -> list[tuple[bytes, bytes]]:
        """Key and value of every committed record since."""
        return [(one.key, one.value) for one in read_log(self._broker, self._topic, since=self._since)]


def ends_of(broker: str, topic: str) -> dict[int, int]:
    """Where each partition of a topic ends; empty where there is no such topic yet."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "reader"})
    numbers = consumer.list_topics(topic).topics[topic].partitions
    ends = {number: consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[1] for number in numbers}
    consumer.close()
    return ends


def read_committed(broker: str, topic: str) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of every committed record of a topic."""
    return ((key, value) for key, value, _ in read_all(broker, topic))


def until(condition: Any, seconds: float = 10) -> None:
    """Waits until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
