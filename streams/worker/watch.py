"""Notices when the broker is away: says so once, and ends the worker when it stays away."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]
from faust.types import TP

from streams.settings import Settings
from streams.worker.errors import AWAY, WorkerError, kafka_error
from streams.worker.logs import librdkafka_log, note
from streams.worker.security import librdkafka_config

BEAT_SECONDS = 1.0
ASK_SECONDS = 2.0
ENDS_SECONDS = 5.0


class BrokerWatch:
    """A client of its own whose connections tell whether the broker is there."""

    def __init__(self, settings: Settings, fail: Callable[[BaseException], None]) -> None:
        self.away = False
        self._broker = settings.broker
        self._wait_s = settings.broker_wait_ms / 1000
        self._fail = fail
        config = librdkafka_config(settings)
        config["error_cb"] = self._heard
        self._client = AdminClient(config, logger=librdkafka_log)

    async def run(self) -> None:
        """Watches until cancelled."""
        while True:
            self._client.poll(0)
            if self.away:
                await self._wait_for_it()
            await asyncio.sleep(BEAT_SECONDS)

    async def _wait_for_it(self) -> None:
        text = "the broker %s is away; trying for %g s"
        note("broker away", text, self._broker, self._wait_s, level=logging.WARNING, more={"broker": self._broker})
        began = time.monotonic()
        while not await asyncio.to_thread(self._answers):
            if time.monotonic() > began + self._wait_s:
                self._fail(WorkerError(f"the broker {self._broker} did not answer for {self._wait_s:g} s"))
                return
        self._client.poll(0)  # what was said of the outage meanwhile
        self.away = False
        note("broker back", "the broker is back", more={"seconds": round(time.monotonic() - began, 3)})

    def _answers(self) -> bool:
        try:
            self._client.list_topics(timeout=ASK_SECONDS)
        except KafkaException:
            return False
        return True

    def ends(self, partitions: Iterable[TP]) -> dict[TP, int] | None:
        """Where these end for a read-committed reader; None where the broker does not say, which, if it does not answer
        at all, counts as away. Blocks for some seconds."""
        latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        asked = {TopicPartition(*tp): latest for tp in partitions}
        if not asked:
            return {}
        try:
            told = self._client.list_offsets(
                asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=ENDS_SECONDS
            )
            return {TP(one.topic, one.partition): future.result().offset for one, future in told.items()}
        except KafkaException as error:
            self.away |= kafka_error(error).code() in AWAY
            return None

    def _heard(self, error: KafkaError) -> None:
        self.away |= error.code() == KafkaError._ALL_BROKERS_DOWN
