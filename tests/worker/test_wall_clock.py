"""The real worker by the wall clock: memberships that end by themselves, history, erasures, strays, late deliveries."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from streams.events.instants import instant_ms
from streams.rows.home import home_partition
from tests.worker.shop import Shop, read_committed

DAY_MS = 86_400_000
RULES = {
    "here-now": "when: {count: views, last: 3s, at_least: 1}",
    "seen-ever": "when: {count: views, at_least: 1}",
    "seen-lately": "when: {count: views, last: 7d, at_least: 1}",
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class WallShop(Shop):
    """A shop with three rules of its own and the wall clock."""

    def __init__(self, broker: str, directory: Path) -> None:
        (directory / "rules" / "active").mkdir(parents=True)
        for name, when in RULES.items():
            (directory / "rules" / "active" / f"{name}.yaml").write_text(f"title: {name}\n{when}\n")
        super().__init__(broker, directory, partitions=2, MICROSEG_RULES=str(directory / "rules"))

    def view(self, customer: str, at_ms: int, **more: Any) -> None:
        self.send([("views", customer, json.dumps({"type": "view", "product": "p", "at": at_ms, **more}))])

    def published(self, customer: str) -> list[dict[str, Any] | None]:
        seen: dict[bytes, list[dict[str, Any] | None]] = defaultdict(list)
        for key, value in read_committed(self.broker, "segment-memberships"):
            seen[key].append(json.loads(value) if value else None)
        return seen[f"{self.name}-{customer}".encode()]

    def until(
        self, customer: str, enough: Callable[[list[dict[str, Any] | None]], bool]
    ) -> list[dict[str, Any] | None]:
        deadline = time.monotonic() + 20
        while not enough(found := self.published(customer)):
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        return found


def test_the_wall_clock(kafka: str, tmp_path: Path) -> None:
    shop = WallShop(kafka, tmp_path)
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 120)
        _ends_by_itself(shop)
        _history_is_judged_once(shop)
        _an_erased_customer_is_gone(shop)
        _a_stray_comes_home(shop)
        _too_early_is_refused(shop)


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
