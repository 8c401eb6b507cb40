"""Membership records as a worker publishes them, written to a real broker."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

import orjson
from confluent_kafka import Producer

from streams.clients.settings_file import write_settings
from streams.clients.topics import prepare
from streams.settings import Settings, load_settings


def settings_for(kafka: str, home: Path) -> Settings:
    """Settings of a broker that has the topics."""
    settings = load_settings(write_settings(home / "microseg.toml", {"broker": kafka}), {})
    prepare(settings)
    return settings


def record(user: str, seq: int, entered: Sequence[str], exited: Sequence[str], segments: Sequence[str]) -> bytes:
    """One change; its instant is ``seq`` seconds after an hour."""
    body = {
        "user": user,
        "seq": seq,
        "at": f"2026-05-01T05:{seq // 60:02}:{seq % 60:02}.000Z",
        "entered": sorted(entered),
        "exited": sorted(exited),
        "segments": sorted(segments),
        "rules": "9f2c51d0a7be",
        "cause": {"kind": "event", "id": f"e{seq}"},
        "why": {},
    }
    return orjson.dumps(body)


def publish(kafka: str, values: Sequence[tuple[str, bytes | None]], *, commit: bool = True) -> None:
    """Writes records by customer in one transaction; None is a tombstone."""
    producer = Producer(
        {
            "bootstrap.servers": kafka,
            "transactional.id": f"test-{uuid.uuid4().hex}",
            "partitioner": "murmur2_random",
            "compression.type": "lz4",  # as workers do
            "log_level": 3,
        }
    )
    producer.init_transactions(30)
    producer.begin_transaction()
    for user, value in values:
        producer.produce("segment-memberships", value, user.encode())
        producer.poll(0)
    producer.flush(30)
    if commit:
        producer.commit_transaction(30)
    else:
        producer.abort_transaction(30)


class Course:
    """A customer's records one after the other, and where they stand."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.seq = 0
        self.segments: list[str] = []

    def to(self, *segments: str) -> tuple[str, bytes]:
        """They move to exactly these segments."""
        before, self.segments = self.segments, sorted(segments)
        self.seq += 1
        entered, exited = {*segments} - {*before}, {*before} - {*segments}
        return self.user, record(self.user, self.seq, [*entered], [*exited], segments)

    def drawn(self, arm: str, *segments: str) -> tuple[str, bytes]:
        """They move to these segments and are in this arm of the trial of "b" against "a"; ``""``: of none any more."""
        user, raw = self.to(*segments)
        withheld = {"treatment": ["a"], "control": ["b"], "holdout": ["a", "b"]}.get(arm, [])
        said = {"arms": {"b": arm}, "withheld": [one for one in withheld if one in segments]} if arm else {}
        return user, orjson.dumps({**orjson.loads(raw), **said})

    def erased(self) -> tuple[str, None]:
        """They are erased; the numbers go on."""
        self.segments = []
        return self.user, None
