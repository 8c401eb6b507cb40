"""Records of the shop's own topics in, what is to be written out: a pure function of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from streams.clients.routes import Routes
from streams.dialects.translate import Translator
from streams.dialects.words import Record, Shop
from streams.events.decode import refused_record
from streams.ingest.counts import OTHERS, Counts
from streams.settings import Settings

#: Of a refused value that no topic could take whole, so much is kept.
LARGEST_RAW_BYTES = 4 << 20


class Message(NamedTuple):
    """A record and where it lies."""

    record: Record
    topic: str
    partition: int
    offset: int


class Written(NamedTuple):
    """A record to write: it goes to the partition that the key has."""

    topic: str
    key: bytes | None
    value: bytes


class Translating:
    """The dialects of the shop's topics, and where events go."""

    def __init__(self, settings: Settings, refused: str, shop: Shop) -> None:
        self._translators = {one.name: Translator(one.dialect, shop) for one in settings.foreign}
        self._dialects = {one.name: one.dialect for one in settings.foreign}
        self._topics: Mapping[str, str] = Routes(settings).by_type()
        self._else = settings.topics.profiles.name  # a native record of no known type: the worker refuses it
        self._refused = refused

    def batch(self, messages: Sequence[Message]) -> tuple[list[Written], Counts]:
        """What is to be written, in order, and what became of the records."""
        found: list[Written] = []
        counts = Counts(records=len(messages))
        events, topics = counts.events, self._topics
        translators, other, dumps, write = self._translators, self._else, orjson.dumps, found.append
        for message in messages:
            for part in translators[message.topic].parts(message.record):
                for event in part.events:
                    kind, user = event.get("type"), event.get("user")
                    kind = kind if kind.__class__ is str and kind in topics else OTHERS
                    key = user.encode() if user.__class__ is str else str(user or "").encode()
                    write(Written(topics.get(kind, other), key, dumps(event)))
                    events[kind] += 1
                if part.skipped is not None:
                    counts.skip(part.skipped)
                elif part.refused is not None:
                    counts.refused += 1
                    found.append(self._refusal(message, part.refused, part.raw))
        return found, counts

    def _refusal(self, message: Message, reason: str, part: bytes | None) -> Written:
        record, topic, partition, offset = message
        raw = record.value if part is None else part
        raw = raw if raw is None else raw[:LARGEST_RAW_BYTES]
        dialect = self._dialects[topic]
        value = refused_record(reason, topic, partition, offset, record.key, raw, dialect)
        return Written(self._refused, record.key, value)
