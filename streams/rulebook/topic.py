"""The topic ``segment-rules``: one partition, compacted; the newest record under an application's name is its rules."""

from __future__ import annotations

import time
from contextlib import suppress

from confluent_kafka import (
    OFFSET_BEGINNING,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from streams.errors import MicrosegError
from streams.rulebook.edition import Edition, edition_of
from streams.settings import Settings
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_BYTES

POLL_SECONDS = 0.2
SEND_SECONDS = 20.0
ASK_SECONDS = 2.0


class RulebookError(MicrosegError):
    """The topic of rules could not be read or written."""


class NoEdition(RulebookError):
    """The newest record under the application's name is no rule set; somebody else wrote it."""


class RuleReader:
    """Reads an application's rules: a consumer of its own, in no group. Its methods block; one thread at a time."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic, self._key = topic, settings.application.encode()
        self._wait_s = settings.broker_wait_ms / 1000
        config = librdkafka_config(
            settings,
            group_id=f"{settings.application}-rules",  # a name that librdkafka wants; the group is never joined
            enable_auto_commit=False,
            enable_partition_eof=True,
            auto_offset_reset="earliest",
            fetch_wait_max_ms=100,
        )
        self._consumer = Consumer(config, logger=librdkafka_log)
        _introduce(self._consumer, topic)
        self._consumer.assign([TopicPartition(topic, 0, OFFSET_BEGINNING)])

    def to_end(self) -> Edition | None:
        """The newest edition that is there by now; None: none was ever published, or it was taken back (a tombstone).

        Raises:
            RulebookError: the broker does not answer within ``broker_wait``.
            NoEdition: the newest record makes no sense.
        """
        newest: Message | None = None
        deadline = time.monotonic() + self._wait_s
        while time.monotonic() < deadline:
            message = self._consumer.poll(POLL_SECONDS)
            if message is None:
                continue
            error = message.error()
            if error is None:
                newest = message if message.key() == self._key else newest
            elif error.code() == KafkaError._PARTITION_EOF:
                return self._edition(newest) if newest is not None else None
        raise RulebookError(f"the rules in the topic {self._topic} could not be read within {self._wait_s:g} s")

    def poll(self, seconds: float) -> Edition | None:
        """The next edition, if one comes within so many seconds; raises NoEdition where it makes no sense."""
        message = self._consumer.poll(seconds)
        if message is None or message.error() is not None or message.key() != self._key:
            return None
        return self._edition(message)

    def close(self) -> None:
        """Lets the broker go."""
        self._consumer.close()

    def _edition(self, message: Message) -> Edition | None:
        value = message.value()
        if value is None:
            return None
        try:
            return edition_of(value)
        except ValueError as error:
            place = f"{self._topic}, offset {message.offset()}"
            raise NoEdition(f"{place}: no rule set: {error}; publish one with microseg plan --apply") from error


def _introduce(client: Consumer | Producer, topic: str) -> None:
    """Lets a new client ask for the topic's leader now: by itself it first waits for half a second."""
    with suppress(KafkaException):  # a broker that is away is told by what the client does next
        client.list_topics(topic, ASK_SECONDS)


def newest_edition(settings: Settings, topic: str) -> Edition | None:
    """The edition that is live, None before the first, or where the newest record is none; raises RulebookError."""
    reader = RuleReader(settings, topic)
    try:
        return reader.to_end()
    except NoEdition:
        return None  # what follows takes its place
    finally:
        reader.close()


def send_edition(settings: Settings, topic: str, edition: Edition) -> None:
    """Writes an edition; returns when the broker has it.

    Raises:
        RulebookError: it is not certain that it has.
    """
    config = librdkafka_config(settings, enable_idempotence=True, message_max_bytes=LARGEST_BYTES, linger_ms=0)
    producer = Producer(config, logger=librdkafka_log)
    failed: list[KafkaError] = []
    _introduce(producer, topic)
    try:
        producer.produce(
            topic,
            edition.to_bytes(),
            settings.application.encode(),
            0,
            on_delivery=lambda error, _: failed.append(error) if error else None,
        )
    except (KafkaException, BufferError) as error:
        raise RulebookError(f"the rules could not be published to {topic}: {error}") from error
    if producer.flush(SEND_SECONDS) or failed:
        reason = failed[0].str() if failed else "the broker does not answer"
        raise RulebookError(f"the rules could not be published to {topic}: {reason}")
