"""How fast Redis has what the topic says: many changes at once, and each from its event on under live traffic."""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Producer
from redis import Redis

from streams.clients.sender import Sender
from streams.clients.settings_file import plain_environment
from streams.embedded.processes import free_port
from streams.embedded.valkey import running_valkey
from streams.proofs.command import exit_code_of
from streams.proofs.ground import Ground, ProofError, fresh_ground
from streams.proofs.worker_runs import MICROSEG, check_running, running
from streams.sinks.serving.keeping import Keeping
from streams.sinks.serving.lookup import Lookup
from streams.worker.clock import WallClock
from streams.worker.security import librdkafka_config
from streams.worker.topics import MEMBERSHIPS

RULE = "title: Looked\neveryone: true\nwhen: {count: views, at_least: 1}\n"
TARGET_MS = 250.0
PATIENCE_SECONDS = 180.0
#: A member who comes late lies among so many newer ones.
_AMONG = 400
_LOOK_SECONDS = 0.005


def main() -> int:
    """Runs both and prints what they took."""
    parser = argparse.ArgumentParser(prog="sinks_bench", description=__doc__)
    parser.add_argument("--changes", type=int, default=100_000, help="changes that are there at once (100000)")
    parser.add_argument("--customers", type=int, default=20_000, help="of so many customers (20000)")
    parser.add_argument("--rate", type=int, default=1_000, help="live view events a second (1000)")
    parser.add_argument("--seconds", type=int, default=20, help="of live events (20)")
    args = parser.parse_args()
    return exit_code_of("sinks_bench", lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="microseg-sinks-") as name:
        rules = Path(name) / "rules"
        (rules / "active").mkdir(parents=True)
        (rules / "active" / "looked.yaml").write_text(RULE, encoding="utf-8")
        with (
            running_valkey(Path(name) / "valkey", 0) as url,
            Redis.from_url(url, decode_responses=True) as redis,
            fresh_ground(rules, clock="wall", http=f"127.0.0.1:{free_port()}", redis=url) as ground,
        ):
            _at_once(ground, redis, args.changes, args.customers)
            p99 = _live(ground, redis, args.rate, args.seconds)
    print(f"p99 is {'within' if p99 <= TARGET_MS else 'above'} the target of {TARGET_MS:.0f} ms")
    return 0 if p99 <= TARGET_MS else 1


# -- many changes at once ---------------------------------------------------------------------------------------------


def _at_once(ground: Ground, redis: Redis, changes: int, customers: int) -> None:
    """Changes that lie in the topic, taken in by one process."""
    chance = random.Random(3)
    stand: dict[str, tuple[int, list[str]]] = {}
    producer = Producer(librdkafka_config(ground.settings, partitioner="murmur2_random", enable_idempotence=True))
    for number in range(changes):
        user = f"bench-{chance.randrange(customers)}"
        seq, before = stand.get(user, (0, []))
        after = sorted(chance.sample("abcdefgh", chance.randint(0, 3)))
        stand[user] = seq + 1, after
        producer.produce(MEMBERSHIPS, _record(user, seq + 1, before, after), user.encode())
        if number % 1_000 == 0:
            producer.poll(0)
    producer.flush(60)
    keeping = Keeping(ground.settings, redis, WallClock(), _say)
    started, used = time.monotonic(), time.process_time()
    keeping.run(until_drained=True)
    took, cpu = time.monotonic() - started, time.process_time() - used
    lookup = Lookup(redis, ground.settings.application)
    wrong = [user for user, (_, after) in stand.items() if _segments(lookup, user) != after]
    if wrong:
        one = f"{wrong[0]} is {lookup.customer(wrong[0])}, not {stand[wrong[0]]}"
        raise ProofError(f"{len(wrong)} of {len(stand)} customers are wrong in Redis: {one}")
    print(f"{changes} changes of {len(stand)} customers into Redis: {took:.1f} s, {changes / took:.0f} a second,")
    print(f"  {1e6 * cpu / changes:.0f} µs of CPU each beside Redis' own; all customers as they should be")


def _segments(lookup: Lookup, user: str) -> list[str]:
    standing = lookup.customer(user)
    return [] if standing is None else sorted(standing.since_ms)


