"""The broker of the job: topics that our workers and the peers read alike, and a fresh application for each run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.clients.changes import ChangeReader
from streams.clients.quiet import librdkafka_log
from streams.clients.settings_file import one_topic
from streams.proofs.bench.files import lines_of
from streams.proofs.bench.ours import Drained, drained
from streams.proofs.ground import Ground, ProofError, another, fresh_ground
from streams.proofs.subscriber import Subscriber
from streams.proofs.verdict import Segments, differences, expected_segments
from streams.worker.security import librdkafka_config
from streams.worker.topics import MEMBERSHIPS, REFUSED

#: As many as the peers' script gives its topics.
PARTITIONS = 4
GONE_SECONDS = 30.0
_FULL_SECONDS = 0.1


Say = Callable[[str], None]


def topic_of(file: Path) -> str:
    """The topic of a file's events; the peers' script finds it by this name."""
    return f"events-{file.stem}"


class Lab:
    """Runs on one broker."""

    def __init__(self, ground: Ground, check: bool, say: Say) -> None:
        self.ground = ground
        self._say = say
        self.loaded: dict[Path, int] = {}
        self._check = check
        self._admin = AdminClient(librdkafka_config(ground.settings), logger=librdkafka_log)
        self._expected: dict[Path, Segments] = {}
        self._run = 0

    def load(self, file: Path) -> int:
        """Puts a file's events into its topic, once, as the peers' script would; returns how many they are.

        Uncompressed, keyed by customer, stamped with their own instants, and one tick a partition at the end, which
        tells the peers that no more comes.
        """
        if file not in self.loaded:
            topic = topic_of(file)
            config = {"retention.ms": "-1", "retention.bytes": "-1"}
            for created in self._admin.create_topics([NewTopic(topic, PARTITIONS, 1, config=config)]).values():
                created.result()
            self.loaded[file] = _load(self.ground, topic, file)
        return self.loaded[file]

    def drain(self, file: Path, workers: int) -> tuple[Drained, list[str]]:
        """A fresh application of so many workers drains the file's topic; returns what that took, and what is wrong
        with the changes that it published."""
        events = self.load(file)
        self._run += 1
        application = f"bench-{self._run}"
        settings = {"application": application, "http": "", **one_topic(topic_of(file))}
        grounds = [another(self.ground, f"{application}-{number}", **settings) for number in range(workers)]
        found = drained(grounds, events)
        faults = self._faults(grounds[0], file) if self._check else []
        self._forget(grounds[0])
        return found, faults

    def _faults(self, ground: Ground, file: Path) -> list[str]:
        self._say("reading the changes, and holding them against the replay")
        with closing(ChangeReader(ground.settings, from_beginning=True)) as reader:
            subscriber = Subscriber(reader)
            subscriber.read_all()
        if file not in self._expected:
            self._expected[file] = expected_segments(ground, lines_of(file))
        return subscriber.faults + differences(self._expected[file], subscriber.segments)

    def _forget(self, ground: Ground) -> None:
        """Deletes what a run wrote: the next one begins with nothing, and the disk is not filled."""
        names = [ground.settings.changelog, MEMBERSHIPS, REFUSED]
        for deleted in self._admin.delete_topics(names).values():
            deleted.result()
        deadline = time.monotonic() + GONE_SECONDS
        while any(name in self._admin.list_topics(timeout=10).topics for name in names):
            if time.monotonic() > deadline:
                raise ProofError(f"the broker did not delete {', '.join(names)}")
            time.sleep(0.1)


@contextmanager
def lab(rules: Path, check: bool, say: Say) -> Iterator[Lab]:
    """A lab on an embedded broker of its own."""
    with fresh_ground(rules, topic="unused", partitions=PARTITIONS) as ground:
        yield Lab(ground, check, say)


def _load(ground: Ground, topic: str, file: Path) -> int:
    config = librdkafka_config(
        ground.settings,
        linger_ms=20,
        batch_size=262_144,
        queue_buffering_max_messages=500_000,
        partitioner="murmur2_random",
    )
    producer, count, last_ms = Producer(config, logger=librdkafka_log), 0, 0
    for line in lines_of(file):
        event = orjson.loads(line)
        last_ms = max(last_ms, event["at"])
        _send(producer, topic, line.rstrip(b"\n"), event["user"].encode(), event["at"])
        count += 1
    producer.flush()
    tick = orjson.dumps({"type": "tick", "at": last_ms})
    for partition in range(PARTITIONS):
        producer.produce(topic, tick, b"", partition=partition, timestamp=last_ms)
    producer.flush()
    return count


def _send(producer: Producer, topic: str, value: bytes, key: bytes, at_ms: int) -> None:
    while True:
        try:
            producer.produce(topic, value, key, timestamp=at_ms)
            return
        except BufferError:
            producer.poll(_FULL_SECONDS)
