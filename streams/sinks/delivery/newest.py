"""Where everybody stands: of each customer the newest record of what is in the topic, so that nothing old is told."""

from __future__ import annotations

from collections.abc import Iterable

from streams.clients.changes import Arrived

Segments = frozenset[str]


class Newest:
    """Offsets of the newest records, and the segments that those before them touched; 200 bytes a customer."""

    def __init__(self) -> None:
        self._of: dict[str, tuple[int, Segments]] = {}
        self._shared: dict[Segments, Segments] = {}

    def learn(self, records: Iterable[Arrived], offsets: Iterable[int]) -> None:
        """Takes records of one partition in, in their order."""
        for arrived, offset in zip(records, offsets, strict=True):
            touched = self._of.get(arrived.user, (0, Segments()))[1]
            if (change := arrived.change) is not None:
                touched = touched.union(change.entered, change.exited, change.segments)
            self._of[arrived.user] = offset, self._shared.setdefault(touched, touched)

    def is_old(self, user: str, offset: int) -> bool:
        """Whether a newer record of the customer is known of."""
        return offset < self._of.get(user, (0, Segments()))[0]

    def touched(self, user: str) -> Segments:
        """What all of a customer's records touched."""
        return self._of.get(user, (0, Segments()))[1]
