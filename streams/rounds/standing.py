"""All customers as their workers have them, out of the changelog."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from streams.clients.topics import partitions_of
from streams.clients.whole import read_whole
from streams.discovery.everyone import Everyone
from streams.engine.partition import Partition
from streams.errors import MicrosegError
from streams.rulebook.reading import folder_rules, program_of
from streams.rulebook.topic import newest_edition
from streams.settings import Settings
from streams.worker.topics import TopicNames

Tell = Callable[[str, int, int], None]
READING = "reading customers"
_AT_ONCE = 20_000


class Standing(NamedTuple):
    """Customers, and the instant (ms) as of which they are."""

    everyone: Everyone
    asof_ms: int


class _Row(NamedTuple):
    """A record of the changelog; where it lies does not matter here."""

    key: bytes
    value: bytes | None
    offset: int = 0


def standing(settings: Settings, now_ms: int, tell: Tell) -> Standing:
    """All customers at ``now_ms``, with ``clock = event`` at the newest event.

    Raises:
        MicrosegError: there is no changelog, the broker does not answer, or this program cannot read the rows.
    """
    names = TopicNames.of(settings)
    numbers = partitions_of(settings, names.changelog)
    edition = newest_edition(settings, names.rules)
    program = program_of(edition.files, settings) if edition else folder_rules(settings).program
    found = []
    for number in numbers:
        tell(READING, number, len(numbers))
        partition = Partition(number, len(numbers), program, settings.policy())
        rows = (_Row(*pair) for pair in read_whole(settings, names.changelog, [number]))
        _restore(partition, rows, now_ms, number)
        found.append(partition)
    tell(READING, len(numbers), len(numbers))
    if settings.clock == "wall":
        return Standing(Everyone(found), now_ms)
    asof_ms = max(one.machine.clock_ms() for one in found)
    for one in found:
        one.advance_to(asof_ms)
    return Standing(Everyone(found), asof_ms)


def _restore(partition: Partition, rows: Iterator[_Row], now_ms: int, number: int) -> None:
    try:
        while some := list(islice(rows, _AT_ONCE)):
            partition.restore(some)
        partition.open(now_ms)
    except ValueError as error:
        raise MicrosegError(f"the customers of partition {number} cannot be read: {error}") from error
