"""Whose rows are in memory, where others are in a local store alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streams.engine.customers import Customers
from streams.engine.machine import Machine
from streams.engine.publish import Publisher
from streams.rows.arena import free_rows

if TYPE_CHECKING:
    from streams.engine.cold import Cold


class WarmCustomers(Customers):
    """Those in memory; ``cold`` brings the others when they are asked for."""

    def __init__(self, machine: Machine, publisher: Publisher) -> None:
        super().__init__(machine, publisher)
        self.cold: Cold | None = None
        self._unknown: set[str] = set()  # were looked for since the last ``fetch`` and not found

    def here(self, user: str) -> bool:
        """Whether a customer has a row, which is brought here."""
        if user not in self.row_of and user not in self._unknown:
            self._bring([user])
        return user in self.row_of

    def fetch(self, users: Iterable[str]) -> None:
        """Bring the rows of these customers, as far as they have any."""
        self._unknown.clear()
        self._bring(dict.fromkeys(user for user in users if user not in self.row_of))

    def leave(self, which: NDArray[np.int64]) -> None:
        """These rows leave the memory."""
        names = self._publisher.users
        users = [names[row] for row in which.tolist()]
        self.by_bytes.forget([user.encode() for user in users])
        for row, user in zip(which.tolist(), users, strict=True):
            names[row] = ""
            del self.row_of[user]
        self.free(which)

    def free(self, which: NDArray[np.int64]) -> None:
        """These rows are nobody's from now on."""
        free_rows(self._machine.rows, which)
        self._free += which.tolist()
        self._unknown.clear()

    def _bring(self, users: Iterable[str]) -> None:
        users = list(users)
        if users and self.cold is not None:
            self.cold.bring([user.encode() for user in users])
            self._unknown.update(user for user in users if user not in self.row_of)
