"""The real worker by the wall clock: memberships that end by themselves, history, erasures, strays, late deliveries;
and what its pages and its log say of all that.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from streams.events.instants import instant_ms
from streams.rows.home import home_partition
from tests.worker.monitor import Scrape, documented, page, told
from tests.worker.ports import free_port
from tests.worker.shop import ROOT, STORES, SharedTopic, Shop, read_committed, until

DAY_MS = 86_400_000
CANARY = 'can"ary-7f3a'
RULES = {
    "here-now": "when: {count: views, last: 3s, at_least: 1}",
    "seen-ever": "when: {count: views, at_least: 1}",
    "seen-lately": "when: {count: views, last: 7d, at_least: 1}",
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class WallShop(Shop):
    """A shop with three rules of its own and the wall clock."""

    def __init__(self, broker: str, directory: Path, **settings: str) -> None:
        (directory / "rules" / "active").mkdir(parents=True)
        for name, when in RULES.items():
            (directory / "rules" / "active" / f"{name}.yaml").write_text(f"title: {name}\n{when}\n")
        self.port = free_port()
        more = {"MICROSEG_LOG": "json", "MICROSEG_KAFKA_SSL_KEY_PASSWORD": CANARY}
        more |= {"MICROSEG_RULES": str(directory / "rules"), "MICROSEG_HTTP": f"127.0.0.1:{self.port}"}
        super().__init__(broker, directory, partitions=2, **more, **settings)
        self._memberships = SharedTopic(broker)

    def view(self, customer: str, at_ms: int, **more: Any) -> None:
        self.send([("views", customer, json.dumps({"type": "view", "product": "p", "at": at_ms, **more}))])

    def published(self, customer: str) -> list[dict[str, Any] | None]:
        user = f"{self.name}-{customer}".encode()
        return [json.loads(value) if value else None for key, value in self._memberships.read() if key == user]

    def until(
        self, customer: str, enough: Callable[[list[dict[str, Any] | None]], bool]
    ) -> list[dict[str, Any] | None]:
        deadline = time.monotonic() + 20
        while not enough(found := self.published(customer)):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found


@pytest.mark.parametrize("store", STORES)
def test_the_wall_clock(kafka: str, tmp_path: Path, store: str) -> None:
    shop = WallShop(kafka, tmp_path, **STORES[store])
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 120)
        _ends_by_itself(shop)
        _history_is_judged_once(shop)
        _an_erased_customer_is_gone(shop)
        _a_stray_comes_home(shop)
        _too_early_is_refused(shop)
        _metrics_say_so(shop)
        _health_says_so(shop)
        worker.signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    _the_log_says_so(shop, worker.said)


def _ends_by_itself(shop: WallShop) -> None:
    at_ms = now_ms()
    shop.view("ana", at_ms, id="v1")
    entered, left = shop.until("ana", lambda found: len(found) == 2)
    assert entered is not None
    assert left is not None
    assert (entered["seq"], entered["entered"]) == (1, sorted(RULES))
    assert (left["seq"], left["exited"], left["cause"]) == (2, ["here-now"], {"kind": "time"})
    assert instant_ms(left["at"]) == at_ms + 3_000


def _history_is_judged_once(shop: WallShop) -> None:
    """A view of a month ago: nobody is greeted for the week in which it would have counted."""
    before_ms = now_ms()
    shop.view("ben", before_ms - 30 * DAY_MS)
    (change,) = shop.until("ben", lambda found: len(found) == 1)
    assert change is not None
    assert change["entered"] == change["segments"] == ["seen-ever"]
    assert before_ms <= instant_ms(change["at"]) <= now_ms()


def _an_erased_customer_is_gone(shop: WallShop) -> None:
    at_ms = now_ms()
    shop.send([("profiles", "ana", json.dumps({"type": "erase", "at": at_ms}))])
    assert shop.until("ana", lambda found: len(found) == 3)[-1] is None
    shop.view("ana", at_ms - 1_000, id="late")
    shop.view("ana", now_ms(), id="again")
    again = shop.until("ana", lambda found: len(found) == 4)[-1]
    assert again is not None
    assert (again["seq"], again["cause"]["id"]) == (3, "again")


def _a_stray_comes_home(shop: WallShop) -> None:
    """A producer with another partitioner: the record is forwarded, and the customer has one row, at home."""
    user = f"{shop.name}-kim"
    elsewhere = 1 - home_partition(user, 2)
    producer = Producer({"bootstrap.servers": shop.broker})
    value = json.dumps({"type": "view", "product": "p", "at": now_ms() - 10_000})
    producer.produce(shop.topics["views"], value, user, partition=elsewhere)
    producer.flush()
    entered, left = shop.until("kim", lambda found: len(found) == 2)
    assert entered is not None
    assert left is not None
    assert (entered["user"], entered["seq"], left["seq"]) == (user, 1, 2)


def _too_early_is_refused(shop: WallShop) -> None:
    shop.view("lea", now_ms() + 600_000, id="early")
    deadline = time.monotonic() + 20
    while not (refused := [value for _, value in read_committed(shop.broker, "refused-events") if b"early" in value]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "too far ahead" in json.loads(refused[0])["reason"]
    assert shop.published("lea") == []


def _metrics_say_so(shop: WallShop) -> None:
    """Of ana a view, her erasure, and a view after it; a view of ben, and one of kim, forwarded before that."""
    until(lambda: Scrape(shop.port).value("membership_changes_total", segment="here-now", change="exited") == 3)
    seen = Scrape(shop.port)
    assert (seen.value("events_total"), seen.value("forwarded_events_total"), seen.value("customers")) == (5, 1, 3)
    assert seen.by("refused_events_total", "reason") == {"early": 1}
    assert seen.by("membership_changes_total", "segment", "change") == {
        ("here-now", "entered"): 3,
        ("here-now", "exited"): 3,
        ("seen-ever", "entered"): 4,
        ("seen-ever", "exited"): 1,
        ("seen-lately", "entered"): 3,
        ("seen-lately", "exited"): 1,
    }
    until(lambda: Scrape(shop.port).value("unwritten_records") == 0)
    seen = Scrape(shop.port)
    lags = {
        (one.labels["topic"], one.labels["partition"]): one.value for one in seen.samples if one.name == "microseg_lag"
    }
    inputs = {*shop.topics.values(), f"{shop.name}-identity"}
    assert lags == {(topic, str(number)): 0 for topic in inputs for number in (0, 1)}
    assert seen.names == documented((ROOT / "docs/operations.md").read_text())
    quiet = ("boundaries_due", "stale_rows", "dropped_facts_total", "stalled", "log_lines_total")
    assert [seen.value(name, level="error") if "log" in name else seen.value(name) for name in quiet] == [0] * 5
    assert (seen.value("partitions"), seen.value("open")) == (2, 1)
    assert seen.value("checkpoint_seconds_count") == seen.value("checkpoint_records_count") >= 6
    assert seen.value("checkpoint_records_bucket", le="+Inf") == seen.value("checkpoint_records_count")
    assert 0 < seen.value("checkpoint_seconds_sum") < seen.value("checkpoint_seconds_count") * 60
    assert 0 < seen.value("rows_bytes") < 100e6
    assert list(seen.by("build_info", "worker")) == ["w1"]
    assert list(seen.by("rules_info", "digest")) == [told(shop.port, "/health")[1]["rules"]["digest"]]


def _health_says_so(shop: WallShop) -> None:
    assert told(shop.port, "/health/live") == (200, {"live": True, "reasons": []})
    assert told(shop.port, "/health/ready") == (200, {"ready": True, "reasons": []})
    status, body = told(shop.port, "/health")
    assert (status, body["status"], body["worker"], body["partitions"]) == (200, "ok", "w1", [0, 1])
    assert (body["customers"], body["live"], body["ready"], body["reasons"]) == (3, True, True, [])
    for path in ("/", "/health", "/metrics", "/router", "/table", "/stats", "/nowhere"):
        assert CANARY not in page(shop.port, path)[1].replace("\\", "")


def _the_log_says_so(shop: WallShop, said: str) -> None:
    lines = [json.loads(line) for line in said.splitlines()]
    assert CANARY not in said.replace("\\", "")
    assert all({"at", "level", "event", "message"} <= line.keys() for line in lines)
    by_event = {line["event"]: line for line in lines}
    assert by_event["opened"].items() >= {"partitions": [0, 1], "rows": 0}.items()
    assert by_event["refused"].items() >= {"level": "warning", "count": 1, "reasons": {"early": 1}}.items()
    assert by_event["forwarded"]["message"].startswith("1 record sent to the partition that is their customers' home")
    assert by_event["started"].items() >= {"worker": "w1", "application": shop.name}.items()
    assert lines[-1].items() >= {"event": "stopped", "reason": "by SIGTERM", "exit_code": 0}.items()
