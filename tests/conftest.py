"""What many tests need: a real Kafka and a real Valkey, one of each for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

from streams.embedded.kafka import running_kafka
from streams.embedded.valkey import running_valkey

settings.register_profile("kernel", deadline=None)  # the first example may have the kernel compiled
settings.load_profile("kernel")


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The bootstrap address of a real broker; tests share it, so each uses topics and groups of its own names."""
    with running_kafka(tmp_path_factory.mktemp("kafka"), 0) as address:
        yield address


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The redis:// URL of a real Valkey; tests share it, so each uses keys of its own."""
    with running_valkey(tmp_path_factory.mktemp("valkey"), 0) as url:
        yield url


#: Folders whose tests take longest, which therefore come first: but behind those by which each of the processes has
#: compiled the kernel, since nothing that goes by the clock should run beside that.
SLOW = (
    *("laws", "faults", "worker", "tracking", "sinks", "recommend", "ingest", "survey", "rulebook", "proofs", "store"),
    *("demo", "browser", "dashboard", "discovery", "rounds", "docs"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The slow folders first, in their order; all else as it was collected."""
    items.sort(key=lambda item: next((n for n, name in enumerate(SLOW) if f"tests/{name}/" in item.nodeid), len(SLOW)))
