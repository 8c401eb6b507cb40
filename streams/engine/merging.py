"""Merges, where events come in order of time: ids that are one customer, and the facts of one id put to another's.

At a merge's instant the survivor is judged once, with the facts of both and all events of that instant; the absorbed id
is forgotten at it, which takes it out of everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from streams.engine.consent import OWN, refusal
from streams.engine.merged import through
from streams.engine.partition import Partition
from streams.engine.step import Times
from streams.events.native import Erase, Event, Merge
from streams.intake.collected import Step
from streams.rows.arena import ERASED, Rows
from streams.rows.batch import B_AT, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.layout import ACTION_MASK, FLAG_SHIFT, LONG_AGO, RESUBSCRIBED, UNSUBSCRIBED
from streams.rows.parts import consents
from streams.rows.rebatch import held, joined
from streams.rows.tables import FREE


class Survivors:
    """Which customer an id is, after the merges so far."""

    def __init__(self) -> None:
        self._into: dict[str, str] = {}

    def of(self, user: str) -> str:
        """The surviving id."""
        while user in self._into:
            user = self._into[user]
        return user

    def take(self, merges: Iterable[Merge]) -> dict[str, str]:
        """Merges of one instant; the customers that were absorbed, and by whom."""
        absorbed = []
        for merge in sorted(merges, key=lambda merge: str(merge.id)):
            survivor, source = self.of(str(merge.user)), self.of(str(merge.source))
            if survivor != source:
                self._into[source] = survivor
                absorbed.append(source)
        return {source: self.of(source) for source in absorbed}


class Merging:
    """Folds the events of a partition whose customers may be merged; ``numbers``: what steps call the customers.

    Steps must come in order of time.
    """

    def __init__(self, partition: Partition, numbers: Mapping[str, int]) -> None:
        self._partition = partition
        self._encoder = Encoder(partition.machine.names)
        self._survivors = Survivors()
        self._numbers, self._users = numbers, list(numbers)
        self._rows = np.full(
            len(numbers), FREE, np.int64
        )  # FREE: of whom there was no event since they are who they are
        self._members: dict[str, list[int]] = {}

    def take(self, step: Step) -> None:
        """Fold the next events."""
        (batch, id_of), absorbed = step[:2], self._survivors.take(step.merges)
        if absorbed:
            self._note(absorbed)
            survivors = set(absorbed.values())
            users = map(self._users.__getitem__, batch.events[:, B_ROW].tolist())
            theirs = np.array([self._survivors.of(user) in survivors for user in users])
            self._join(absorbed, Batch(batch.events[theirs], batch.records))
            id_of = through(id_of, np.flatnonzero(~theirs))
            batch = Batch(batch.events[~theirs], batch.records)
        self._find_rows(batch)
        self._partition.fold_batch(batch, id_of)

    def _note(self, absorbed: Mapping[str, str]) -> None:
        """From now on the events of the absorbed customers are the survivors'."""
        for source, to in absorbed.items():
            numbers = self._members.pop(source, [])
            if source in self._numbers:
                numbers.append(self._numbers[source])
            self._rows[numbers] = FREE
            self._members.setdefault(to, []).extend(numbers)

    def _find_rows(self, batch: Batch) -> None:
        """Put the customers' rows in place of their numbers; new customers get one."""
        numbers = batch.events[:, B_ROW]
        new = list(dict.fromkeys(numbers[self._rows[numbers] == FREE].tolist()))
        if new:
            self._rows[new] = self._partition.known_customers(self._survivors.of(self._users[number]) for number in new)
        batch.events[:, B_ROW] = self._rows[numbers]

    def _join(self, absorbed: Mapping[str, str], batch: Batch) -> None:
        """Put the facts of the absorbed customers to those of the survivors, who have these events at the same
        instant."""
        partition = self._partition
        at_ms = int(batch.events[0, B_AT])
        partition.advance_to(at_ms - 1)
        self._find_rows(batch)
        mine = batch.events[:, B_ROW].tolist()
        gone = zip(map(partition.row_of, absorbed), partition.known_customers(absorbed.values()), strict=True)
        moved = [(row, to) for row, to in gone if row is not None]
        rows = partition.machine.rows
        refusing = {to for row, to in moved if _refuses(rows, row)} | {row for row in mine if _refuses(rows, row)}
        for source, to in absorbed.items():
            partition.identity.note(source, to, at_ms)
        forgotten = [(_forgotten(at_ms), row) for row, _ in moved]
        said = [*forgotten, *((refusal(at_ms), row) for row in sorted(refusing))]
        encoded = self._encoder.encode([event for event, _ in said], [row for _, row in said])
        self._fold(joined([*(held(rows, row, to) for row, to in moved), encoded, batch]), at_ms, mine)

    def _fold(self, batch: Batch, at_ms: int, survivors: Sequence[int]) -> None:
        """Fold events, of which none is later than an instant, as one step: each customer is judged once, at it.

        Of the survivors' rows their own erasures concern only what they had themselves.
        """
        machine, publisher = self._partition.machine, self._partition.publisher
        erased = machine.rows.head[survivors, ERASED]
        machine.rows.head[survivors, ERASED] = LONG_AGO
        publisher.cause = b'{"kind":"merge"}'
        times = Times(wall=1, now=at_ms, late=at_ms, max_facts=self._partition.policy.max_facts)
        publisher.drain(machine.fold(batch, times))
        publisher.cause = None
        head = machine.rows.head
        head[survivors, ERASED] = np.maximum(head[survivors, ERASED], erased)


def _refuses(rows: Rows, row: int) -> bool:
    """Whether the last word of a customer who did not complain is that they want no mail."""
    actions = consents(rows, row)[:, 0] >> FLAG_SHIFT & ACTION_MASK
    said = actions[(actions == UNSUBSCRIBED) | (actions == RESUBSCRIBED)]
    return len(said) > 0 and bool(said[-1] == UNSUBSCRIBED)


def _forgotten(at_ms: int) -> Event:
    return Erase(at=at_ms, id=f"{OWN}{at_ms}")
