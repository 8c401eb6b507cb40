"""Chunks of records in, plain events out as a batch; the others are named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.events.decode import MAX_BYTES
from streams.intake.digests import DIGEST_SCRATCH
from streams.intake.fields import EVENT_TOKENS, ITEM_TOKENS
from streams.intake.orders import SHORTEST_ITEM
from streams.intake.plain import (
    P_ID,
    P_ID_LENGTH,
    P_RECORD,
    P_USER,
    P_USER_LENGTH,
    PLACES,
    Known,
    Plain,
    Scratch,
    read_plain,
)
from streams.intake.tokens import TOKEN
from streams.rows.batch import B_ROW, EVENT_WIDTH, Batch
from streams.rows.tables import FREE, Numbers

#: records of facts that an event makes at most, beside its items
_RECORDS = 2


class PlainEvents:
    """The plain events of a chunk. ``batch``: the row of a customer who has none yet is FREE. ``others``: which of the
    records are something else."""

    def __init__(self, joined: bytes, records: int, batch: Batch, places: NDArray[np.int64]) -> None:
        self._joined, self._places = joined, places
        self.batch = batch
        rest = np.ones(records, bool)
        rest[places[:, P_RECORD]] = False
        self.others: list[int] = np.flatnonzero(rest).tolist()

    def __len__(self) -> int:
        return len(self._places)

    def record(self, event: int) -> int:
        """Which of the records it is."""
        return int(self._places[event, P_RECORD])

    def records(self) -> NDArray[np.int64]:
        """Which of the records each of them is."""
        return self._places[:, P_RECORD]

    def id(self, event: int) -> str:
        """Its id."""
        return self._text(event, P_ID, P_ID_LENGTH)

    def user(self, event: int) -> str:
        """Its customer."""
        return self._text(event, P_USER, P_USER_LENGTH)

    def unknown(self) -> list[int]:
        """The events of customers who have no row yet."""
        found: list[int] = np.flatnonzero(self.batch.events[:, B_ROW] == FREE).tolist()
        return found

    def keep(self, which: NDArray[np.bool_]) -> None:
        """Drop the other events; they are not among ``others``."""
        self.batch = Batch(self.batch.events[which], self.batch.records)
        self._places = self._places[which]

    def _text(self, event: int, column: int, length: int) -> str:
        start = int(self._places[event, column])
        return self._joined[start : start + int(self._places[event, length])].decode()


class Reader:
    """Reads plain events; ``users`` and ``names`` are what they may name."""

    def __init__(self, users: Numbers, names: Numbers) -> None:
        self._users, self._names = users, names
        tokens, item_tokens = np.zeros((EVENT_TOKENS, TOKEN), np.int64), np.zeros((ITEM_TOKENS, TOKEN), np.int64)
        self._scratch = Scratch(tokens, item_tokens, np.zeros(DIGEST_SCRATCH, np.int64))

    def read(self, values: Sequence[bytes | None]) -> PlainEvents:
        """The plain events among the values of records."""
        whole = [value if value is not None and len(value) <= MAX_BYTES else b"" for value in values]
        joined, most = b"".join(whole), len(whole)
        ends = np.cumsum(np.fromiter(map(len, whole), np.int64, most))
        records = np.empty((_RECORDS * most + len(joined) // SHORTEST_ITEM, 3), np.int64)
        batch, places = Batch(np.empty((most, EVENT_WIDTH), np.int64), records), np.empty((most, PLACES), np.int64)
        known = Known(self._users.table, self._names.table)
        n, k = read_plain(np.frombuffer(joined, np.uint8), ends, known, self._scratch, Plain(batch, places))
        return PlainEvents(joined, most, Batch(batch.events[:n], records[:k]), places[:n])
