"""The simulated weeks as a Shopify shop streams them, through Kafka, ingest and a worker: the native segments."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from streams.demo.shop import DAY_MS
from streams.engine.replay import final_segments
from streams.rows.home import home_partition
from streams.rules.load import load_rules
from tests.dialects.shopify_weeks import CURRENCY, as_shopify_can_say, in_shopify
from tests.dialects.weeks import START_MS, WEEKS, Event, lines, native_weeks
from tests.ingest.shop import ForeignShop
from tests.worker.shop import SharedTopic
from tests.worker.test_microseg_run import compiled, timeless_rules

__all__ = ["compiled"]


def the_end(partitions: int) -> list[Event]:
    """A last view in each partition, so that the clock of all of them ends at one instant."""
    users = {home_partition(f"end-{number}", partitions): f"end-{number}" for number in range(100)}
    assert len(users) == partitions
    view = {"type": "view", "at": START_MS + (WEEKS * 7 + 1) * DAY_MS, "product": "p", "category": "c", "price": 1}
    return [{**view, "id": f"view-{user}", "user": user} for user in users.values()]


def test_a_shopify_stream_gives_the_segments_of_the_native_one(kafka: str, tmp_path: Path) -> None:
    rules = timeless_rules(tmp_path / "rules")
    shop = ForeignShop(kafka, tmp_path, webhooks="auto")
    events, categories = native_weeks()
    file = tmp_path / "categories.csv"
    file.write_text("product,category\n" + "".join(f"{one},{of}\n" for one, of in categories.items()))
    shop.environ |= {
        "MICROSEG_CURRENCY": CURRENCY,
        "MICROSEG_CATEGORIES": str(file),
        "MICROSEG_RULES": str(rules),
        "MICROSEG_CLOCK": "event",
    }
    native = as_shopify_can_say(events) + the_end(shop.partitions)
    records = list(in_shopify(native))
    Random(3).shuffle(records)
    memberships = SharedTopic(kafka)
    shop.stream("webhooks", records)
    assert shop.ingest_all()["refused"] == 0
    with shop.worker("run", "--until-drained", module="streams.cli") as worker:
        assert worker.wait(90) == 0, worker.said
    expected = final_segments(lines(native), load_rules(rules))
    published = {key.decode(): json.loads(value)["segments"] for key, value in memberships.read()}
    assert {user: published.get(user, []) for user in expected} == expected
    assert sum(map(bool, expected.values())) > 30
