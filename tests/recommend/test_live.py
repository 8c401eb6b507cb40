"""The topic of recommendations, kept current by real processes on a real broker."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from confluent_kafka import Producer

from streams.events.native import Event
from streams.recommend.live.topic import products_of, segment_key
from streams.recommend.past import counted
from streams.recommend.recommender import Recommender
from tests.recommend.said import DAY_MS, RETENTION_MS, START_MS, buy, event, merge, settled, tastes, view
from tests.worker.shop import Shop, WorkerProcess, read_log, until

END_MS = START_MS + 40 * DAY_MS


class Live(Shop):
    """A shop whose recommendations are followed."""

    def __init__(self, broker: str, directory: Path) -> None:
        super().__init__(broker, directory, MICROSEG_CLOCK="event")
        self.create_topics(*self.topics.values())
        self.events: list[dict[str, Any]] = []
        self._producer = Producer({"bootstrap.servers": broker, "partitioner": "murmur2_random"})

    def stream(self, events: Sequence[Event]) -> None:
        """Produces events, each to the topic of its kind."""
        for one in events:
            said = json.loads(msgspec.json.encode(one))
            said["user"] = f"{self.name}-{said['user']}"
            if "from" in said:
                said["from"] = f"{self.name}-{said['from']}"
            topic = {"view": "views", "cart": "views", "purchase": "purchases", "refund": "purchases"}
            self._producer.produce(
                self.topics[topic.get(said["type"], "profiles")], json.dumps(said), key=said["user"].encode()
            )
            self.events.append(said)
        assert self._producer.flush(30) == 0

    @contextmanager
    def command(self, *words: str) -> Iterator[WorkerProcess]:
        """A command, killed at the end if it still runs."""
        process = WorkerProcess([sys.executable, "-m", "streams.cli", *words], self.environ)
        try:
            yield process
        finally:
            process.kill()

    def following(self, *options: str) -> AbstractContextManager[WorkerProcess]:
        """A process that follows."""
        return self.command("recommend", "--follow", *options)

    def ask(self, *words: str) -> list[str]:
        """The lines that ``microseg recommend`` prints."""
        with self.command("recommend", *words) as process:
            assert process.wait(30) == 0, process.said
            return process.told.splitlines()

    def drain_lists(self) -> str:
        """Follows until everything is up to date; what was said."""
        with self.following("--until-drained") as process:
            assert process.wait(60) == 0, process.said
            return process.said

    def lists(self) -> dict[str, dict[str, Any] | None]:
        """The newest record of each key; None: a tombstone."""
        found: dict[str, dict[str, Any] | None] = {}
        for one in read_log(self.broker, f"{self.name}-recommendations"):
            found[one.key.decode()] = json.loads(one.value) if one.value else None
        return found

    def mine(self) -> dict[str, list[dict[str, str]]]:
        """The newest list of each of the shop's customers."""
        said = {user: one for user, one in self.lists().items() if one and user.startswith(self.name)}
        assert all(one["user"] == user for user, one in said.items())
        return {user: one["products"] for user, one in said.items()}

    def expected(self) -> dict[str, list[dict[str, str]]]:
        """The lists of the same events offline."""
        events = sorted(map(settled, self.events), key=lambda one: (int(one.at), str(one.id)))
        counting = counted(events, int(events[-1].at))
        recommender = Recommender(counting, RETENTION_MS)
        recommender.rank(counting.newest_ms)
        known = [user for user, history in counting.histories.items() if history]
        return {user: products_of(recommender.for_customer(user, 10)) for user in known}


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> Live:
    return Live(kafka, tmp_path)


def test_kill_9_again_and_again(shop: Live) -> None:
    events, chance = tastes(120, 8), random.Random(3)
    shop.stream(events[:200])
    for start in range(200, 800, 200):
        with shop.following() as process:
            process.wait_for("up to date")
            shop.stream(events[start : start + 200])
            time.sleep(chance.uniform(0.5, 4))
            process.kill()
    shop.stream(events[800:])
    shop.drain_lists()
    expected = shop.expected()
    assert len(expected) == 120
    assert shop.mine() == expected
    assert "0 lists written" in shop.drain_lists()


def test_what_a_customer_does_changes_their_list_and_they_can_be_forgotten(shop: Live) -> None:
    crowd = tastes(40, 4)
    ana, bob = f"{shop.name}-ana", f"{shop.name}-bob"
    shop.stream([*crowd, buy("ana", "a10", at_ms=END_MS), buy("bob", "b20", at_ms=END_MS)])
    with shop.following() as process:
        process.wait_for("up to date")
        until(lambda: len(shop.mine()) == 42, 30)
        shop.stream([view("ana", "c12", END_MS + 1)])
        until(lambda: shop.mine()[ana][0] == {"id": "c12", "why": "viewed"}, 30)
        shop.stream([merge("ana", "bob", END_MS + 2), event("erase", "u1", END_MS + 3)])
        until(lambda: shop.lists()[bob] is None and shop.lists()[f"{shop.name}-u1"] is None, 30)
        process.signal(signal.SIGTERM)
        assert process.wait(20) == 0, process.said
    assert ana in shop.mine()
    assert shop.drain_lists()
    assert shop.mine() == shop.expected()


def test_the_list_of_a_customer_and_of_a_segment_can_be_asked_for(shop: Live) -> None:
    shop.stream(tastes(40, 4))
    rule = Path(shop.environ["MICROSEG_DATA_DIR"]) / "rules" / "active" / f"{shop.name}.yaml"
    rule.parent.mkdir(parents=True)
    rule.write_text(
        "title: Buyers of a\nwhen: {count: purchases, where: {category: a}, at_least: 3}\n", encoding="utf-8"
    )
    shop.environ["MICROSEG_RULES"] = str(rule.parents[1])
    with shop.command("run", "--until-drained") as worker:
        assert worker.wait(120) == 0, worker.said
    shop.drain_lists()
    found = shop.ask(f"{shop.name}-u1", "--json")
    assert [json.loads(line)["product"] for line in found] == [one["id"] for one in shop.expected()[f"{shop.name}-u1"]]
    assert len(shop.ask("--segment", shop.name, "--count", "3")) == 3
    of_segment = shop.lists()[segment_key(shop.name)]
    assert of_segment is not None
    assert of_segment["segment"] == shop.name
    with shop.command("recommend", "nobody") as process:
        assert process.wait(30) == 1
        assert f"there is no list for nobody in {shop.name}-recommendations" in process.said


def test_the_older_of_two_stops(shop: Live) -> None:
    shop.stream(tastes(40, 4))
    with shop.following() as older:
        older.wait_for("up to date")
        until(lambda: len(shop.mine()) == 40, 30)
        with shop.following() as newer:
            newer.wait_for("up to date")
            shop.stream([view(f"u{number}", "q1", END_MS + 1) for number in range(40)])
            assert older.wait(30) == 2
            assert f"another microseg recommend --follow runs for the application {shop.name}" in older.said
            assert "Traceback" not in older.said
            until(lambda: all(one[0]["id"] == "q1" for one in shop.mine().values()), 30)
