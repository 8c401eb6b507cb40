"""Producers that place keys differently: librdkafka's default (CRC32) beside Java's (murmur2)."""

from __future__ import annotations

import json
from pathlib import Path

from streams.engine.replay import final_segments
from streams.rules.load import load_rules
from tests.worker.test_microseg_run import TOPIC_OF, RealShop, compiled, events_of, lines_of, timeless_rules

__all__ = ["compiled"]


def test_what_lies_on_another_partition_is_sent_home_once(kafka: str, tmp_path: Path) -> None:
    """Customers' events lie on two partitions, by who produced them; the end is that of the replay."""
    rules = timeless_rules(tmp_path / "rules")
    shop = RealShop(kafka, tmp_path, MICROSEG_HTTP="", MICROSEG_LOG="json")
    shop.environ["MICROSEG_RULES"] = str(rules)
    events = events_of(shop, 2_000, 7)
    shop.create_topics(*shop.topics.values())
    told = [(TOPIC_OF[one["type"]], one["user"].removeprefix(f"{shop.name}-"), json.dumps(one)) for one in events]
    shop.send(told[::2], partitioner="consistent_random")
    shop.send(told[1::2], partitioner="murmur2_random")
    with shop.worker("run", "--until-drained", "--json", module="streams.cli") as worker:
        assert worker.wait(90) == 0, worker.said
    said = [json.loads(line) for line in worker.said.splitlines()]
    forwarded = sum(line["count"] for line in said if line["event"] == "forwarded")
    assert 250 < forwarded < 750  # of two partitions the other, for half of what was placed by CRC32
    expected = final_segments(lines_of(events), load_rules(rules))
    published = shop.published()
    assert {user: published[user][-1]["segments"] if user in published else [] for user in expected} == expected
    for records in published.values():
        assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert shop.drain_real()["events"] == 0
