"""Rules that change under the real engine: what is published under the new ones is what their replay says."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from streams.engine.replay import final_segments
from streams.events.instants import instant_ms
from streams.rows.home import home_partition
from streams.rules.load import load_rules
from tests.worker.ports import free_port
from tests.worker.shop import Shop, WorkerProcess, read_committed, until
from tests.worker.test_microseg_run import START_MS, RealShop, by_partition, compiled, events_of, lines_of, send

__all__ = ["compiled"]  # the fixture

OLD = {
    "viewer": "when: {count: views, at_least: 3}",
    "buyer": "when: {count: purchases, at_least: 1}",
    "shoe-fan": "when: {share: views, where: {category: shoes}, latest: 5, at_least: 60%}",
}
NEW = {
    "viewer": OLD["viewer"],
    "buyer": "when: {count: purchases, at_least: 2}",
    "bag-fan": "when: {count: views, where: {category: bags}, last: 30d, at_least: 2}",
}


def write(folder: Path, rules: dict[str, str]) -> Path:
    """The folder with these rules in ``active/`` and no others."""
    active = folder / "active"
    active.mkdir(parents=True, exist_ok=True)
    for name, when in rules.items():
        (active / f"{name}.yaml").write_text(f"title: {name}\n{when}\n")
    for path in active.iterdir():
        if path.stem not in rules:
            path.unlink()
    return folder


def health(port: int) -> dict[str, Any]:
    """What ``/health`` says."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as response:
        said: dict[str, Any] = json.load(response)
        return said


def check_course(records: list[dict[str, Any]], old: str, new: str) -> None:
    """Numbered without a gap, the old rules first, then the new ones; every record says a change."""
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    digests = [record["rules"] for record in records]
    assert digests == sorted(digests, key=[old, new].index)
    members: list[str] = []
    for record in records:
        assert record["entered"] or record["exited"]
        assert record["segments"] == sorted({*members, *record["entered"]} - {*record["exited"]})
        members = record["segments"]


def final_under(shop: Shop, events: list[dict[str, Any]], folder: Path) -> dict[str, list[str]]:
    """Each customer's segments, of the partitions' own ends."""
    expected: dict[str, list[str]] = {}
    for part in by_partition(events):
        expected |= final_segments(lines_of(part), load_rules(folder))
    return expected


def test_two_workers_by_the_event_clock(kafka: str, tmp_path: Path) -> None:
    """Everybody who changes is told once, under the new digest; who stays is not told at all."""
    folder = write(tmp_path / "rules", OLD)
    shop = RealShop(kafka, tmp_path)
    ports = free_port(), free_port()
    shop.environ |= {"MICROSEG_RULES": str(folder), "MICROSEG_HTTP": f"127.0.0.1:{ports[0]}"}
    second_has = {"MICROSEG_WORKER": "w2", "MICROSEG_RULES": "none", "MICROSEG_HTTP": f"127.0.0.1:{ports[1]}"}
    events = events_of(shop, 3_000, 3)
    shop.create_topics(*shop.topics.values())
    send(shop, events)
    shop.drain_real()
    before = shop.published()
    assert {user: records[-1]["segments"] for user, records in before.items()} == {
        user: segments for user, segments in final_under(shop, events, folder).items() if user in before
    }
    old = load_rules(folder).digest
    with (
        shop.worker("run", module="streams.cli") as first,
        shop.worker("run", module="streams.cli", **second_has) as second,
    ):
        first.wait_for("open after", 90)
        second.wait_for("open after", 90)
        until(lambda: [health(port)["partitions"] for port in ports] in ([[0], [1]], [[1], [0]]), 30)
        new = load_rules(write(folder, NEW)).digest
        for port in ports:
            until(
                lambda port=port: (found := health(port)["rules"])["digest"] == new and not found["rows_to_judge"], 30
            )
        more = events_of(shop, 300, 4)
        later_ms = events[-1]["at"] - START_MS
        more = [{**event, "at": event["at"] + later_ms} for event in more]
        send(shop, more)
        until(lambda: sum(health(port)["events"] for port in ports) == 300, 30)
    shop.drain_real()  # what the two had not written when they were killed
    after = shop.published()
    middle = final_under(shop, events, folder)
    for user, records in after.items():
        check_course(records, old, new)
        known = len(before.get(user, []))
        assert records[:known] == before.get(user, [])
        by_rules = [record for record in records if record["cause"]["kind"] == "rules"]
        was = before[user][-1]["segments"] if known else []
        assert [record["segments"] for record in by_rules] == ([] if was == middle[user] else [middle[user]])
        assert by_rules == records[known : known + len(by_rules)]
    final = final_under(shop, events + more, folder)
    assert {user: after[user][-1]["segments"] if user in after else [] for user in final} == final


MANY = 40_000