def _record(user: str, seq: int, before: Sequence[str], after: Sequence[str]) -> bytes:
    body: dict[str, Any] = {"user": user, "seq": seq, "at": "2026-05-01T05:00:00.000Z"}
    body |= {"entered": sorted({*after} - {*before}), "exited": sorted({*before} - {*after}), "segments": after}
    return orjson.dumps({**body, "rules": "0" * 12, "cause": {"kind": "event", "id": f"e{seq}"}, "why": {}})


# -- from an event to its member --------------------------------------------------------------------------------------


def _live(ground: Ground, redis: Redis, rate: int, seconds: int) -> float:
    """New customers' views, each until the customer is in Redis; returns the 99th percentile in milliseconds."""
    with running(ground) as worker, _delivering(ground):
        _first(ground, redis, lambda: check_running(ground, worker))
        late = _measured(ground, redis, rate, seconds)
    p50, p99 = (late[int(part * (len(late) - 1))] for part in (0.5, 0.99))
    print(f"view event produced -> member visible in Redis, {rate} events/s for {seconds} s, {len(late)} members:")
    print(f"  p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {late[-1]:.0f} ms")
    return p99


@contextmanager
def _delivering(ground: Ground) -> Iterator[None]:
    """``microseg deliver redis`` as the process that it is."""
    process = subprocess.Popen([*MICROSEG, "deliver", "redis", "--config", str(ground.config)], env=plain_environment())
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _first(ground: Ground, redis: Redis, check: Callable[[], None]) -> None:
    """Waits for the worker, by events that are not counted."""
    end, number = time.monotonic() + PATIENCE_SECONDS, 0
    members = f"{{{ground.settings.application}}}:1:members:looked"
    with Sender(ground.settings) as sender:
        while not redis.exists(members):
            check()
            if time.monotonic() > end:
                raise ProofError(f"no member came within {PATIENCE_SECONDS:.0f} s")
            _send(sender, ground, f"first-{number}")
            number += 1
            sender.serve()
            time.sleep(0.05)


def _measured(ground: Ground, redis: Redis, rate: int, seconds: int) -> list[float]:
    """How late each member was, in milliseconds, sorted; an event is late from when it was due."""
    seen: dict[str, float] = {}
    stop = threading.Event()
    reader = threading.Thread(target=_look, args=(ground, redis, seen, stop))
    reader.start()
    count = rate * seconds
    started = time.monotonic() + 0.5
    try:
        with Sender(ground.settings) as sender:
            for number in range(count):
                while (early := started + number / rate - time.monotonic()) > 0:
                    sender.serve()
                    time.sleep(min(early, 0.002))
                _send(sender, ground, f"live-{number}")
        end = time.monotonic() + PATIENCE_SECONDS
        while len(seen) < count and time.monotonic() < end:
            time.sleep(0.05)
    finally:
        stop.set()
        reader.join()
    if len(seen) < count:
        raise ProofError(f"{count - len(seen)} of {count} members never came")
    return sorted((seen[f"live-{number}"] - started - number / rate) * 1000 for number in range(count))


def _look(ground: Ground, redis: Redis, seen: dict[str, float], stop: threading.Event) -> None:
    """Asks Redis again and again for the newest members."""
    lookup: Any = redis
    key = f"{{{ground.settings.application}}}:1:members:looked"
    known = rounds = 0
    while not stop.wait(_LOOK_SECONDS):
        rounds += 1
        size, all_of_them = int(lookup.zcard(key)), rounds % 200 == 0  # now and then also those that came very late
        if size > known or all_of_them:
            newest = lookup.zrevrange(key, 0, -1 if all_of_them else size - known + _AMONG)
            now = time.monotonic()
            for user in newest:
                if user.startswith("live-"):
                    seen.setdefault(user, now)
            known = size


def _send(sender: Sender, ground: Ground, user: str) -> None:
    event = {"type": "view", "id": user, "user": user, "at": WallClock().now_ms(), "product": "p", "price": 10}
    sender.send(ground.settings.topics.views.name, user, orjson.dumps(event))


def _say(text: str) -> None:
    print(f"sinks_bench: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
