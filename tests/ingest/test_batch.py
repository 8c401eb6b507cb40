"""A batch of records as a pure function: where events go, and what is counted."""

from __future__ import annotations

import orjson

from streams.dialects.words import Record, Shop
from streams.ingest.batch import Message, Translating
from streams.ingest.counts import MOST_NAMES, OTHERS, Counts
from streams.settings import Settings
from streams.settings_topics import ForeignTopic

SETTINGS = Settings(foreign=(ForeignTopic("own", "own", "auto"), ForeignTopic("calls", "calls", "segment")))


def batch(topic: str, *bodies: object) -> tuple[list[tuple[str, bytes | None, bytes]], Counts]:
    records = (Record(orjson.dumps(body), b"key", (), topic, 1_777_611_600_000) for body in bodies)
    messages = [Message(record, topic, 2, offset) for offset, record in enumerate(records)]
    written, counts = Translating(SETTINGS, "refused-events", Shop()).batch(messages)
    return [(one.topic, one.key, one.value) for one in written], counts


def call(name: str) -> dict[str, object]:
    return {"type": "track", "event": name, "userId": "ana", "messageId": "m", "timestamp": "2026-05-01T05:00:00Z"}


def test_each_type_goes_to_its_topic_under_its_customer() -> None:
    at = {"at": 1_777_611_600_000}
    events: list[dict[str, object]] = [
        {"type": "view", "user": "ana", "product": "p", **at},
        {"type": "refund", "user": "bén", "order": "o", **at},
        {"type": "email", "action": "sent", "message": "m", **at},
        {"type": "erase", "user": 42, **at},
    ]
    written, counts = batch("own", *events)
    assert [(topic, key) for topic, key, _ in written] == [
        ("views", b"ana"),
        ("purchases", "bén".encode()),
        ("emails", b"key"),
        ("profiles", b"42"),
    ]
    assert counts.events == {"view": 1, "refund": 1, "email": 1, "erase": 1}


def test_names_of_senders_are_told_apart_up_to_a_bound() -> None:
    _, counts = batch("calls", *(call(f"Song {number}") for number in range(3 * MOST_NAMES)))
    assert len(counts.skipped) == MOST_NAMES + 1
    assert counts.skipped[OTHERS] == 2 * MOST_NAMES
    total = Counts()
    for _ in range(2):
        total.add(counts)
    assert (total.records, total.skipped.total(), len(total.skipped)) == (
        6 * MOST_NAMES,
        6 * MOST_NAMES,
        MOST_NAMES + 1,
    )


def test_a_refused_record_says_where_it_lies() -> None:
    [(topic, key, value)], counts = batch("calls", {**call("Order Completed"), "properties": {"total": -1}})
    assert (topic, key, counts.refused) == ("refused-events", b"key", 1)
    told = orjson.loads(value)
    assert told["reason"] == "properties.order_id: missing"
    assert (told["dialect"], told["topic"], told["partition"], told["offset"]) == ("segment", "calls", 2, 0)
