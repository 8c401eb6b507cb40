"""What is behind a customer: their facts, and when they were in which segment by the rules that hold now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from streams.engine.alone import anew
from streams.engine.partition import Partition
from streams.engine.publish import Change, Publisher
from streams.rows.arena import KNOWN, NEXT_DUE
from streams.rows.retold import Fact, retold

#: (segment, from, to): instants in ms; to is None while they are in it.
Stay = tuple[str, int, int | None]


@dataclass(frozen=True, slots=True)
class Past:
    """``stays``: oldest first, as a replay of the facts under the rules of now has them; what was published under
    other rules, or came late, may differ. ``facts``: the newest first, ``total`` of them in the row."""

    stays: list[Stay]
    facts: list[Fact]
    total: int


def past_of(partition: Partition, user: str, now_ms: int, most: int) -> Past | None:
    """A customer's past up to an instant, with the newest ``most`` facts; None where they are unknown then."""
    row = partition.row_of(user)
    if row is None or int(partition.machine.rows.head[row, KNOWN]) > now_ms:
        return None
    found = [fact for fact in retold(partition.machine.rows, row, partition.machine.names) if fact["at_ms"] <= now_ms]
    machine = anew(partition, row, partition.program)
    publisher = Publisher(machine, tombstones=False)
    publisher.users = [""]
    machine.rows.stat[NEXT_DUE] = 0  # there may be something
    publisher.drain(machine.visit(0, now_ms, 1))
    return Past(stays_of(publisher.take()), found[:most], len(found))


def stays_of(changes: Iterable[Change]) -> list[Stay]:
    """The stays that one customer's changes, in order, tell of."""
    found: list[Stay] = []
    since: dict[str, int] = {}
    for change in changes:
        record = orjson.loads(change.value or b"{}")
        found += [(name, since.pop(name), change.at_ms) for name in record.get("exited", ()) if name in since]
        since.update(dict.fromkeys(record.get("entered", ()), change.at_ms))
    found += [(name, from_ms, None) for name, from_ms in since.items()]
    return sorted(found, key=lambda stay: (stay[1], stay[0]))
