"""Rules that change under the real engine: what is published under the new ones is what their replay says."""

from __future__ import annotations

import json
import signal
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from confluent_kafka.admin import AdminClient

from streams.engine.replay import final_segments
from streams.events.instants import instant_ms
from streams.rows.home import home_partition
from streams.rules.load import load_rules
from tests.worker.ports import free_port
from tests.worker.shop import Shop, WorkerProcess, until
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


def told_segments(shop: RealShop, users: Iterable[str]) -> dict[str, list[str]]:
    """The segments of customers by what was published of them."""
    published = shop.published()
    return {user: published[user][-1]["segments"] if user in published else [] for user in users}


def leave(*workers: WorkerProcess) -> None:
    """Lets workers write what they have and end."""
    for worker in workers:
        worker.signal(signal.SIGTERM)
    assert [worker.wait(20) for worker in workers] == [0] * len(workers)


def test_two_workers_by_the_event_clock(kafka: str, tmp_path: Path) -> None:
    """Everybody who changes is told once, under the new digest; who stays is not told at all."""
    folder = write(tmp_path / "rules", OLD)
    shop = RealShop(kafka, tmp_path)
    ports = free_port(), free_port()
    shop.environ |= {"MICROSEG_RULES": str(folder), "MICROSEG_HTTP": f"127.0.0.1:{ports[0]}"}
    second_has = {"MICROSEG_WORKER": "w2", "MICROSEG_RULES": "none", "MICROSEG_HTTP": f"127.0.0.1:{ports[1]}"}
    events, old = events_of(shop, 3_000, 3), load_rules(folder).digest
    shop.create_topics(*shop.topics.values())
    with shop.worker("run", module="streams.cli") as first:
        first.wait_for("open after", 90)
        with shop.worker("run", module="streams.cli", **second_has) as second:
            second.wait_for("open after", 90)
            until(lambda: [health(port)["partitions"] for port in ports] in ([[0], [1]], [[1], [0]]), 30)
            send(shop, events)
            until(lambda: sum(health(port)["events"] for port in ports) == len(events), 30)
            under_old = final_under(shop, events, folder)
            until(lambda: told_segments(shop, under_old) == under_old)
            before = shop.published()
            new = load_rules(write(folder, NEW)).digest
            for port in ports:
                until(lambda port=port: is_judged(port, new), 30)
            later_ms = events[-1]["at"] - START_MS
            more = [{**event, "at": event["at"] + later_ms} for event in events_of(shop, 300, 4)]
            send(shop, more)
            until(lambda: sum(health(port)["events"] for port in ports) == len(events) + len(more), 30)
            leave(first, second)
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
    assert told_segments(shop, final) == final


def is_judged(port: int, digest: str) -> bool:
    """Whether a worker has judged all its rows by these rules."""
    rules = health(port)["rules"]
    return rules["digest"] == digest and not rules["rows_to_judge"]


MANY = 40_000
SEEN = {"seen": "when: {count: views, at_least: 1}"}
MET = {"met": "when: {count: views, at_least: 1}"}


class CrowdedShop(RealShop):
    """A shop with many customers of whom little is known."""

    def __init__(self, broker: str, directory: Path) -> None:
        super().__init__(broker, directory)
        self.port = free_port()
        self.folder = write(directory / "rules", SEEN)
        (self.folder / "retired").mkdir()
        for name in (*SEEN, *MET):  # the guard lets both go
            (self.folder / "retired" / f"{name}.yaml").write_text("")
        self.environ |= {"MICROSEG_RULES": str(self.folder), "MICROSEG_HTTP": f"127.0.0.1:{self.port}"}
        self.create_topics(*self.topics.values())
        send(self, [self.view(f"u{number}", number) for number in range(MANY)])

    def view(self, customer: str, past_ms: int) -> dict[str, Any]:
        """A view; its id is the customer's."""
        user = f"{self.name}-{customer}"
        return {"type": "view", "id": customer, "user": user, "at": START_MS + past_ms, "product": "p"}

    def edit(self, worker: WorkerProcess, rules: dict[str, str]) -> str:
        """Everybody leaves one segment and enters another; returns the new digest in the middle of it."""
        digest = load_rules(write(self.folder, rules)).digest
        worker.wait_for(f"rules {digest} of w1 are live", 30)
        until(lambda: 0 < health(self.port)["rules"]["rows_to_judge"] < MANY)
        return digest