class CrowdedShop(RealShop):
    """A shop with many customers of whom little is known."""

    def __init__(self, broker: str, directory: Path) -> None:
        super().__init__(broker, directory)
        self.port = free_port()
        self.folder = write(directory / "rules", {"seen": "when: {count: views, at_least: 1}"})
        self.environ |= {"MICROSEG_RULES": str(self.folder), "MICROSEG_HTTP": f"127.0.0.1:{self.port}"}

    def fill(self) -> None:
        """One view of each customer, read and written."""
        self.create_topics(*self.topics.values())
        views = [
            {
                "type": "view",
                "id": str(number),
                "user": f"{self.name}-u{number}",
                "at": START_MS + number,
                "product": "p",
            }
            for number in range(MANY)
        ]
        send(self, views)
        assert self.drain_real()["customers"] == MANY

    def edit(self) -> str:
        """Everybody leaves one segment and enters another; the new digest."""
        return load_rules(write(self.folder, {"met": "when: {count: views, at_least: 1}"})).digest

    def wait_until_half_judged(self, worker: WorkerProcess) -> None:
        """Returns in the middle of the re-judgement."""
        worker.wait_for(" are live: ", 30)
        until(lambda: 0 < health(self.port)["rules"]["rows_to_judge"] < MANY)

    def retire(self) -> None:
        """Lets the guard pass the removal."""
        (self.folder / "retired").mkdir()
        (self.folder / "retired" / "seen.yaml").write_text("")


def test_kill_9_in_the_middle_of_a_re_judgement(kafka: str, tmp_path: Path) -> None:
    shop = CrowdedShop(kafka, tmp_path)
    shop.fill()
    old = load_rules(shop.folder).digest
    with shop.worker("run", module="streams.cli", MICROSEG_CHECKPOINT_EVERY="20ms") as worker:
        worker.wait_for("open after", 60)
        shop.retire()
        new = shop.edit()
        shop.wait_until_half_judged(worker)
        worker.kill()
    cut = sum(records[-1]["rules"] == new for records in shop.published().values())
    assert cut < MANY
    shop.drain_real()
    published = shop.published()
    assert len(published) == MANY
    for records in published.values():
        check_course(records, old, new)
        first, second = records
        assert (first["rules"], second["rules"]) == (old, new)
        assert (second["entered"], second["exited"], second["cause"]) == (["met"], ["seen"], {"kind": "rules"})


def test_events_and_checkpoints_come_between_the_slices(kafka: str, tmp_path: Path) -> None:
    """A live event is published before the last of the rows is judged."""
    shop = CrowdedShop(kafka, tmp_path)
    shop.fill()
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 60)
        shop.retire()
        new = shop.edit()
        shop.wait_until_half_judged(worker)
        live: dict[str, Any] = {
            "type": "view",
            "id": "live",
            "user": f"{shop.name}-live",
            "at": START_MS + MANY,
            "product": "p",
        }
        send(shop, [live])
        until(lambda: not health(shop.port)["rules"]["rows_to_judge"], 60)
        worker.signal(signal.SIGTERM)
        assert worker.wait(20) == 0
    topic = AdminClient({"bootstrap.servers": kafka}).list_topics().topics["segment-memberships"]
    count = len(topic.partitions)
    told = [key.decode() for key, value in read_committed(kafka, "segment-memberships") if new.encode() in value]
    mine = [user for user in told if user.startswith(f"{shop.name}-")]
    assert len(mine) == MANY + 1
    same = [user for user in mine if home_partition(user, count) == home_partition(live["user"], count)]
    assert same.index(live["user"]) < len(same) - MANY // count // 10


@pytest.mark.parametrize("kept", [True, False])
def test_the_wall_clock(kafka: str, tmp_path: Path, kept: bool) -> None:
    """A change by rules is true at the instant of the switch, of history as well; who stays is not told."""
    folder = write(tmp_path / "rules", {"seen-lately": "when: {count: views, last: 7d, at_least: 1}"})
    port = free_port()
    shop = Shop(kafka, tmp_path, 2, MICROSEG_RULES=str(folder), MICROSEG_HTTP=f"127.0.0.1:{port}")
    shop.create_topics(*shop.topics.values())
    started_ms = time.time_ns() // 1_000_000
    view = {"type": "view", "product": "p", "at": started_ms - 86_400_000}
    shop.send([("views", "ana", json.dumps(view))])

    def published() -> list[dict[str, Any]]:
        """Ana's records; the topic has those of other tests too, tombstones among them."""
        ana = f"{shop.name}-ana".encode()
        return [json.loads(value) for key, value in read_committed(kafka, "segment-memberships") if key == ana]

    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 60)
        until(lambda: len(published()) == 1, 20)
        edited_ms = time.time_ns() // 1_000_000
        last = "2d" if kept else "1h"
        new = load_rules(write(folder, {"seen-lately": f"when: {{count: views, last: {last}, at_least: 1}}"})).digest
        until(lambda: (found := health(port)["rules"])["digest"] == new and not found["rows_to_judge"], 20)
        until(lambda: len(published()) == (1 if kept else 2))
    if not kept:
        change = published()[1]
        assert (change["exited"], change["rules"], change["cause"]) == (["seen-lately"], new, {"kind": "rules"})
        assert edited_ms <= instant_ms(change["at"]) <= time.time_ns() // 1_000_000
