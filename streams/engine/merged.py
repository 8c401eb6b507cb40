"""What comes for a survivor from an absorbed id's home, and what leaves an absorbed id's home for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.engine.api import Policy
from streams.engine.consent import OWN, refusal_ids, without
from streams.engine.customers import Customers
from streams.engine.histories import Histories
from streams.engine.joined import Edge, packed
from streams.engine.machine import Machine
from streams.engine.messages import Claim, Facts, MergeSaid
from streams.engine.publish import Change, Publisher
from streams.engine.restore import erased_key, erased_until
from streams.engine.step import Times
from streams.events.native import Erase, Event, Merge
from streams.rows.arena import DIRTY, ERASED, EVALUATED, KNOWN
from streams.rows.batch import B_AT, B_ID, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.ids import key_digest
from streams.rows.layout import AT_SHIFT, LONG_AGO, NEVER
from streams.rows.parts import facts
from streams.rows.portable import History, carried, uncarried
from streams.rows.rebatch import held
from streams.rows.rebatch import joined as joined_batches

_CAUSE = b'{"kind":"merge"}'
_NOTHING = History([], [], b"", b"")
#: Folds a batch whose event ids are told by a function, as anybody's events.
FoldPlain = Callable[[Batch, Callable[[int], str], int], None]


class Arrivals:
    """Takes facts and events in, and lets a customer go. ``fold`` takes what needs no more care than other events."""

    def __init__(
        self, machine: Machine, publisher: Publisher, customers: Customers, policy: Policy, fold: FoldPlain
    ) -> None:
        self.machine = machine
        self.histories = Histories(machine, publisher)
        self._gone: list[tuple[bytes, bytes | None]] = []  # changelog records of those who were let go
        self._publisher, self._customers, self._policy, self._fold = publisher, customers, policy, fold
        self._encoder = Encoder(machine.names)
        self._waiting: list[tuple[Event, int]] = []

    # -- a survivor

    def event(self, user: str, event: Event, edges: Sequence[tuple[int, int, int]], now_ms: int) -> None:
        """An event of a survivor, who was known by the event's own id before the last of these edges."""
        at_ms, found = int(event.at), [Edge(*edge) for edge in edges]
        row = self._customers.row_of.get(user)
        known = None if row is None else self.histories.of(row)
        if at_ms >= max([edge.at_ms for edge in found], default=0) and (known is None or at_ms >= known.last_ms()):
            if row is not None or at_ms > erased_until(self._customers.erased.get(erased_key(user))):
                self._waiting.append((event, self._row(user)))
            return
        self.settle(now_ms)
        row, member = self._row(user), key_digest(str(event.user))
        self.histories.learn(row, found)
        self._publisher.id_of = lambda _: str(event.id)
        batch = self._encoder.encode([event], [row])
        self.histories.fold(row, batch, [member], self._at_once(at_ms, now_ms))
        self._forget_unknown(row)

    def settle(self, now_ms: int) -> None:
        """Fold the events that waited to be folded together."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            events, rows = [event for event, _ in waiting], [row for _, row in waiting]
            self._fold(self._encoder.encode(events, rows), lambda place: str(events[place].id), now_ms)

    def divert(self, batch: Batch, id_of: Callable[[int], str], now_ms: int) -> NDArray[np.int64] | None:
        """Fold those of a batch's events that are dated before their customers' ids were one; the places of the others,
        or None: they are all."""
        late = self.histories.late(batch)
        if late is None:
            return None
        places = np.flatnonzero(late)
        for row in np.unique(batch.events[places, B_ROW]).tolist():
            mine = places[batch.events[places, B_ROW] == row]
            self._publisher.id_of = through(id_of, mine)
            part = _part(batch, mine)
            own, newest = key_digest(self._publisher.users[row]), int(part.events[:, B_AT].max())
            self.histories.fold(row, part, [own] * len(mine), self._at_once(newest, now_ms))
        return np.flatnonzero(~late)

    def join(self, message: Facts, origins: dict[int, NDArray[np.int64]], now_ms: int) -> None:
        """The facts of an absorbed id: those up to its merge are one step at that instant."""
        self.settle(now_ms)
        row = self._row(message.survivor)
        known = self.histories.learn(row, [Edge(*edge) for edge in message.edges])
        self._erase_whole(row, message, now_ms)
        absorbed = key_digest(message.absorbed)
        batch, members = self._moved(message, row, absorbed, origins)
        at_ms = known.since(absorbed)
        step = self._at_once(at_ms, now_ms)
        self._catch_up(row, step, at_ms)
        then = batch.events[:, B_AT] <= max(at_ms, step.late)
        self._publisher.cause = _CAUSE
        self.histories.fold(row, _part(batch, then), _those(members, then), step)
        self._publisher.cause = None
        self._later(_part(batch, ~then), _those(members, ~then), row, now_ms)
        self._forget_unknown(row)

    def _moved(
        self, message: Facts, row: int, absorbed: int, origins: dict[int, NDArray[np.int64]]
    ) -> tuple[Batch, list[int]]:
        """What moves, with the merge itself, and whose each event was."""
        merge = message.merge
        moved = uncarried(message.history, self.machine.names, row)
        whose = {tuple(one): member for member, ids in origins.items() for one in ids.tolist()}
        members = [whose.get((event[B_ID], event[B_ID + 1]), absorbed) for event in moved.events.tolist()]
        events: list[Event] = [_event(merge), *(Erase(at=at_ms, id=OWN) for at_ms in message.erased.values())]
        said = self._encoder.encode(events, [row] * len(events))
        return joined_batches([moved, said]), [*members, key_digest(merge.user), *message.erased]

    def _erase_whole(self, row: int, message: Facts, now_ms: int) -> None:
        """Erasures of the absorbed id since they have been one with the survivor are the survivor's."""
        known = self.histories.of(row)
        last_ms = known.last_ms() if known else LONG_AGO
        until_ms = max((at_ms for at_ms in message.erased.values() if at_ms >= last_ms), default=LONG_AGO)
        head = self.machine.rows.head[row]
        if until_ms <= head[ERASED]:
            return
        if head[KNOWN] == NEVER:
            head[ERASED] = until_ms
        else:
            self._publisher.cause = _CAUSE
            self._fold(self._encoder.encode([Erase(at=until_ms, id=OWN)], [row]), lambda _: OWN, now_ms)
            self._publisher.cause = None

    def _later(self, batch: Batch, members: Sequence[int], row: int, now_ms: int) -> None:
        """Facts of later than the merge, which were the absorbed id's when they came, one instant after the other."""
        for at_ms in np.unique(batch.events[:, B_AT]).tolist():
            mine = batch.events[:, B_AT] == at_ms
            self._publisher.cause = _CAUSE
            self.histories.fold(row, _part(batch, mine), _those(members, mine), self._usual(now_ms))
            self._publisher.cause = None

    # -- an absorbed id

    def let_go(self, claim: Claim, row: int | None, erased_ms: int, now_ms: int) -> Facts:
        """All facts of a customer, who leaves everything at the merge's instant and is forgotten; ``row`` of None:
        nobody knew them. Nothing may wait."""
        merge, absorbed = claim.merge, key_digest(claim.absorbed)
        history, edges = _NOTHING, [Edge(*edge) for edge in claim.edges]
        erased = {absorbed: erased_ms} if erased_ms != LONG_AGO else {}
        origins: dict[int, bytes] = {}
        if row is not None:
            batch = held(self.machine.rows, row, 0)
            if known := self.histories.of(row):
                edges += known.edges
                erased |= known.erased
                origins = packed(known.origins)
                batch = without(batch, refusal_ids({one.at_ms for one in known.edges}))
            history = carried(batch, self.machine.names)
            self._leave(row, merge.at_ms, now_ms)
        return Facts(claim.absorbed, claim.survivor, merge, [*edges], erased, origins, history)

    def _leave(self, row: int, at_ms: int, now_ms: int) -> None:
        if self.machine.rows.head[row, KNOWN] != NEVER:  # else they were just erased
            self._leave_all(row, at_ms, self._at_once(at_ms, now_ms))
        self.histories.forget(row)
        self.machine.rows.head[row, DIRTY] = 0
        self._gone.append(self._customers.let_go(row))

    def _leave_all(self, row: int, at_ms: int, step: Times) -> None:
        """All facts are erased; other than by an erasure it is told first which segments that costs."""
        self._catch_up(row, step, at_ms)
        rows, publisher, user = self.machine.rows, self._publisher, self._publisher.users[row]
        said = facts(rows, row)[:, 0] >> AT_SHIFT
        until_ms = max(at_ms, int(said.max(initial=0)), int(rows.head[row, ERASED]) + 1)
        batch = self._encoder.encode([Erase(at=until_ms, id=OWN)], [row])
        tombstones, publisher.tombstones, publisher.cause = publisher.tombstones, False, _CAUSE
        publisher.drain(self.machine.fold(batch, step._replace(late=until_ms)))
        publisher.tombstones, publisher.cause = tombstones, None
        judged_ms = int(self.machine.rows.head[row, EVALUATED])
        publisher.changes.append(Change(user.encode(), None, judged_ms))

    def take_fresh(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records since the last call."""
        gone, self._gone = self._gone, []
        return [*gone, *self.histories.take_fresh()]

    # -- how

    def _row(self, user: str) -> int:
        row = self._customers.row(user)
        self._customers.settle()
        return row

    def _forget_unknown(self, row: int) -> None:
        """All that came was forgotten already."""
        if self.machine.rows.head[row, KNOWN] == NEVER:
            self.machine.rows.head[row, DIRTY] = 1

    def _at_once(self, at_ms: int, now_ms: int) -> Times:
        """Events up to an instant are one step at it; where it is history they are at the clock's."""
        policy = self._policy
        if policy.clock != "wall":
            return Times(1, at_ms, at_ms, policy.max_facts)
        instant = now_ms if at_ms <= now_ms - policy.late_after_ms else min(at_ms, now_ms)
        return Times(1, instant, min(at_ms, now_ms), policy.max_facts)

    def _usual(self, now_ms: int) -> Times:
        policy = self._policy
        return Times(int(policy.clock == "wall"), now_ms, now_ms - policy.late_after_ms, policy.max_facts)

    def _catch_up(self, row: int, step: Times, at_ms: int) -> None:
        """Judge a customer at the boundaries that passed before an instant, unless it is history."""
        if step.now == at_ms and self.machine.rows.due[row] < at_ms:
            self._publisher.drain(self.machine.visit(row, at_ms - 1, 1))


def through(id_of: Callable[[int], str], places: NDArray[np.int64]) -> Callable[[int], str]:
    """The ids of those events of a batch that were at these places of another."""
    return lambda event: id_of(int(places[event]))


def _part(batch: Batch, which: NDArray[Any]) -> Batch:
    return Batch(batch.events[which], batch.records)


def _those(members: Sequence[int], which: NDArray[np.bool_]) -> list[int]:
    return [member for member, there in zip(members, which.tolist(), strict=True) if there]


def _event(merge: MergeSaid) -> Merge:
    return Merge(at=merge.at_ms, id=merge.id, user=merge.user, source=merge.source)