def test_in_the_middle_of_a_re_judgement(kafka: str, tmp_path: Path) -> None:
    """A live event is published before the last of the rows is judged; then kill -9 neither loses nor doubles any."""
    shop = CrowdedShop(kafka, tmp_path)
    old, live = load_rules(shop.folder).digest, shop.view("live", MANY)
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 60)
        until(lambda: health(shop.port)["events"] == MANY, 30)
        new = shop.edit(worker, MET)
        send(shop, [live])
        until(lambda: not health(shop.port)["rules"]["rows_to_judge"], 60)
        leave(worker)
    check_that_it_came_between(shop, live["user"], new)
    with shop.worker("run", module="streams.cli", MICROSEG_CHECKPOINT_EVERY="20ms") as worker:
        worker.wait_for("open after", 60)
        assert shop.edit(worker, SEEN) == old
        worker.kill()
    assert sum(records[-1]["rules"] == old for records in shop.published().values()) < MANY
    shop.drain_real()
    published = shop.published()
    assert [record["entered"] for record in published.pop(live["user"])] == [["met"], ["seen"]]
    assert len(published) == MANY
    for first, second, third in published.values():
        assert (first["seq"], second["seq"], third["seq"]) == (1, 2, 3)
        assert (first["rules"], second["rules"], third["rules"]) == (old, new, old)
        assert (second["entered"], second["exited"], second["cause"]) == (["met"], ["seen"], {"kind": "rules"})
        assert (third["entered"], third["exited"], third["cause"]) == (["seen"], ["met"], {"kind": "rules"})


def check_that_it_came_between(shop: CrowdedShop, user: str, new: str) -> None:
    """Whether the change of a customer has many of their partition's by the new rules behind it."""
    count = len(AdminClient({"bootstrap.servers": shop.broker}).list_topics().topics["segment-memberships"].partitions)
    told = [key.decode() for key, value in shop.memberships.read() if new.encode() in value]
    mine = [one for one in told if one.startswith(f"{shop.name}-")]
    assert len(mine) == MANY + 1
    same = [one for one in mine if home_partition(one, count) == home_partition(user, count)]
    assert same.index(user) < len(same) - MANY // count // 10


def test_the_wall_clock(kafka: str, tmp_path: Path) -> None:
    """A change by rules is true at the instant of the switch, of history as well; who stays is not told."""

    def rules(last: str) -> dict[str, str]:
        return {"seen-lately": f"when: {{count: views, last: {last}, at_least: 1}}"}

    folder, port = write(tmp_path / "rules", rules("7d")), free_port()
    shop = RealShop(kafka, tmp_path)
    shop.environ |= {"MICROSEG_RULES": str(folder), "MICROSEG_HTTP": f"127.0.0.1:{port}", "MICROSEG_CLOCK": "wall"}
    shop.create_topics(*shop.topics.values())
    user, yesterday_ms = f"{shop.name}-ana", time.time_ns() // 1_000_000 - 86_400_000
    send(shop, [{"type": "view", "id": "v", "user": user, "product": "p", "at": yesterday_ms}])
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 60)
        until(lambda: shop.published(), 20)
        edited_ms = 0
        for last in ("2d", "1h"):
            edited_ms = time.time_ns() // 1_000_000
            new = load_rules(write(folder, rules(last))).digest
            until(lambda new=new: is_judged(port, new), 20)
        until(lambda: len(shop.published()[user]) == 2)
    change = shop.published()[user][1]
    assert (change["exited"], change["rules"], change["cause"]) == (["seen-lately"], new, {"kind": "rules"})
    assert edited_ms <= instant_ms(change["at"]) <= time.time_ns() // 1_000_000
