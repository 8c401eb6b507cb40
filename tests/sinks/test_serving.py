"""The serving store with a real Kafka and a real Valkey."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis

from streams.embedded.kafka import running_kafka
from streams.embedded.valkey import running_valkey
from streams.settings import Settings
from streams.sinks.serving.keeping import LOOK_MS, OLD_MS, Keeping
from streams.sinks.serving.lookup import Lookup, Member
from streams.worker.clock import WallClock
from tests.sinks.shelf import Course, publish, settings_for

SECONDS = 60.0
HOUR_MS = 1777611600000  # 2026-05-01T05:00:00Z


class Moved:
    """The machine's clock, moved ahead."""

    def __init__(self, by_ms: int) -> None:
        self.by_ms = by_ms

    def now_ms(self) -> int:
        return WallClock().now_ms() + self.by_ms


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    home = tmp_path_factory.mktemp("serving")
    with running_kafka(home / "kafka", 0) as address:
        yield settings_for(address, home)


@pytest.fixture
def settings(shop: Settings) -> Settings:
    """An application of its own, so that no test sees another's store."""
    return replace(shop, application=f"serving-{uuid.uuid4().hex[:6]}")


@pytest.fixture
def redis(valkey: str) -> Iterator[Redis]:
    with Redis.from_url(valkey, decode_responses=True) as connection:
        yield connection


def fill(settings: Settings, redis: Redis, *, anew: bool = False, by_ms: int = 0) -> list[str]:
    said: list[str] = []
    Keeping(settings, redis, Moved(by_ms), said.append).run(anew=anew, until_drained=True)
    return said


@contextmanager
def kept(settings: Settings, redis: Redis) -> Iterator[Keeping]:
    keeping = Keeping(settings, redis, WallClock(), print)
    thread = threading.Thread(target=keeping.run)
    thread.start()
    try:
        yield keeping
    finally:
        keeping.stop()
        thread.join()


