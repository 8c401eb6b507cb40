"""One round at a time in all the cluster: who holds the one partition of the topic in the consumer group may run it.

A process that dies, or is stopped for longer than the session, loses it; nobody takes it from one who lives, as the
group's partitions stay where they are (cooperative-sticky).
"""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Self

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.discovery.errors import RoundRunning, TurnLost
from streams.settings import Settings
from streams.survey.presence import anybody_in
from streams.worker.errors import kafka_error
from streams.worker.security import librdkafka_config

#: For so long one that was killed holds it. The broker is told of life by a thread of librdkafka's, which no computing
#: holds up.
SESSION_SECONDS = 30.0
#: How much longer than that the group may take.
GRACE_SECONDS = 15.0
_POLL_SECONDS = 0.2
RUNNING = "another round of discovery is running, here or elsewhere (one that was killed counts for {:g} s more)"


def is_taken(settings: Settings) -> bool:
    """Whether a round is running, or was killed within its session."""
    return anybody_in(settings, _group(settings)) is True


def _group(settings: Settings) -> str:
    return f"{settings.application}-discovery"


class Turn:
    """The right to run a round, as long as the context lasts.

    Raises:
        RoundRunning: another process has it, and lives.
        MicrosegError: the broker does not answer.
    """

    def __init__(self, settings: Settings, session_s: float = SESSION_SECONDS) -> None:
        self._settings, self._session_s = settings, session_s
        self._held, self._told, self._over = threading.Event(), threading.Event(), threading.Event()
        self._polled_s = time.monotonic()
        config = librdkafka_config(
            settings,
            group_id=_group(settings),
            partition_assignment_strategy="cooperative-sticky",
            session_timeout_ms=int(session_s * 1000),
            heartbeat_interval_ms=1_000,
            auto_offset_reset="latest",
            enable_auto_commit=False,
        )
        self._consumer = Consumer(config, logger=librdkafka_log)
        self._thread = threading.Thread(target=self._poll, name="discovery turn", daemon=True)

    def __enter__(self) -> Self:
        if is_taken(self._settings):  # not to be asked by joining: who leaves at once is long missed
            raise RoundRunning(RUNNING.format(self._session_s))
        topic = self._settings.rounds
        try:
            self._consumer.subscribe([topic], on_assign=self._take, on_revoke=self._lose, on_lost=self._lose)
        except KafkaException as error:
            raise ClientError(f"cannot take turns by {topic}: {kafka_error(error).str()}") from error
        self._thread.start()
        wait_s = self._session_s + GRACE_SECONDS
        if self._told.wait(wait_s) and self._held.is_set():
            return self
        told = self._told.is_set()
        self._leave()
        if told:
            raise RoundRunning(RUNNING.format(self._session_s))
        raise ClientError(f"the broker did not say within {wait_s:g} s whether another round of discovery runs")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def check(self) -> None:
        """Raises TurnLost where it is no longer certain that nobody else runs a round."""
        if not self._held.is_set() or self._was_stopped():
            raise TurnLost("this round of discovery was cut off from the broker for too long; it ends")

    def _leave(self) -> None:
        self._over.set()
        self._thread.join()

    def _poll(self) -> None:
        """Says to the group that this one lives, until it is over."""
        while not self._over.is_set():
            self._consumer.poll(_POLL_SECONDS)
            if self._was_stopped():  # the group may not have told it yet
                self._held.clear()
            self._polled_s = time.monotonic()
        self._consumer.close()

    def _was_stopped(self) -> bool:
        return time.monotonic() - self._polled_s > 0.8 * self._session_s

    def _take(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.incremental_assign(partitions)
        if partitions:
            self._held.set()
        self._told.set()

    def _lose(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        if partitions:
            self._held.clear()
