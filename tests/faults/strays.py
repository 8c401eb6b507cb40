"""Events that were produced to the wrong partition, by workers that are killed while they forward them home."""

from __future__ import annotations

import random
import time
from itertools import islice

from confluent_kafka import Producer

from streams.clients.routes import Routes
from streams.events.decode import Refusal, decode_event
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import erasures, shop_events
from tests.faults.stage import Stage, stage

ROUND = 500
TWINS_SECONDS = 15.0


def strays(kills: int, rounds: int) -> Outcome:
    """A producer that places keys anywhere, four topics, erasures among the events, and kills in between."""
    chance = random.Random(4)
    with stage(course=False) as at:
        worker = at.crew.join()
        worker.await_opening()
        lines = erasures(shop_events(), chance)
        for number in range(rounds):
            _anywhere(at, list(islice(lines, ROUND)), chance)
            if number * kills // rounds > (number - 1) * kills // rounds:
                before, killed_at = worker.openings, time.monotonic()
                worker.kill()
                worker.await_opening(before)
                at.recoveries.append(time.monotonic() - killed_at)
        at.watch.quiet()  # a stray lies behind the events of now once it is home
        at.curtain()
        return judged(at, rounds * ROUND)


def _anywhere(at: Stage, lines: list[bytes], chance: random.Random) -> None:
    producer, topic = Producer({"bootstrap.servers": at.ground.settings.broker}), Routes(at.ground.settings).topic
    for line in lines:
        event = decode_event(line)
        assert not isinstance(event, Refusal), event
        producer.produce(topic(event), line, str(event.user), chance.randrange(at.ground.partitions))
        at.sent.append(line)
    producer.flush()


def twins(rate: float) -> Outcome:
    """Two workers run under one name for a while, each started again whenever the other has thrown it out."""
    with stage() as at:
        feed = at.feed(rate)
        first = at.crew.join()
        at.begins()
        second = at.crew.join("twin", MICROSEG_WORKER=first.name)
        time.sleep(TWINS_SECONDS)
        at.crew.leave("twin")
        left_at = time.monotonic()
        at.flows(left_at)
        feed.stop()
        at.curtain()
        ends = len(first.ends) + len(second.ends)
        at.notes.append(f"they threw each other out {ends - 1} times")
        return judged(at, ends - 1)
