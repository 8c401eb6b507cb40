"""Records that came over HTTP on their way to Kafka: who sent them waits until the broker has them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, Message, Producer

from streams.jobs.errors import JobError
from streams.settings import Settings
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_INPUT_BYTES

#: Shopify waits five seconds for an answer.
PATIENCE_MS = 4_000
POLL_SECONDS = 0.1


class Away(Exception):
    """The broker has not taken a record in time; it may have it all the same."""


class Pressed(Exception):
    """Too much waits for the broker already."""


class Posted(NamedTuple):
    """A record for a topic of the shop's own."""

    topic: str
    key: bytes | None
    value: bytes
    headers: Sequence[tuple[str, bytes]] = ()


class Delivery:
    """A producer that answers when all replicas have a record; used from one event loop.

    A record that is sent again after an answer was lost is there twice, which its event's id makes one.
    """

    def __init__(self, settings: Settings) -> None:
        config = librdkafka_config(
            settings,
            acks="all",
            linger_ms=2,
            compression_type="lz4",
            message_timeout_ms=PATIENCE_MS,
            message_max_bytes=LARGEST_INPUT_BYTES,
            queue_buffering_max_messages=10_000,
        )
        self._producer = Producer(config, logger=librdkafka_log)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="delivery", daemon=True)
        self._thread.start()

    async def send(self, posted: Posted) -> None:
        """Returns once the broker has the record.

        Raises:
            Away: it has not within ``PATIENCE_MS``.
            Pressed: the queue is full.
            JobError: the broker refuses the record.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[KafkaError | None] = loop.create_future()

        def delivered(error: KafkaError | None, _: Message) -> None:
            loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(error))

        topic, key, value, headers = posted
        try:
            self._producer.produce(topic, value, key, headers=list(headers), on_delivery=delivered)
        except BufferError:
            raise Pressed from None
        error = await done
        if error is None:
            return
        if error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.TOPIC_AUTHORIZATION_FAILED):
            raise JobError(f"the broker refuses what is posted to {topic}: {error.str()}")
        raise Away

    def close(self) -> None:
        """Ends the thread; what still waits is dropped, and nobody was told that it had arrived."""
        self._ended.set()
        self._thread.join()

    def _poll(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(POLL_SECONDS)
