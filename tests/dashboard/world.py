"""A shop with a worker whose dashboard is asked, and the truth of a replay beside."""

from __future__ import annotations

import http.client
import json
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from streams.engine.course import course_of
from streams.engine.replay import Replay, replay_events
from streams.explanations.explain import explanation
from streams.rules.load import load_rules
from tests.worker.ports import free_port
from tests.worker.shop import Shop, WorkerProcess

TOKEN = "a-token-of-sixteen-signs"
START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR_MS = 3_600_000
EVENTS = 600
END_MS = START_MS + EVENTS * HOUR_MS
RULES = {
    "active/{}-keen": "title: Looked often\nwhy: To see.\nwhen: {{count: views, last: 7d, at_least: 3}}",
    "active/{}-fan": "title: Fan\nwhen: {{count: views, where: {{category: $each}}, last: 9d, at_least: 2}}\n"
    "for_each: category",
    "active/{}-buyer": "title: Bought\nwhen: {{all: [{{count: purchases, at_least: 1}}]}}",
    "active/{}-nobody": "title: Nobody\nwhen: {{count: views, at_least: 1000}}",
    "trial/{}-tried": "title: On trial\nwhen: {{count: views, at_least: 5}}\n"
    "trial: {{against: {}-keen, days: 14, metric: clicks, started: '2026-01-02T00:00:00Z'}}",
    "proposed/{}-new": "# Size now: 7 of 40 customers (17.5%).\ntitle: New\nwhen: {{count: views, at_least: 2}}",
}
#: Ids that are hard to send, write and show.
ODD = [
    "a b",
    "<script>alert(1)</script>",
    'quo"te\\',
    "x/y?z=1#f&%41",
    "東京 ✓",
    "..",
    "../../etc/passwd",
    "%2e%2e",
    "\x1b[31m\nx",
]
USERS = [*(f"u{number}" for number in range(30)), *ODD]
Json = dict[str, Any]


class World(Shop):
    """Customers of four partitions with views and orders; ``erased`` has asked to be forgotten, ``absorbed`` is now
    u1, and two events were refused."""

    def __init__(self, broker: str, directory: Path) -> None:
        self.port = free_port()
        super().__init__(broker, directory, MICROSEG_CLOCK="event", MICROSEG_DASHBOARD_TOKEN=TOKEN)
        self.environ["MICROSEG_HTTP"] = f"127.0.0.1:{self.port}"
        self.rules = directory / "rules"
        for name, text in RULES.items():
            path = self.rules / f"{name.format(self.name)}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{text.format(self.name)}\n")
        self.environ["MICROSEG_RULES"] = str(self.rules)
        self.events: list[Json] = []

    def fill(self) -> None:
        """Sends events, all on one topic and in order of time, so that none comes late."""
        chance = random.Random(7)
        self.events = [self._event(chance, number) for number in range(EVENTS)]
        self.events += [
            self._one("erase", "erased", EVENTS - 1),
            self._one("merge", "u1", EVENTS - 1, **{"from": self.id("absorbed")}),
        ]
        # with clock = event each partition has a time of its own: all end at one instant
        self.events += [self._one("view", user, EVENTS, product="p") for user in USERS]
        bad = [("views", "u1", "{"), ("views", "u2", json.dumps({**self._one("view", "u2", 1), "product": None}))]
        self.send([*(("views", event["user"].partition("-")[2], json.dumps(event)) for event in self.events), *bad])

    def id(self, user: str) -> str:
        """A customer's whole id."""
        return f"{self.name}-{user}"

    def _event(self, chance: random.Random, number: int) -> Json:
        user = chance.choice([*USERS, "erased", "absorbed"])
        if chance.random() < 0.1:
            return self._one("purchase", user, number, order=f"o{number}", total=5)
        return self._one("view", user, number, product="p", category=chance.choice(("Bags", "Shoes", "Hats & Co")))

    def _one(self, kind: str, user: str, hour: int, **more: Any) -> Json:
        at, name = START_MS + hour * HOUR_MS, f"{kind}-{user}-{hour}"
        return {"type": kind, "id": name, "user": self.id(user), "at": at, **more}

    def now_in(self) -> dict[str, set[str]]:
        """Customers by segment at the end, by a replay."""
        changes = replay_events([orjson.dumps(one) for one in self.events], load_rules(self.rules))
        last = {change["user"]: change["segments"] for change in changes}
        found: dict[str, set[str]] = {}
        for user, segments in last.items():
            for name in {*segments, *(one.partition("/")[0] for one in segments)}:
                found.setdefault(name, set()).add(user)
        return found

    def explained(self, user: str) -> Json:
        """What replay knows of a customer."""
        rules = load_rules(self.rules)
        replay = Replay(rules)
        replay.read([orjson.dumps(one) for one in self.events])
        partition = replay.run(END_MS)
        course = course_of(partition, self.id(user), END_MS)
        assert course is not None
        return explanation(self.id(user), course, rules)

    @contextmanager
    def running(self) -> Iterator[WorkerProcess]:
        """A worker that has read everything."""
        with self.worker("run", module="streams.cli") as worker:
            worker.wait_for(" open after ", 120)
            yield worker

    def get(self, path: str, **headers: str) -> tuple[int, Any]:
        """Status and body of a page; ``path`` as it is sent."""
        return self.ask("GET", path, None, **headers)

    def ask(self, method: str, path: str, body: object, **headers: str) -> tuple[int, Any]:
        """The same of any question; a body is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        found = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = None if body is None else json.dumps(body)
        if sent is not None:
            found.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, sent, found)
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, json.loads(raw) if answer.headers.get_content_type() == "application/json" else raw
        finally:
            connection.close()

    def customer(self, user: str, **headers: str) -> tuple[int, Any]:
        """The page of a customer by their whole id."""
        return self.get(f"/api/customers/{quote(user, safe='')}", **headers)

    def until(self, path: str, ready: Any, seconds: float = 30) -> Any:
        """The page once it is as it should be."""
        deadline = time.monotonic() + seconds
        while True:
            status, page = self.get(path)
            if status == 200 and ready(page):
                return page
            assert time.monotonic() < deadline, page
            time.sleep(0.2)
