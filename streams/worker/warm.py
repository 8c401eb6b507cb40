"""Compiles the kernel before the worker joins its group, in which it would be missed while it compiles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Timer

from streams.worker.holding import PartitionState
from streams.worker.logs import log

#: A kernel from the cache is there within this time; one that is compiled takes up to a minute, and is told.
QUICK_SECONDS = 2.0
AT_MS = 946_684_800_000  # 2000-01-01T00:00:00Z
VIEW = '{"id":"1","type":"view","user":"u%d","at":%d,"product":"any"}'
ERASE = '{"id":"2","type":"erase","user":"u0","at":%d}'
#: As many customers as make the tables grow in which they are looked up.
CUSTOMERS = 1_000


@dataclass(slots=True)
class WarmRecord:
    """A record that no broker ever saw."""

    offset: int
    key: bytes | None
    value: bytes | None


def warm_up(make_partition: Callable[[int, int], PartitionState]) -> None:
    """Sends events and an erasure through a partition and its rows through another, both of which are thrown away."""
    telling = Timer(QUICK_SECONDS, log.info, ["compiling the kernel; the next start will find it on disk"])
    telling.daemon = True
    telling.start()
    first = make_partition(0, 1)
    first.open(AT_MS)
    events = [VIEW % (number, AT_MS) for number in range(CUSTOMERS)]
    for offset, said in enumerate((events, events, [ERASE % AT_MS])):  # a second time, as by then all is known
        first.fold("any", [WarmRecord(offset, None, one.encode()) for one in said], AT_MS)
    first.advance(AT_MS)
    second = make_partition(0, 1)
    second.restore([WarmRecord(offset, *row) for offset, row in enumerate(first.take().rows)])
    second.open(AT_MS)
    telling.cancel()
