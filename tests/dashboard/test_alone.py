"""A dashboard without a worker, without a broker, and without anybody who looks."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from aiohttp import web

from streams.clients.topics import prepare
from streams.dashboard.app import Dashboard
from streams.dashboard.looking import Looking
from streams.dashboard.sources import Cached, Sources
from streams.settings import Settings
from streams.settings_topics import Topic, Topics
from tests.worker.ports import free_port


@contextmanager
def served(dashboard: Dashboard) -> Iterator[int]:
    """The port of a dashboard that is served by a thread."""
    port, loop, ready = free_port(), asyncio.new_event_loop(), threading.Event()

    async def start() -> web.AppRunner:
        app = web.Application()
        dashboard.mount(app)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready.set()
        return runner

    def serve() -> None:
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=serve)
    thread.start()
    assert ready.wait(10)
    try:
        yield port
    finally:
        dashboard.looking.end()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


def get(port: int, path: str) -> tuple[int, Any]:
    """Status and JSON of a page."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    answer = connection.getresponse()
    raw = answer.read()
    connection.close()
    return answer.status, json.loads(raw) if answer.headers.get_content_type() == "application/json" else raw


def threads() -> list[str]:
    return sorted(one.name for one in threading.enumerate() if one.name.startswith("dashboard-"))


def test_nothing_is_read_before_somebody_looks_or_after_the_last_one() -> None:
    settings = Settings(broker="127.0.0.1:1")
    looking = Looking(settings, 1.0, idle_s=2.5)
    with served(Dashboard(settings, Sources(), 1.0, looking)) as port:
        assert get(port, "/")[0] == 200
        assert get(port, "/api/nothing")[0] == 404
        assert not looking.busy
        assert threads() == []
        assert get(port, "/api/overview")[0] == 200
        assert looking.busy
        assert threads() == ["dashboard-feed", "dashboard-figures"]
        deadline = time.monotonic() + 20
        while looking.busy or threads():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_broker_that_is_away_is_told_and_does_not_show_as_nothing() -> None:
    settings = Settings(broker="127.0.0.1:1", rules=Settings().rules)
    with served(Dashboard(settings, Sources(), 1.0)) as port:
        status, page = get(port, "/api/overview")
        assert status == 200
        assert page["trouble"][0]["error"] == "the broker 127.0.0.1:1 does not answer"
        numbers = ("customers", "events", "events_per_second", "changes_per_minute", "refused", "workers", "lag")
        assert {page[name] for name in numbers} == {None}
        assert page["state"] == "starting"
        for path in ("trials", "refused", "workers", "customers/ana", "segments/any"):
            status, said = get(port, f"/api/{path}")
            assert (status, said["error"]) == (503, "the broker 127.0.0.1:1 does not answer"), path
            assert said["hint"]


@pytest.fixture
def without_worker(kafka: str) -> Settings:
    """An application whose topics are there, and nobody works on them."""
    name = f"t{uuid.uuid4().hex[:8]}"
    topics = Topics(*(Topic(f"{name}-{topic}") for topic in Topics._fields))
    found = Settings(broker=kafka, application=name, partitions=1, topics=topics)
    prepare(found)
    return found


def test_without_a_worker_the_serving_store_tells(without_worker: Settings) -> None:
    since = "2026-01-01T00:00:00.000Z"
    stored = {"ana": {"user": "ana", "at": since, "segments": [{"segment": "keen", "since": since}], "arms": {}}}
    with served(Dashboard(without_worker, Sources(stored=stored.get), 1.0)) as port:
        with ThreadPoolExecutor(2) as pool:
            (status, page), (other, said) = pool.map(lambda user: get(port, f"/api/customers/{user}"), ("ana", "ben"))
        assert (status, page.get("source")) == (200, "store"), page
        assert [(one["name"], one["since"], one["why"]) for one in page["segments"]] == [("keen", since, [])]
        assert (other, said["hint"]) == (503, "start one with: microseg run")
        _, page = get(port, "/api/overview")
        assert page["trouble"][0]["error"] == f"no worker of {without_worker.application!r} answers"
        assert (page["customers"], page["events"]) == (None, 0)


def test_what_was_asked_is_not_asked_again_at_once() -> None:
    asked: list[int] = []

    def ask(number: int) -> int:
        asked.append(number)
        return number

    cached = Cached(ask, 60)
    assert [cached("a", 1), cached("a", 2), cached("b", 3), cached("b", 4)] == [1, 1, 3, 3]
    assert asked == [1, 3]
