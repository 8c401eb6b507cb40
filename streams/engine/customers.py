"""Which row of a partition is whose."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from streams.engine.machine import Machine
from streams.engine.publish import Publisher
from streams.engine.restore import Restored, erased_key, erased_value
from streams.rows.tables import Numbers


class Customers:
    """Rows by customer: ``row_of``, and ``by_bytes`` for compiled code. ``erased``: the markers of those who were
    erased and had no event since (``restore``)."""

    def __init__(self, machine: Machine, publisher: Publisher) -> None:
        self.row_of: dict[str, int] = {}
        self.by_bytes = Numbers()
        self.erased: dict[bytes, bytes] = {}
        self._machine, self._publisher = machine, publisher
        self._new: list[tuple[str, int]] = []
        self._added = 0  # rows that ``settle`` is to append
        self._free: list[int] = []  # rows of the arena that are nobody's

    def restored(self, users: Sequence[str], erased: dict[bytes, bytes]) -> None:
        """From now on these are the customers, by their rows."""
        self._publisher.users = list(users)
        self.row_of = {user: row for row, user in enumerate(users)}
        for row, user in enumerate(users):
            self.by_bytes.add(user.encode(), row)
        self.erased = erased

    def here(self, user: str) -> bool:
        """Whether a customer has a row."""
        return user in self.row_of

    def fetch(self, users: Iterable[str]) -> None:
        """These customers are asked for next."""

    def row(self, user: str) -> int:
        """The row of a customer; one who has none gets it with ``settle``, which must follow."""
        row = self.row_of.get(user)
        if row is None:
            row = self.row_of[user] = self._room()
            self._new.append((user, row))
        return row

    def settle(self) -> None:
        """Make the rows of those who came since the last call."""
        new, self._new = self._new, []
        if not new:
            return
        self._machine.add_customers(self._added)
        self._publisher.users += [""] * self._added
        self._added = 0
        for user, row in new:
            self._publisher.users[row] = user
            self.by_bytes.add(user.encode(), row)
        for user, row in new if self.erased else ():
            if marker := self.erased.get(erased_key(user)):
                Restored.mark_erased(self._machine.rows, row, marker)

    def _room(self) -> int:
        if self._free:
            return self._free.pop()
        self._added += 1
        return self._machine.customers + self._added - 1

    def let_go(self, row: int) -> tuple[bytes, bytes | None]:
        """A customer whose facts are another's now; what the changelog is to hold of them."""
        user, self._publisher.users[row] = self._publisher.users[row], ""
        self.erased.pop(erased_key(user), None)
        del self.row_of[user]
        self.by_bytes.forget([user.encode()])
        return user.encode(), None

    def forget(self, row: int) -> list[tuple[bytes, bytes | None]]:
        """An erased customer with no later event: of the row only a marker under a digest of the id stays; what the
        changelog is to hold of them."""
        user, self._publisher.users[row] = self._publisher.users[row], ""
        key, marker = erased_key(user), erased_value(self._machine.rows, row)
        self.erased[key] = marker
        del self.row_of[user]
        self.by_bytes.forget([user.encode()])
        return [(user.encode(), None), (key, marker)]