def until(held: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not held():
        assert time.monotonic() < end
        time.sleep(0.02)


def users(lookup: Lookup, segment: str, prefix: str) -> list[str]:
    return sorted(member.user for member in lookup.members(segment) if member.user.startswith(prefix))


def test_who_is_in_and_since_when(settings: Settings, redis: Redis) -> None:
    ana, bob, eve = Course("in-ana"), Course("in-bob"), Course("in-eve")
    publish(settings.broker, [ana.to("a"), ana.to("a", "b"), bob.to("b"), bob.to(), eve.to("a"), eve.erased()])
    fill(settings, redis)
    lookup = Lookup(redis, settings.application)
    standing = lookup.customer("in-ana")
    assert standing is not None
    assert standing.seq == 2
    assert standing.since_ms == {"a": HOUR_MS + 1000, "b": HOUR_MS + 2000}
    assert lookup.customer("in-bob") is lookup.customer("in-eve") is lookup.customer("nobody") is None
    assert Member("in-ana", HOUR_MS + 2000) in list(lookup.members("b"))
    assert users(lookup, "a", "in-") == ["in-ana"]
    publish(settings.broker, [ana.to("b"), eve.to("b")])
    assert fill(settings, redis) == ["up to date with segment-memberships"]
    assert users(lookup, "a", "in-") == []
    assert users(lookup, "b", "in-") == ["in-ana", "in-eve"]
    publish(settings.broker, [ana.erased(), eve.to()])


def test_the_arms_of_a_trial(settings: Settings, redis: Redis) -> None:
    ana, bob = Course("arm-ana"), Course("arm-bob")
    publish(settings.broker, [ana.drawn("control", "a", "b"), bob.drawn("treatment", "b")])
    fill(settings, redis)
    lookup = Lookup(redis, settings.application)
    found = [lookup.customer(user) for user in ("arm-ana", "arm-bob")]
    assert [one and (one.arms, one.withheld) for one in found] == [({"b": "control"}, ["b"]), ({"b": "treatment"}, [])]
    assert users(lookup, "b", "arm-") == ["arm-ana", "arm-bob"]
    publish(settings.broker, [ana.drawn("", "a", "b"), bob.to()])
    fill(settings, redis)
    after = lookup.customer("arm-ana")
    assert after is not None
    assert (after.arms, after.withheld) == ({}, [])
    publish(settings.broker, [ana.to()])


def test_changes_arrive_while_it_runs(settings: Settings, redis: Redis) -> None:
    ana, lookup = Course("live-ana"), Lookup(redis, settings.application)
    with kept(settings, redis):
        until(lambda: lookup.there)
        publish(settings.broker, [ana.to("a")])
        until(lambda: lookup.customer("live-ana") is not None)
        publish(settings.broker, [ana.to()])
        until(lambda: lookup.customer("live-ana") is None)


def test_a_store_that_is_lost_is_built_anew_while_it_runs(settings: Settings, redis: Redis) -> None:
    ana, lookup = Course("lost-ana"), Lookup(redis, settings.application)
    publish(settings.broker, [ana.to("a")])
    with kept(settings, redis) as keeping:
        until(lambda: lookup.customer("lost-ana") is not None)
        for key in redis.scan_iter(f"{{{settings.application}}}:*"):
            redis.delete(key)
        publish(settings.broker, [ana.to("a", "b")])
        until(lambda: users(lookup, "b", "lost-") == ["lost-ana"])
        assert keeping.progress.built == 2
        assert LOOK_MS < SECONDS * 1000
    publish(settings.broker, [ana.to()])


def test_anew_beside_the_old_one_drops_what_the_topic_does_not_have(settings: Settings, redis: Redis) -> None:
    ana, lookup = Course("anew-ana"), Lookup(redis, settings.application)
    publish(settings.broker, [ana.to("a")])
    fill(settings, redis)
    stray = f"{{{settings.application}}}:1:members:a"
    redis.zadd(stray, {"anew-stray": 1})
    assert users(lookup, "a", "anew-") == ["anew-ana", "anew-stray"]
    fill(settings, redis, anew=True)
    assert users(lookup, "a", "anew-") == ["anew-ana"]
    assert not redis.exists(stray)
    assert sorted(redis.scan_iter(f"{{{settings.application}}}:1:*")) == []
    publish(settings.broker, [ana.to()])


def test_a_store_that_was_not_kept_for_days_is_built_anew(settings: Settings, redis: Redis) -> None:
    fill(settings, redis)
    assert fill(settings, redis) == ["up to date with segment-memberships"]
    assert fill(settings, redis, by_ms=OLD_MS + 60_000)[0] == "the store was not kept up to date for days"


def test_two_processes_at_once_take_everything_in_once(settings: Settings, redis: Redis) -> None:
    courses, chance = [Course(f"two-{n}") for n in range(50)], random.Random(3)
    lookup = Lookup(redis, settings.application)
    with kept(settings, redis), kept(settings, redis):
        for _ in range(6):
            publish(
                settings.broker,
                [chance.choice(courses).to(*chance.sample("abc", chance.randint(0, 3))) for _ in range(80)],
            )
        want = {course.user: course.segments for course in courses if course.segments}
        until(lambda: _found(lookup, courses) == want)
    for segment in "abc":
        assert users(lookup, segment, "two-") == sorted(user for user, segments in want.items() if segment in segments)
    publish(settings.broker, [course.to() for course in courses])


def _found(lookup: Lookup, courses: list[Course]) -> dict[str, list[str]]:
    standing = {course.user: lookup.customer(course.user) for course in courses}
    return {user: sorted(one.since_ms) for user, one in standing.items() if one is not None}


def test_redis_may_be_away(settings: Settings, tmp_path: Path) -> None:
    ana = Course("away-ana")
    publish(settings.broker, [ana.to("a")])
    with running_valkey(tmp_path / "valkey", 0) as url:
        port = int(url.rsplit(":", 1)[1].split("/")[0])
        redis = Redis.from_url(url, decode_responses=True)
        keeping = Keeping(settings, redis, WallClock(), print)
        thread = threading.Thread(target=keeping.run)
        thread.start()
        until(lambda: Lookup(redis, settings.application).customer("away-ana") is not None)
    publish(settings.broker, [ana.to("b")])
    until(lambda: keeping.progress.waited > 0)
    with running_valkey(tmp_path / "valkey", port):  # its data are still there
        lookup = Lookup(redis, settings.application)
        until(lambda: users(lookup, "b", "away-") == ["away-ana"])
        assert users(lookup, "a", "away-") == []
        assert keeping.progress.built == 1
        keeping.stop()
        thread.join()
    redis.close()
    publish(settings.broker, [ana.to()])
