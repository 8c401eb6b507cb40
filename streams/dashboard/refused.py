"""Refused events by their reason, with samples."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of
from streams.events.instants import stamp
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_BYTES, REFUSED

Json = dict[str, Any]
#: Of each partition the newest so many are looked at.
NEWEST = 500
MOST_REASONS, MOST_SAMPLES, LONGEST_SAMPLE = 50, 3, 2_000
ASK_SECONDS = 5.0


def refused_page(settings: Settings) -> Json:
    """``total``: how many there are (about, where they are many); ``read``: how many were looked at; ``reasons``: the
    most frequent first.

    Raises:
        ClientError: the broker does not answer.
    """
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-refused",  # a name that librdkafka wants; the group is never joined
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_wait_max_ms=50,
        fetch_message_max_bytes=LARGEST_BYTES,
    )
    consumer = Consumer(config, logger=librdkafka_log)
    try:
        total, records = _newest(consumer, partitions_of(settings, REFUSED))
    except KafkaException as error:
        raise ClientError(f"cannot read {REFUSED}: {kafka_error(error).str()}") from error
    finally:
        consumer.close()
    return {"total": total, "read": len(records), "reasons": reasons_of(records)}


def _newest(consumer: Consumer, numbers: Iterable[int]) -> tuple[int, list[tuple[int, bytes]]]:
    """How many there are, and (instant in ms, value) of the newest of each partition, the newest first.

    Transactions take offsets, too: of those that are not read as many are taken for events as of those that are.
    """
    found: list[tuple[int, bytes]] = []
    total, ends = 0, {}
    for number in numbers:
        low, high = consumer.get_watermark_offsets(TopicPartition(REFUSED, number), ASK_SECONDS)
        total += high - low
        if high > low:
            ends[number] = (max(low, high - NEWEST), high)
    consumer.assign([TopicPartition(REFUSED, number, first) for number, (first, _) in ends.items()])
    places = [TopicPartition(REFUSED, number) for number in ends]
    silent = 0
    while silent < ASK_SECONDS * 10 and any(one.offset < ends[one.partition][1] for one in consumer.position(places)):
        messages = consumer.consume(NEWEST, 0.1)
        silent = 0 if messages else silent + 1
        for message in messages:
            if (error := message.error()) is not None:
                raise KafkaException(error)
            found.append((message.timestamp()[1], message.value() or b""))
    looked_at = sum(high - first for first, high in ends.values())
    return round(total * len(found) / max(1, looked_at)), sorted(found, key=lambda one: -one[0])


def reasons_of(records: Iterable[tuple[int, bytes]]) -> list[Json]:
    """Reasons with how often and a few samples each, the most frequent first."""
    found: dict[str, Json] = {}
    for at_ms, value in records:
        try:
            said: Json = json.loads(value)
            reason = str(said["reason"])
        except (ValueError, KeyError, TypeError):
            said, reason = {}, "this record is none of a refused event"
        one = found.setdefault(reason, {"reason": reason, "count": 0, "samples": []})
        one["count"] += 1
        if len(one["samples"]) < MOST_SAMPLES:
            one["samples"].append(_sample(at_ms, said))
    return sorted(found.values(), key=lambda one: (-one["count"], one["reason"]))[:MOST_REASONS]


def _sample(at_ms: int, said: Json) -> Json:
    place = {name: said.get(name) for name in ("topic", "partition", "offset")}
    return {**place, "at": stamp(max(0, at_ms)), "text": _text(said)[:LONGEST_SAMPLE]}


def _text(said: Json) -> str:
    """The raw value as text, as far as it is some."""
    try:
        raw = base64.b64decode(said["raw_base64"]) if "raw_base64" in said else b""
    except (ValueError, TypeError):
        raw = b""
    return str(said.get("raw") or "") or raw.decode(errors="replace")
