"""``microseg run`` as it is: what it publishes is what the replay of the same events says, also when it is killed."""

from __future__ import annotations

import json
import random
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.engine.replay import final_segments, replay_events
from streams.rows.home import home_partition
from streams.rules.compile import compile_rules
from streams.rules.load import load_rules
from streams.worker.warm import warm_up
from tests.worker.shop import INPUTS, STORES, SharedTopic, Shop

RULES = Path(__file__).parents[2] / "segment_rules"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR_MS = 3_600_000
TOPIC_OF = {"view": "views", "cart": "views", "purchase": "purchases", "email": "emails", "profile": "profiles"}


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """The kernel, which takes a minute when it was never compiled, so that the workers find it on disk."""
    program = compile_rules(load_rules(RULES), Policy().retention_ms)
    warm_up(lambda number, partitions: Partition(number, partitions, program, Policy()))


class RealShop(Shop):
    """A shop whose customers have the names that their events give, with the worker that people run."""

    def __init__(self, broker: str, directory: Path, **settings: str) -> None:
        super().__init__(broker, directory, partitions=2, MICROSEG_RULES=str(RULES), MICROSEG_CLOCK="event", **settings)
        self.memberships = SharedTopic(broker)

    def drain_real(self) -> dict[str, Any]:
        with self.worker("run", "--until-drained", "--json", module="streams.cli") as worker:
            assert worker.wait(90) == 0, worker.said
            told: dict[str, Any] = json.loads(worker.told)
            return told

    def published(self) -> dict[str, list[dict[str, Any]]]:
        """This shop's customers' records in order."""
        seen: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for key, value in self.memberships.read():
            if key.startswith(f"{self.name}-".encode()):
                seen[key.decode()].append(json.loads(value))
        return seen


def events_of(shop: Shop, count: int, seed: int) -> list[dict[str, Any]]:
    """Events in order of time, an hour or so apart, of forty customers."""
    chance = random.Random(seed)
    at_ms, events = START_MS, []
    for number in range(count):
        at_ms += chance.randrange(2 * HOUR_MS)
        kind = chance.choices(list(TOPIC_OF), [60, 10, 15, 14, 1])[0]
        event = {"type": kind, "id": f"{seed}-{number}", "user": f"{shop.name}-u{chance.randrange(40)}", "at": at_ms}
        events.append({**event, **details(kind, number, chance)})
    return events


def details(kind: str, number: int, chance: random.Random) -> dict[str, Any]:
    product = {"product": f"p{chance.randrange(30)}", "category": chance.choice(["accessories", "shoes", "bags"])}
    price = round(chance.uniform(5, 300), 2)
    if kind == "purchase":
        discount = chance.choice([0, 0, 5])
        return {"order": f"o{number}", "items": [{**product, "price": price, "quantity": 2}], "discount": discount}
    if kind == "email":
        return {"action": chance.choice(["sent", "opened", "clicked"]), "message": f"m{number // 50}", "campaign": "c"}
    if kind == "profile":
        return {"set": {"tier": chance.choice(["gold", "silver"])}}
    return {**product, "price": price}


def by_partition(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    parts: list[list[dict[str, Any]]] = [[], []]
    for event in events:
        parts[home_partition(event["user"], 2)].append(event)
    return parts


def lines_of(events: list[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(event).encode() for event in events]


def send(shop: RealShop, events: list[dict[str, Any]]) -> None:
    shop.send(
        [(TOPIC_OF[event["type"]], event["user"].removeprefix(f"{shop.name}-"), json.dumps(event)) for event in events]
    )


@pytest.mark.parametrize("store", STORES)
def test_the_course_of_one_topic_killed_in_the_middle(kafka: str, tmp_path: Path, store: str) -> None:
    shop = RealShop(kafka, tmp_path, **STORES[store])
    topic = f"{shop.name}-events"
    shop.environ |= {f"MICROSEG_TOPICS_{name.upper()}": topic for name in INPUTS}
    shop.topics = dict.fromkeys(INPUTS, topic)
    events = events_of(shop, 6_000, 1)
    shop.create_topics(topic)
    for start in (0, 3_000):
        send(shop, events[start : start + 3_000])
        with shop.worker("run", module="streams.cli", MICROSEG_CHECKPOINT_EVERY="20ms") as worker:
            worker.wait_for("open after", 60)
            time.sleep(0.15)
    shop.drain_real()
    expected: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for part in by_partition(events):
        for change in replay_events(lines_of(part), load_rules(RULES)):
            expected[change["user"]].append(change)
    assert len(expected) > 30
    assert shop.published() == expected


def timeless_rules(folder: Path) -> Path:
    """The shipped rules without ``for`` and ``keep_for``: these look at the course, which the topics' order makes."""
    (folder / "active").mkdir(parents=True)
    for path in (RULES / "active").glob("*.yaml"):
        text = path.read_text(encoding="utf-8")
        if "\nfor: " not in text and "\nkeep_for: " not in text:
            (folder / "active" / path.name).write_text(text, encoding="utf-8")
    return folder


def test_the_end_of_four_topics(kafka: str, tmp_path: Path) -> None:
    """Topics come at their own pace, so that events are late beside others'; the end is the same."""
    rules = timeless_rules(tmp_path / "rules")
    shop = RealShop(kafka, tmp_path)
    shop.environ["MICROSEG_RULES"] = str(rules)
    events = events_of(shop, 3_000, 2)
    shop.create_topics(*shop.topics.values())
    send(shop, events)
    assert shop.drain_real()["events"] == 3_000
    expected: dict[str, list[str]] = {}
    for part in by_partition(events):
        expected |= final_segments(lines_of(part), load_rules(rules))
    published = shop.published()
    assert {user: published[user][-1]["segments"] if user in published else [] for user in expected} == expected
    for records in published.values():
        assert [record["seq"] for record in records] == list(range(1, len(records) + 1))


@pytest.mark.parametrize(("folder", "code", "line"), [("broken", 1, "odd.yaml:2:1: "), ("nowhere", 2, "nowhere")])
def test_without_any_good_rules_it_does_not_start(
    kafka: str, tmp_path: Path, folder: str, code: int, line: str
) -> None:
    active = tmp_path / "broken" / "active"
    active.mkdir(parents=True)
    (active / "odd.yaml").write_text("title: Odd\nwhan: {count: views, more_than: 5}\n")
    shop = Shop(kafka, tmp_path, MICROSEG_RULES=str(tmp_path / folder))
    with shop.worker("run", module="streams.cli") as worker:
        assert worker.wait(60) == code
    first, *_, last = worker.said.splitlines()
    assert first.startswith("microseg: ")
    assert line in first
    assert last.startswith(f"microseg: no rules were published yet for the application {shop.name}: ")
