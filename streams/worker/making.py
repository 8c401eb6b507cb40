"""The partitions of a worker, by its settings: all in memory, or with a local store."""

from __future__ import annotations

from importlib.metadata import version
from importlib.util import find_spec

from streams.engine.cold_partition import ColdPartition
from streams.engine.partition import Partition
from streams.rules.compile import Program
from streams.settings import Settings
from streams.store.in_memory import MemoryStore
from streams.worker.errors import WorkerError
from streams.worker.holding import MakePartition
from streams.worker.logs import log
from streams.worker.topics import changelog_facts

#: Few, so that the throwaway partitions do all that others do.
_FEW = 100


def partitions_of(settings: Settings) -> MakePartition:
    """Makes the partitions; raises WorkerError where what they need is not installed."""
    policy = settings.policy()
    if settings.store == "memory":
        return lambda number, partitions, program: Partition(number, partitions, program, policy)
    if find_spec("rocksdict") is None:
        raise WorkerError('store = "rocksdb" needs the package rocksdict: pip install "microseg[rocksdb]"')
    from streams.store.shelf import Changelog, Shelf

    root = settings.data_dir / settings.application / settings.worker
    shelf = Shelf(root, lambda: Changelog(*changelog_facts(settings)), log.warning)
    edition = version("microseg")

    def make(number: int, partitions: int, program: Program) -> Partition:
        store = shelf.store(number)
        return ColdPartition(number, partitions, program, policy, store, settings.cache_customers, edition)

    return make


def throwaways_of(settings: Settings) -> MakePartition:
    """Makes partitions that do the same, but leave nothing behind."""
    policy = settings.policy()
    if settings.store == "memory":
        return partitions_of(settings)
    return lambda number, partitions, program: ColdPartition(number, partitions, program, policy, MemoryStore(), _FEW)
