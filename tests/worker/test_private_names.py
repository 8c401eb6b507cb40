"""The transport and the opening touch private names of Faust, mode and aiokafka: this fails loudly when they change.

When it does: read the new sources of what is named here, adapt ``streams/worker/transport.py`` and ``opening.py``, and
run ``test_exactness.py`` many times before the versions in pyproject.toml are moved.
"""

from __future__ import annotations

import inspect
from importlib.metadata import version
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher, PartitionRecords
from aiokafka.consumer.subscription_state import TopicPartitionState
from faust import App
from faust.tables.manager import TableManager
from faust.topics import Topic
from faust.transport.consumer import Consumer as AnyConsumer
from faust.transport.consumer import Fetcher as FaustFetcher
from faust.transport.drivers import aiokafka as driver

SIGNATURES = [
    (Topic, "_compile_decode", "(self)"),
    (App, "_new_transport", "(self)"),
    (App, "_crash", "(self, reason)"),
    (driver.AIOKafkaConsumerThread, "_create_worker_consumer", "(self, transport)"),
    (driver.AIOKafkaConsumerThread, "_seek_wait", "(self, consumer, partitions)"),
    (
        driver.AIOKafkaConsumerThread,
        "_fetch_records",
        "(self, consumer, active_partitions, timeout=None, max_records=None)",
    ),
    (driver.AIOKafkaConsumerThread, "_ensure_consumer", "(self)"),
    (driver.Consumer, "_new_consumer_thread", "(self)"),
    (driver.Consumer, "_getmany", "(self, active_partitions, timeout)"),
    (AnyConsumer, "_get_active_partitions", "(self)"),
    (AnyConsumer, "_drain_messages", "(self, fetcher)"),
    (AnyConsumer, "getmany", "(self, timeout)"),
    (AnyConsumer, "perform_seek", "(self)"),
    (TableManager, "_update_channels", "(self)"),
    (TableManager, "on_start", "(self)"),
    (Fetcher, "fetched_records", "(self, partitions, timeout=0, max_records=None)"),
]

USES = [
    (driver.AIOKafkaConsumerThread._create_worker_consumer, ["isolation_level=isolation_level", "fetch_max_wait_ms="]),
    (driver.AIOKafkaConsumerThread._seek_wait, ["consumer.seek(tp, offset)"]),
    (AIOKafkaConsumer.__init__, ["self._isolation_level = ", "self._fetch_max_wait_ms = ", "self._subscription = "]),
    (AIOKafkaConsumer.start, ["isolation_level=self._isolation_level", "fetch_max_wait_ms=self._fetch_max_wait_ms"]),
    (TopicPartitionState.__init__, ["self._position = ", "self.lso = "]),
    (driver.AIOKafkaConsumerThread._ensure_consumer, ["self._consumer"]),
    (Fetcher._proc_fetch_request, ["= PartitionRecords("]),
    (PartitionRecords._unpack_records, ["= self._consumer_record(tp, record)"]),
    (FaustFetcher, ["consumer._drain_messages(self)"]),
    (TableManager.on_rebalance, ["self.recovery.on_rebalance", "assigned, revoked, newly_assigned, generation_id"]),
    (TableManager.on_partitions_revoked, ["self.recovery.on_partitions_revoked"]),
    (TableManager.wait_until_recovery_completed, ["self.recovery.completed"]),
    (App._on_partitions_revoked, ["self.tables.on_partitions_revoked", "self.on_partitions_revoked.send"]),
    (App._on_partitions_assigned, ["consumer.pause_partitions", "self.tables.on_rebalance"]),
]


def plain(function: Any) -> str:
    """A signature without its annotations."""
    parameters = inspect.signature(function).parameters.values()
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(bare))


def test_versions() -> None:
    assert (version("faust-streaming"), version("aiokafka")) == ("0.15.3", "0.14.0")


@pytest.mark.parametrize(("owner", "name", "signature"), SIGNATURES)
def test_signature(owner: type, name: str, signature: str) -> None:
    assert plain(inspect.unwrap(getattr(owner, name))) == signature


@pytest.mark.parametrize(("function", "lines"), USES)
def test_what_is_relied_upon(function: Any, lines: list[str]) -> None:
    source = inspect.getsource(function)
    assert [line for line in lines if line not in source] == []
