"""What was read and is not yet told: a bounded number of items, each customer's in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from streams.sinks.delivery.book import merged
from streams.sinks.delivery.items import Item


@dataclass(slots=True, eq=False)
class Entry:
    """An item, and where its records begin and end; how often it was tried, how often of these it failed by itself, and
    when it is due again (ms)."""

    item: Item
    partition: int
    first: int
    last: int
    since_ms: int
    tries: int = 0
    fails: int = 0
    due_ms: int = 0


class Pending:
    """The items that are not yet told.

    Args:
        every: the items of a customer stay apart; else they become one.
    """

    def __init__(self, every: bool) -> None:
        self._every = every
        self._of: dict[str, deque[Entry]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def last(self, user: str) -> Entry | None:
        """A customer's newest."""
        waiting = self._of.get(user)
        return waiting[-1] if waiting else None

    def put(self, entry: Entry) -> None:
        """Behind what is there of the customer."""
        waiting = self._of.setdefault(entry.item.user, deque())
        if waiting and not self._every:
            old = waiting[-1]
            old.item, old.last = merged(old.item, entry.item), entry.last
        else:
            waiting.append(entry)
            self._count += 1

    def due(self, now_ms: int, most: int) -> list[Entry]:
        """The oldest items of as many customers, those that are due; after many failures fewer, so that one that fails
        takes few with it."""
        found: list[Entry] = []
        fails = 0
        for waiting in self._of.values():
            head = waiting[0]
            if head.due_ms > now_ms:
                continue
            if not found:
                most = max(1, most >> max(0, head.fails - 3))
                fails = max(3, head.fails)
            if max(3, head.fails) == fails:
                found.append(head)
                if len(found) >= most:
                    break
        return found

    def next_due_ms(self) -> int | None:
        """When the next item is due; None: there is none."""
        return min((waiting[0].due_ms for waiting in self._of.values()), default=None)

    def remove(self, entry: Entry) -> None:
        """An item that is told, the oldest of its customer."""
        waiting = self._of[entry.item.user]
        waiting.popleft()
        self._count -= 1
        if not waiting:
            del self._of[entry.item.user]

    def firsts(self) -> dict[int, int]:
        """Of each partition the least offset that is not yet told; NOWHERE where there are items of no record."""
        least: dict[int, int] = {}
        for entry in self._all():
            least[entry.partition] = min(entry.first, least.get(entry.partition, entry.first))
        return least

    def _all(self) -> Iterator[Entry]:
        for waiting in self._of.values():
            yield from waiting
