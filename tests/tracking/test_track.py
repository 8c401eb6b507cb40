"""What tracking publishes is what the reference makes of what is in the topics, whatever happens to the process."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from streams.clients.outcomes import read_totals
from streams.events.instants import stamp
from streams.rulebook.publish import publish
from streams.settings import load_settings
from streams.trials.totals import Totals
from tests.outcomes.reference import Raw, Record, totals_of
from tests.worker.shop import Shop, WorkerProcess, ends_of, read_log, until

T = 1_772_323_200_000  # 2026-03-01T00:00:00Z
HOUR, DAY = 3_600_000, 86_400_000
MEMBERSHIPS = "segment-memberships"
SKEW = 300_000
ACTIONS = ("sent", "delivered", "opened", "clicked", "clicked", "bounced", "unsubscribed", "complained")
KEEN = "title: K\nwhen: {count: views, at_least: 2}\nemail: {strategy: s}\n"


class Tracked(Shop):
    """A shop whose mail and orders are made up here, and the membership records with them."""

    def __init__(self, broker: str, directory: Path) -> None:
        # the topic of memberships is everybody's: it has as many partitions as its first user's inputs
        super().__init__(broker, directory, len(ends_of(broker, MEMBERSHIPS)) or 4)
        self.create_topics(*self.topics.values())
        self.settings = load_settings(None, {k: v for k, v in self.environ.items() if k.startswith("MICROSEG_")})
        self.events: list[Raw] = []
        self.records: dict[str, list[Record]] = {}
        self.keen = f"keen-{self.name}"  # so that nobody else's arms are in its trial

    def rules(self, started_ms: int = T) -> dict[str, str]:
        """A broad segment, one on trial against it, and one that nobody writes to."""
        return {
            "active/broad.yaml": "title: B\nwhen: {count: views, at_least: 1}\nemail: {strategy: s}\n",
            "active/helper.yaml": "title: H\nwhen: {count: carts, at_least: 1}\n",
            f"trial/{self.keen}.yaml": f"{KEEN}trial: {{against: broad, days: 20, started: {stamp(started_ms)}}}\n",
        }

    @contextmanager
    def track(self, *options: str, **environ: str) -> Iterator[WorkerProcess]:
        """A tracking process, killed at the end if it still runs."""
        command = [sys.executable, "-m", "streams.cli", "track", *options]
        process = WorkerProcess(command, {**self.environ, **environ})
        try:
            yield process
        finally:
            process.kill()

    def track_all(self) -> dict[str, Any]:
        """Runs tracking until everything is counted; what it told."""
        with self.track("--until-drained", "--json") as process:
            assert process.wait(60) == 0, process.said
            told: dict[str, Any] = json.loads(process.told)
            return told

    def live(self, count: int, seed: int) -> None:
        """Sends so many facts, in any order, some of them twice, and membership records among them."""
        chance = random.Random(seed)
        pieces: list[tuple[str, str, bytes]] = []
        for number in range(count):
            raw = self._fact(chance, f"e{seed}-{number}")
            self.events.append(raw)
            topic = self.topics["emails" if raw["type"] == "email" else "purchases"]
            pieces += [(topic, raw["user"], orjson.dumps(raw))] * chance.choice((1, 1, 1, 2))
        for user in {raw["user"] for raw in self.events} - set(self.records):
            self.records[user] = list(_course(chance, self.keen))
            pieces += [(MEMBERSHIPS, user, _record(user, one)) for one in self.records[user]]
        chance.shuffle(pieces)
        producer = Producer({"bootstrap.servers": self.broker, "partitioner": "murmur2_random", "linger.ms": 5})
        for topic, user, value in pieces:
            producer.produce(topic, value, user)
            producer.poll(0)
        assert producer.flush(30) == 0

    def merge(self, count: int, seed: int) -> None:
        """Tells of so many merges of customers."""
        chance = random.Random(seed)
        producer = Producer({"bootstrap.servers": self.broker, "partitioner": "murmur2_random"})
        for number in range(count):
            user, other = (f"{self.name}-u{chance.randrange(60)}" for _ in range(2))
            raw = {"type": "merge", "id": f"m{seed}-{number}", "user": user, "from": other}
            self.events.append({**raw, "at": T + chance.randrange(28 * 24) * HOUR})
            producer.produce(self.topics["profiles"], orjson.dumps(self.events[-1]), user)
        assert producer.flush(30) == 0

    def _fact(self, chance: random.Random, event_id: str) -> Raw:
        user = f"{self.name}-u{chance.randrange(60)}"
        common = {"id": event_id, "user": user, "at": T + chance.randrange(28 * 24) * HOUR}
        kind, order = chance.random(), f"{user}-o{chance.randrange(4)}"
        if kind < 0.2:
            return {**common, "type": "purchase", "order": order, "total": chance.randrange(90)}
        if kind < 0.25:
            return {**common, "type": "refund", "order": order, "total": 1 + chance.randrange(9)}
        action, message = chance.choice(ACTIONS), f"{user}-m{chance.randrange(8)}"
        segment = {"segment": chance.choice((self.keen, "broad"))} if chance.random() < 0.3 else {}
        if chance.random() < 0.3:
            segment["campaign"] = f"{chance.choice((self.keen, 'broad'))}:{chance.choice('ab')}:en"
        return {**common, "type": "email", "action": action, "message": message, **segment}

    def expected(self, started_ms: int = T) -> Totals:
        """By the reference."""
        spans = {self.keen: (started_ms - SKEW, started_ms + 20 * DAY)}
        return totals_of(self.events, self.records, "UTC", 5 * DAY, spans, {"helper"})

    def read(self) -> Totals:
        """What has been published."""
        found = read_totals(self.settings)
        return Totals(found.days, [one for one in found.trials if one.segment == self.keen], found.variants)


def _course(chance: random.Random, keen: str) -> Iterator[Record]:
    """A customer enters the broad segment, then perhaps others, each with one arm for good."""
    arm, at = chance.choice(("treatment", "control")), T + chance.randrange(48) * HOUR
    for seq, more in enumerate(([], ["helper"], ["helper", keen], [keen])):
        yield seq + 1, at, sorted(["broad", *more]), {keen: arm} if keen in more else {}
        at += chance.randrange(1, 72) * HOUR


def _record(user: str, record: Record) -> bytes:
    seq, at, segments, arms = record
    said = {"user": user, "seq": seq, "at": stamp(at), "entered": [], "exited": [], "segments": segments}
    return orjson.dumps({**said, "rules": "x", "cause": {"kind": "event", "id": "e"}, "why": {}, "arms": arms})


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> Tracked:
    found = Tracked(kafka, tmp_path)
    found.track_all()  # makes the topics; others' memberships are all there is yet
    publish(found.settings, found.rules())
    return found


def test_totals_of_what_is_in_the_topics(shop: Tracked) -> None:
    shop.live(3_000, seed=1)
    shop.track_all()
    assert shop.read() == shop.expected()
    assert {one.arm for one in shop.read().trials} == {"treatment", "control"}
    assert {one.variant for one in shop.read().variants} == {"a:en", "b:en"}
    before = read_log(shop.broker, shop.settings.outcomes)
    assert shop.track_all()["records"] == 0
    assert read_log(shop.broker, shop.settings.outcomes) == before


def test_kill_9_again_and_again(shop: Tracked) -> None:
    chance = random.Random(3)
    for seed in range(4):
        shop.live(4_000, seed)
        with shop.track() as process:
            process.wait_for("tracks partitions")
            time.sleep(chance.uniform(0.0, 0.5))
            process.kill()
    shop.track_all()
    assert shop.read() == shop.expected()


def test_merged_ids_count_as_one_customer(shop: Tracked) -> None:
    """Over four partitions, of which a process that is killed in the middle has two, again and again."""
    with shop.track(MICROSEG_WORKER="a") as other:
        other.wait_for("tracks partitions")
        for seed in range(2):
            shop.live(1_000, seed)
            shop.merge(7, seed)
            with shop.track() as process:
                process.wait_for("tracks partitions")
        with shop.track() as process:
            shop.live(300, 3)
            until(lambda: shop.read() == shop.expected(), 40)
            assert "Traceback" not in process.said + other.said
    told = read_log(shop.broker, f"{shop.settings.outcomes}-merges")
    assert {one.key for one in told if one.value} == {one.key for one in told if not one.value} != set()


def test_processes_come_and_go(shop: Tracked) -> None:
    """One is frozen until its partitions have gone to another; what it held is counted once."""
    shop.live(3_000, seed=1)
    with shop.track(MICROSEG_WORKER="a") as frozen, shop.track(MICROSEG_WORKER="b") as other:
        frozen.wait_for("tracks partitions")
        other.wait_for("tracks partitions")
        frozen.signal(signal.SIGSTOP)
        shop.live(3_000, seed=2)
        until(lambda: shop.read() == shop.expected(), 40)
        frozen.signal(signal.SIGCONT)
        shop.live(1_000, seed=3)
        until(lambda: shop.read() == shop.expected(), 40)
        assert "Traceback" not in frozen.said + other.said


def test_rules_that_change_count_anew(shop: Tracked) -> None:
    """A trial that began later draws only from then on; customers of the earlier run are not in its arms."""
    shop.live(1_000, seed=1)
    with shop.track() as process:
        process.wait_for("tracks partitions")
        until(lambda: shop.read() == shop.expected(), 20)
        anew = shop.expected(T + 5 * DAY)
        assert anew.trials != shop.expected().trials
        publish(shop.settings, shop.rules(T + 5 * DAY))
        until(lambda: shop.read() == anew, 20)
        process.signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_an_erased_customer_is_forgotten(shop: Tracked) -> None:
    shop.live(500, seed=1)
    shop.track_all()
    gone = shop.events[0]["user"]
    erase = {"type": "erase", "id": "gone", "user": gone, "at": T + 100 * DAY}
    shop.send([("profiles", gone.partition("-")[2], json.dumps(erase))])
    shop.track_all()
    shop.events = [event for event in shop.events if event["user"] != gone]
    del shop.records[gone]
    assert shop.read() == shop.expected()
    kept = read_log(shop.broker, f"{shop.settings.outcomes}-changelog")
    assert [one.value for one in kept if one.key == gone.encode()][-1] == b""


def test_two_of_one_name(shop: Tracked) -> None:
    with shop.track() as older:
        older.wait_for("tracks partitions")
        with shop.track() as newer:
            newer.wait_for("tracks partitions")
            shop.live(300, seed=1)
            assert older.wait(30) == 2
            assert "another track runs under the name w1" in older.said
            until(lambda: shop.read() == shop.expected(), 20)
