"""Ids that turn out to be one customer, on partitions of two workers that are killed meanwhile."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

import orjson

from tests.faults.feed import Feed
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import Event, erasures, shop_events
from tests.faults.stage import stage
from tests.worker.shop import read_log

RATE = 500.0
ANONYMOUS, MERGED, DOUBLES, CONSENT = 0.3, 0.03, 0.004, 0.05
SESSIONS = 3


def merges(kills: int, seconds: float) -> Outcome:
    """Anonymous ids join their customers, and customers each other, while workers are killed in turn."""
    with stage(course=False) as at:
        lines = identities(erasures(shop_events(3), random.Random(5)), random.Random(6))
        feed = Feed(at.ground.settings, lines, RATE, at.sent, 0.02)
        for name in ("w1", "w2"):
            at.crew.join(name)
        at.begins()
        at.crew.members["w2"].await_opening()
        for number in range(kills):
            time.sleep(seconds)
            member = list(at.crew.members.values())[number % 2]
            before, killed_at = member.openings, time.monotonic()
            member.kill()
            at.recovers(member, killed_at, before)
        time.sleep(seconds)
        feed.stop()
        at.curtain()
        outcome = judged(at, kills)
        said = read_log(at.ground.settings.broker, at.ground.settings.identity)
        left = {(one.partition, one.key): one.value for one in said}
        if any(left.values()):
            outcome.faults.append(f"{sum(map(bool, left.values()))} messages about merges were not taken")
        outcome.notes.append(f"{sum(b'merge-' in one for one in at.sent):,} merges, {len(said):,} records about them")
        return outcome


def identities(lines: Iterator[bytes], chance: random.Random) -> Iterator[bytes]:
    """The same events, some of them of anonymous ids of their customers; merges of those, which may come before or
    after others of their events; customers who turn out to be an older customer; and words on consent."""
    absorbed: set[str] = set()
    for line in lines:
        event = orjson.loads(line)
        user = str(event["user"])
        if chance.random() < ANONYMOUS:
            event["user"] = f"anon-{user}-{chance.randrange(SESSIONS)}"
        yield orjson.dumps(event)
        drawn = chance.random()
        if drawn < MERGED:
            yield _merge(event, user, f"anon-{user}-{chance.randrange(SESSIONS)}")
        elif drawn < MERGED + DOUBLES and user not in absorbed and (number := int(user[1:])) > 0:
            absorbed.add(user)  # by one of a lower number, so that the order of merges does not matter
            yield _merge(event, f"u{chance.randrange(number)}", user)
        elif drawn < MERGED + DOUBLES + CONSENT:
            action = chance.choice(("unsubscribed", "resubscribed", "resubscribed"))
            said = {"type": "email", "action": action, "message": "m", "id": f"consent-{event['id']}"}
            yield orjson.dumps({**said, "user": event["user"], "at": event["at"]})


def _merge(event: Event, user: str, source: str) -> bytes:
    merge = {"type": "merge", "id": f"merge-{event['id']}", "user": user, "from": source}
    return orjson.dumps({**merge, "at": event["at"]})
