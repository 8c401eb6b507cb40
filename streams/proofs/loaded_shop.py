"""A shop with any number of loaded customers, as the changelogs of a worker hold it.

Folding eleven million events takes minutes, and a row does not hold the id of its customer. So the events of one shop
are folded once, and its rows are copied under other ids, each to the partition that is that id's home.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.events.decode import Refusal, decode_event
from streams.events.native import Event
from streams.proofs.ground import ProofError
from streams.rows.home import home_partition
from streams.rules.compile import Program

_CHUNK = 20_000


class Row(NamedTuple):
    """A record of a changelog."""

    key: bytes
    value: bytes | None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class LoadedShop:
    """The changelog of each partition: ``inner``, what all of them hold beside rows, and its customers' rows."""

    inner: list[Row]
    rows: list[list[Row]]

    def partitions(self, program: Program, policy: Policy, now_ms: int) -> list[Partition]:
        """All partitions, restored and open."""
        made = []
        for number, rows in enumerate(self.rows):
            partition = Partition(number, len(self.rows), program, policy)
            partition.restore(self.inner)
            partition.restore(rows)
            partition.open(now_ms)
            made.append(partition)
        return made

    def users(self) -> list[str]:
        """All customers."""
        return [row.key.decode() for rows in self.rows for row in rows]


def loaded_shop(
    lines: Iterable[bytes], program: Program, policy: Policy, now_ms: int, customers: int, partitions: int
) -> LoadedShop:
    """The shop of some events, moved in time so that the last has just happened, with so many customers.

    Raises:
        ProofError: an event is refused, or there is none.
    """
    events = _moved(lines, now_ms)
    first = Partition(0, 1, program, policy)
    first.open(now_ms)
    for start in range(0, len(events), _CHUNK):
        first.fold_events(events[start : start + _CHUNK], now_ms)
    taken = [Row(*pair) for pair in first.take().rows]
    inner = [row for row in taken if row.key[:1] == b"\0"]
    return LoadedShop(inner, _copied([row for row in taken if row.key[:1] != b"\0"], customers, partitions))


def _moved(lines: Iterable[bytes], now_ms: int) -> list[Event]:
    events = []
    for line in lines:
        event = decode_event(line.strip())
        if isinstance(event, Refusal):
            raise ProofError(f"an event is refused: {event.reason}")
        events.append(event)
    if not events:
        raise ProofError("there are no events to make customers of")
    ahead_ms = now_ms - max(int(event.at) for event in events)
    for event in events:
        event.at = int(event.at) + ahead_ms
    return events


def _copied(rows: list[Row], customers: int, partitions: int) -> list[list[Row]]:
    homes: list[list[Row]] = [[] for _ in range(partitions)]
    for number in range(customers):
        copy, which = divmod(number, len(rows))
        key = rows[which].key + b"-%d" % copy
        homes[home_partition(key.decode(), partitions)].append(Row(key, rows[which].value))
    return homes
