"""A shop with topics of its own for tests of ingest: its records, ingest processes, and what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from streams.dialects.words import Record
from tests.worker.shop import Logged, Shop, WorkerProcess, read_log


class ForeignShop(Shop):
    """One application whose topics ``NAME-SETTING`` have these dialects."""

    def __init__(self, broker: str, directory: Path, partitions: int = 4, **dialects: str) -> None:
        super().__init__(broker, directory, partitions)
        self.own = {setting: f"{self.name}-{setting}-own" for setting in dialects}
        self.create_topics(*self.own.values())
        for setting, dialect in dialects.items():
            self.environ[f"MICROSEG_TOPICS_{setting.upper()}_NAME"] = self.own[setting]
            self.environ[f"MICROSEG_TOPICS_{setting.upper()}_DIALECT"] = dialect
        self.environ.pop("MICROSEG_RULES")

    def stream(self, setting: str, records: Iterable[Record], **config: Any) -> None:
        """Produces records to one of the shop's own topics, keyed as they are, or not at all."""
        producer = Producer({"bootstrap.servers": self.broker, "linger.ms": 5, **config})
        for record in records:
            producer.produce(self.own[setting], record.value, record.key, headers=list(record.headers))
            producer.poll(0)
        assert producer.flush(30) == 0

    @contextmanager
    def ingest(self, *options: str, **environ: str) -> Iterator[WorkerProcess]:
        """An ingest process, killed at the end if it still runs."""
        command = [sys.executable, "-m", "streams.cli", "ingest", *options]
        process = WorkerProcess(command, {**self.environ, **environ})
        try:
            yield process
        finally:
            process.kill()

    def ingest_all(self, **environ: str) -> dict[str, Any]:
        """Runs ingest until everything is translated; what it told."""
        with self.ingest("--until-drained", "--json", **environ) as process:
            assert process.wait(60) == 0, process.said
            told: dict[str, Any] = json.loads(process.told)
            return told

    def native(self) -> list[Logged]:
        """Every committed record of the native topics."""
        return [one for topic in dict.fromkeys(self.topics.values()) for one in read_log(self.broker, topic)]
