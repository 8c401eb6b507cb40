"""Merges, where events come in order of time: ids that are one customer, and the facts of one id put to another's.

At a merge's instant the survivor is judged once, with the facts of both and all events of that instant; the absorbed id
is forgotten at it, which takes it out of everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy

import numpy as np

from streams.engine.consent import OWN, refusal
from streams.engine.partition import Partition
from streams.engine.step import Times
from streams.events.native import Erase, Event, Merge
from streams.rows.arena import ERASED, Rows
from streams.rows.batch import Batch
from streams.rows.encode import Encoder
from streams.rows.layout import ACTION_MASK, FLAG_SHIFT, LONG_AGO, RESUBSCRIBED, UNSUBSCRIBED
from streams.rows.parts import consents
from streams.rows.rebatch import held, joined


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

    def events(self, events: Iterable[Event]) -> list[Event]:
        """The events, each as one of the surviving id."""
        return [self._of_survivor(event) for event in events] if self._into else list(events)

    def _of_survivor(self, event: Event) -> Event:
        survivor = self.of(str(event.user))
        if survivor != event.user:
            event = copy(event)
            event.user = survivor
        return event


class Merging:
    """Folds the events of a partition whose customers may be merged.

    They must come in order of time, all of an instant at which there is a merge in one call and alone.
    """

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self._encoder = Encoder(partition.machine.names)
        self._survivors = Survivors()

    def take(self, events: Sequence[Event]) -> None:
        """Fold the events of the next instants."""
        absorbed = self._survivors.take(event for event in events if event.__class__ is Merge)
        events = self._survivors.events(events)
        survivors = set(absorbed.values())
        if absorbed:
            self._join(absorbed, [event for event in events if event.user in survivors])
            events = [event for event in events if event.user not in survivors]
        self._partition.fold_events(events)

    def _join(self, absorbed: Mapping[str, str], events: list[Event]) -> None:
        """Put the facts of the absorbed customers to those of the survivors, who have these events at the same
        instant."""
        partition = self._partition
        at_ms = int(events[0].at)
        partition.advance_to(at_ms - 1)
        mine = [partition.known_customer(str(event.user)) for event in events]
        gone = [(partition.row_of(source), partition.known_customer(to)) for source, to in absorbed.items()]
        moved = [(row, to) for row, to in gone if row is not None]
        rows = partition.machine.rows
        refusing = {to for row, to in moved if _refuses(rows, row)} | {row for row in mine if _refuses(rows, row)}
        for source, to in absorbed.items():
            partition.identity.note(source, to, at_ms)
        forgotten = [(_forgotten(at_ms), row) for row, _ in moved]
        refusals = [(refusal(at_ms), row) for row in sorted(refusing)]
        said = [*forgotten, *refusals, *zip(events, mine, strict=True)]
        batch = self._encoder.encode([event for event, _ in said], [row for _, row in said])
        self._fold(joined([*(held(rows, row, to) for row, to in moved), batch]), at_ms, mine)

    def _fold(self, batch: Batch, at_ms: int, survivors: Sequence[int]) -> None:
        """Fold events, of which none is later than an instant, as one step: each customer is judged once, at it.

        Of the survivors' rows their own erasures concern only what they had themselves.
        """
        machine, publisher = self._partition.machine, self._partition.publisher
        erased = machine.rows.head[survivors, ERASED]
        machine.rows.head[survivors, ERASED] = LONG_AGO
        publisher.cause = {"kind": "merge"}
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
