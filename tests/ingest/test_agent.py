"""What comes out of ingest is the translation of what went in, once, whatever happens to the process."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import orjson
import pytest

from streams.dialects.translate import translate
from streams.dialects.words import Record
from streams.embedded.kafka import KafkaBroker
from streams.engine.replay import replay_events
from streams.rows.home import home_partition
from streams.rules.load import load_rules
from tests.dialects.weeks import in_klaviyo, in_segment, native_weeks
from tests.ingest.shop import ForeignShop
from tests.worker.shop import SharedTopic, until

RULES = Path(__file__).parents[2] / "segment_rules"
EVENTS, _ = native_weeks()
SEGMENT = list(in_segment(EVENTS))
KLAVIYO = list(in_klaviyo(EVENTS))


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> ForeignShop:
    return ForeignShop(kafka, tmp_path, track="segment", profiles="klaviyo")


def said(dialect: str, records: Iterable[Record]) -> Counter[bytes]:
    """The native events of records, as they must be in the native topics."""
    return Counter(orjson.dumps(event) for part in translate(dialect, records) for event in part.events)


def many(count: int) -> list[Record]:
    """Segment calls of many customers, each of its own id, keyed by what is no customer."""
    calls = (
        {
            "type": "track",
            "event": "Product Viewed",
            "messageId": f"m{number}",
            "userId": f"u{number % 500}",
            "timestamp": "2026-03-01T10:00:00Z",
            "properties": {"product_id": number % 97, "price": "9.90"},
        }
        for number in range(count)
    )
    return [Record(orjson.dumps(call), f"session-{number}".encode()) for number, call in enumerate(calls)]


def test_the_shops_topics_become_native_ones(shop: ForeignShop) -> None:
    shop.stream("track", SEGMENT)
    shop.stream("profiles", KLAVIYO)
    shop.topics["profiles"] = f"{shop.name}-profiles"  # the native topic beside the shop's own
    told = shop.ingest_all()
    expected = said("segment", SEGMENT) + said("klaviyo", KLAVIYO)
    found = shop.native()
    assert Counter(one.value for one in found) == expected
    assert told["records"] == len(SEGMENT) + len(KLAVIYO)
    assert sum(told["events"].values()) == expected.total()
    assert told["skipped"]["klaviyo: Ordered Product"] > 100
    assert told["refused"] == 0
    for one in found:
        assert one.key.decode() == orjson.loads(one.value)["user"]
        assert one.partition == home_partition(one.key.decode(), shop.partitions)
    assert shop.ingest_all()["records"] == 0


def test_kill_9_again_and_again(shop: ForeignShop) -> None:
    records = many(60_000)
    shop.stream("track", records)
    shop.stream("profiles", KLAVIYO)
    chance = random.Random(5)
    for _ in range(4):
        with shop.ingest() as process:
            process.wait_for("ingest w")
            time.sleep(chance.uniform(0.3, 1.2))
            process.kill()
    assert shop.ingest_all()["records"] < len(records) + len(KLAVIYO)
    expected = said("segment", records) + said("klaviyo", KLAVIYO)
    found = Counter(one.value for one in shop.native())
    assert found == expected
    rules = load_rules(RULES)
    assert replay_events(found.elements(), rules) == replay_events(expected.elements(), rules)


def test_processes_come_and_go(shop: ForeignShop) -> None:
    """One is frozen until its partitions have gone to the others, one leaves; what it held is written once."""
    records = many(40_000)
    shop.stream("track", records[:20_000])
    with shop.ingest(MICROSEG_WORKER="w1") as frozen, shop.ingest(MICROSEG_WORKER="w2") as other:
        frozen.wait_for("ingest w")
        other.wait_for("ingest w")
        until(lambda: len(shop.native()) > 0)
        frozen.signal(signal.SIGSTOP)
        shop.stream("track", records[20_000:])
        with shop.ingest(MICROSEG_WORKER="w3") as third:
            third.wait_for("ingest w")
            until(lambda: len(shop.native()) >= len(records), 60)
            frozen.signal(signal.SIGCONT)
            third.signal(signal.SIGTERM)
            assert third.wait(30) == 0
    assert Counter(one.value for one in shop.native()) == said("segment", records)


def test_two_of_one_name(shop: ForeignShop) -> None:
    shop.stream("track", many(10))
    with shop.ingest() as older:
        until(lambda: len(shop.native()) == 10, 20)
        with shop.ingest() as newer:
            newer.wait_for("ingest w")
            shop.stream("track", many(20)[10:])
            assert older.wait(30) == 2
            assert "another ingest runs under the name w1" in older.said
            until(lambda: len(shop.native()) == 20, 20)


def test_broken_records_are_refused_and_cost_no_other(shop: ForeignShop) -> None:
    refused = SharedTopic(shop.broker, "refused-events")
    good, bad = many(1)[0], {"type": "track", "event": "Product Viewed", "userId": "ana", "properties": {"price": 1}}
    batch = {"batch": [orjson.loads(good.value or b""), bad], "sentAt": "2026-03-01T10:00:00Z"}
    shop.stream("track", [Record(b"{", b"k"), good, Record(orjson.dumps(bad)), Record(orjson.dumps(batch)), good])
    told = shop.ingest_all()
    assert (told["records"], told["events"], told["refused"]) == (5, {"view": 3}, 3)
    found = [orjson.loads(value) for _, value in refused.read()]
    mine = {one["reason"]: one for one in found if one["topic"] == shop.own["track"]}
    assert len(mine) == 3
    one = mine["properties.product_id: missing"]
    assert (one["dialect"], orjson.loads(one["raw"])) == ("segment", bad)
    assert isinstance(one["partition"], int)
    assert isinstance(one["offset"], int)
    assert orjson.loads(mine["batch[1].properties.product_id: missing"]["raw"]) == {**bad, "sentAt": batch["sentAt"]}


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"MICROSEG_TOPICS_TRACK_NAME": "no-such-topic"}, "topics.track: there is no topic no-such-topic on "),
        ({"MICROSEG_TOPICS_TRACK_DIALECT": "segmnt"}, 'not "segmnt"; did you mean segment?'),
        ({"MICROSEG_CATEGORIES": "none.csv"}, "none.csv: No such file or directory"),
    ],
)
def test_why_it_does_not_start(shop: ForeignShop, environ: dict[str, str], line: str) -> None:
    with shop.ingest(**environ) as process:
        assert process.wait(30) == 2
    assert line in process.said
    assert "Traceback" not in process.said


def test_a_broker_that_goes_in_the_middle(tmp_path: Path) -> None:
    """Ingest waits for it, or ends and is started again by its supervisor; nothing is lost or doubled."""
    broker = KafkaBroker(tmp_path / "kafka")
    running = broker.start(0)
    try:
        shop = ForeignShop(running.address, tmp_path, track="segment")
        records = many(30_000)
        shop.stream("track", records[:20_000])
        with shop.ingest() as process:
            until(lambda: len(shop.native()) > 0, 30)
            broker.stop()
            time.sleep(2)
            broker.start()
            shop.stream("track", records[20_000:])
            time.sleep(3)
            assert process.process.poll() in (None, 2)
            assert "Traceback" not in process.said
        shop.ingest_all()
        assert Counter(one.value for one in shop.native()) == said("segment", records)
    finally:
        broker.stop()
