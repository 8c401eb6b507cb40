"""Records that no worker wrote: the judge must notice each of them, or nothing that it says counts."""

from __future__ import annotations

import time

import orjson
from confluent_kafka import Producer

from streams.worker.topics import MEMBERSHIPS, REFUSED
from tests.faults.judge import Outcome, judged
from tests.faults.stage import Stage, stage
from tests.worker.shop import read_log

RATE = 400.0
#: What the judge says of each plant.
MUST_SAY = (
    "came where",
    "enters or leaves again",
    "is not in the replay",
    "was not published",
    "was refused without need",
    "the replay finds",
)


def tampered(seconds: float) -> Outcome:
    """A change comes twice, one is invented, a number is left out, an honest event is refused, one was never sent."""
    with stage() as at:
        feed = at.feed(RATE)
        at.crew.join()
        at.begins()
        time.sleep(seconds)
        feed.stop()
        at.curtain()
        at.watch.quiet()
        planted = _plant(at)
        found = judged(at, planted)
        unseen = [text for text in MUST_SAY if not any(text in fault for fault in found.faults)]
        lost, repeated = found.lost, found.repeated
        notes = [f"of {planted} plants the judge made {lost} lost and {repeated} repeated"]
        return Outcome(planted, found.events, 0, 0, None, [f"the judge did not say {text!r}" for text in unseen], notes)


def _plant(at: Stage) -> int:
    producer = Producer({"bootstrap.servers": at.ground.settings.broker})
    records = [one for one in read_log(at.ground.settings.broker, MEMBERSHIPS) if one.key.startswith(b"u")]
    newest = {one.key: one for one in records}
    again, skips, *_ = newest.values()
    producer.produce(MEMBERSHIPS, again.value, again.key, again.partition)
    skipping = orjson.loads(skips.value)
    skipping |= {"seq": skipping["seq"] + 2, "segments": [], "entered": [], "exited": skipping["segments"]}
    producer.produce(MEMBERSHIPS, orjson.dumps(skipping), skips.key, skips.partition)
    producer.produce(REFUSED, orjson.dumps({"reason": "", "raw": at.sent[0].decode()}))
    producer.flush()
    at.sent.append(_unsent(at))
    return 4


def _unsent(at: Stage) -> bytes:
    """An event of a new customer that nobody sent."""
    event = {"type": "view", "product": "p", "category": "curtain", "id": "unsent", "user": "unsent", "at": at.end_ms}
    return orjson.dumps(event)
