"""Sending events: keyed, each exactly once and in order, to the partition that is the customer's home."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from confluent_kafka import KafkaError, Message, Producer

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.settings import Settings
from streams.worker.security import librdkafka_config

#: How long an event may wait for a broker that is away.
PATIENCE_MS = 60_000
FULL_SECONDS = 0.1


class Sender:
    """An idempotent producer; leaving its context without an error waits until everything has arrived.

    Records carry no stamp of the event's time: Kafka's retention counts from their arrival. ``linger_ms`` is how long
    one waits for others to go with it.
    """

    def __init__(self, settings: Settings, linger_ms: int = 20) -> None:
        self._failure: KafkaError | None = None
        config = librdkafka_config(
            settings,
            enable_idempotence=True,
            partitioner="murmur2_random",  # Kafka's default; librdkafka's own would send customers elsewhere
            compression_type="lz4",
            linger_ms=linger_ms,
            message_timeout_ms=PATIENCE_MS,
            queue_buffering_max_messages=200_000,
            message_max_bytes=2 << 20,
            delivery_report_only_error=True,
        )
        self._producer = Producer({**config, "on_delivery": self._report}, logger=librdkafka_log)

    def send(self, topic: str, user: str, value: bytes) -> None:
        """Hands over one event of a customer.

        Raises:
            ClientError: an earlier one could not be delivered.
        """
        while True:
            try:
                self._producer.produce(topic, value, user.encode())
                return
            except BufferError:
                self.serve(FULL_SECONDS)

    def serve(self, seconds: float = 0.0) -> None:
        """Lets librdkafka report; raises ClientError if an event could not be delivered."""
        self._producer.poll(seconds)
        self._check()

    def flush(self) -> None:
        """Returns once everything has arrived.

        Raises:
            ClientError: an event could not be delivered, or the broker did not take all within a minute.
        """
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while self._producer.flush(0.5):
            self._check()
            if time.monotonic() > deadline:
                raise ClientError(f"the broker did not take {len(self._producer)} events within a minute")
        self._check()

    def _check(self) -> None:
        if self._failure is not None:
            raise ClientError(f"the broker did not take an event: {self._failure.str()}")

    def _report(self, error: KafkaError | None, _: Message) -> None:
        self._failure = self._failure or error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.flush()
        else:
            self._producer.purge()
