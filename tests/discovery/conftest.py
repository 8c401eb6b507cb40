"""A small shop with hidden groups, made, replayed and searched once for all tests of discovery."""

from __future__ import annotations

import pytest

from streams.discovery.miner import Mined, mine
from streams.engine.partition import Partition
from streams.proofs.discovery_judge import partition_of
from streams.proofs.discovery_shop import Shop, shop


@pytest.fixture(scope="session")
def made() -> Shop:
    """The shop."""
    return shop(3_000, 100, seed=7)


@pytest.fixture(scope="session")
def partition(made: Shop) -> Partition:
    """Its customers."""
    return partition_of(made)


@pytest.fixture(scope="session")
def mined(made: Shop, partition: Partition) -> Mined:
    """What the search finds among them."""
    return mine(partition, made.asof_ms)
