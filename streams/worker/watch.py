"""Notices when the broker is away: says so once, and ends the worker when it stays away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from streams.settings import Settings
from streams.worker.errors import WorkerError
from streams.worker.logs import librdkafka_log, log
from streams.worker.security import librdkafka_config

BEAT_SECONDS = 1.0
ASK_SECONDS = 2.0


class BrokerWatch:
    """A client of its own whose connections tell whether the broker is there."""

    def __init__(self, settings: Settings, fail: Callable[[BaseException], None]) -> None:
        self._broker = settings.broker
        self._wait_s = settings.broker_wait_ms / 1000
        self._fail = fail
        self._away = False
        config = librdkafka_config(settings)
        config["error_cb"] = self._heard
        self._client = AdminClient(config, logger=librdkafka_log)

    async def run(self) -> None:
        """Watches until cancelled."""
        while True:
            self._client.poll(0)
            if self._away:
                await self._wait_for_it()
            await asyncio.sleep(BEAT_SECONDS)

    async def _wait_for_it(self) -> None:
        log.warning("the broker %s is away; trying for %g s", self._broker, self._wait_s)
        deadline = time.monotonic() + self._wait_s
        while not await asyncio.to_thread(self._answers):
            if time.monotonic() > deadline:
                self._fail(WorkerError(f"the broker {self._broker} did not answer for {self._wait_s:g} s"))
                return
        self._client.poll(0)  # what was said of the outage meanwhile
        self._away = False
        log.info("the broker is back")

    def _answers(self) -> bool:
        try:
            self._client.list_topics(timeout=ASK_SECONDS)
        except KafkaException:
            return False
        return True

    def _heard(self, error: KafkaError) -> None:
        self._away |= error.code() == KafkaError._ALL_BROKERS_DOWN
