"""Facts of several ids in one row: what is dated before they were one is folded here, all else as for anybody.

The kernel takes all that a row holds for one customer's. So an erasure of one id alone takes its facts out of the row
by hand, events that an erasure of another id does not concern are folded past it, and refusals are said again
(``consent``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from streams.engine.consent import refusals, speaks
from streams.engine.joined import Edge, Joined, Words, kept, unkept
from streams.engine.machine import Machine
from streams.engine.publish import Publisher
from streams.engine.step import Times
from streams.events.native import Email
from streams.rows.arena import COUNTS, DIRTY, ERASED, KNOWN, OFF, SIZE
from streams.rows.batch import B_AT, B_END, B_ERASE, B_FIRST, B_FORM, B_ID, B_REST, B_REST_END, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.ids import key_digest
from streams.rows.layout import (
    AT_SHIFT,
    DISCOUNT,
    FLAG_SHIFT,
    GROUP_OF_KIND,
    GROUPS,
    ID_FORMS,
    ID_LONG,
    ITEM,
    KIND_MASK,
    LONG_AGO,
    NEVER,
)
from streams.rows.parts import facts, rests
from streams.rows.rebatch import joined as joined_batches

#: keys of the changelog: a customer with facts of other ids
JOINED_PREFIX = b"\0j"
#: words of an id that no text has: of an event that says nothing but has its customer judged
_NO_ID = (0, 0, 0)


class Histories:
    """The customers of a partition who have facts of other ids, by row."""

    def __init__(self, machine: Machine, publisher: Publisher) -> None:
        self._machine, self._publisher = machine, publisher
        self._encoder = Encoder(machine.names)
        self._of: dict[int, Joined] = {}
        self._last = np.zeros(0, np.int64)  # by row: until when its ids were not all one
        self._changed: dict[int, None] = {}
        self._gone: list[tuple[bytes, bytes | None]] = []
        self._apart: dict[bytes, bytes] = {}  # of customers of whom nothing else is known, by key
        self._unsettled: set[int] = set()  # whose refusals are to be looked at again

    def of(self, row: int) -> Joined | None:
        """What is known of a customer; None: all is their own."""
        found = self._of.get(row)
        if found is None and self._apart and (value := self._apart.pop(self._key(row), None)):
            found = self._of[row] = unkept(key_digest(self._publisher.users[row]), value)
            self._note(row, found)
        return found

    def learn(self, row: int, edges: Iterable[Edge]) -> Joined:
        """Other ids are one with a customer."""
        found = self.of(row)
        if found is None:
            found = self._of[row] = Joined(key_digest(self._publisher.users[row]))
            self._note(row, found)
        if found.learn(edges):
            self._note(row, found)
            self._unsettled.add(row)
        return found

    def forget(self, row: int) -> None:
        """A customer is absorbed."""
        if self._of.pop(row, None) is not None:
            self._last[row] = LONG_AGO
            self._unsettled.discard(row)
            self._changed.pop(row, None)
            self._gone.append((self._key(row), None))

    def unknown(self, row: int) -> None:
        """Nothing is known of a customer any more; what was erased of other ids of theirs may still be on its way."""
        joined = self._of.get(row)
        self.forget(row)
        if joined is not None and joined.erased:
            joined.origins.clear()
            self._apart[self._key(row)] = kept(joined)
            self._gone.append((self._key(row), kept(joined)))

    def late(self, batch: Batch) -> NDArray[np.bool_] | None:
        """Which events are dated before their customer's ids were all one; None: none is."""
        if not self._of or not len(batch.events):
            return None
        rows = batch.events[:, B_ROW]
        self._make_room(int(rows.max()) + 1)
        found: NDArray[np.bool_] = batch.events[:, B_AT] < self._last[rows]
        return found if found.any() else None

    def fold(self, row: int, batch: Batch, members: Sequence[int], times: Times) -> None:
        """Fold events of a joined customer, of which event i is one of the id ``members[i]``; none of them is the
        erasure of the whole customer."""
        joined, head = self._of[row], self._machine.rows.head
        erases = bool(batch.events[:, B_ERASE].any())
        batch, members = self._bare(row, joined, batch, members)
        said = batch.events[:, B_END] > batch.events[:, B_FIRST]
        if not said.any() and not len(facts(self._machine.rows, row)):
            return  # they are unknown; and an event of no words would make them known
        fresh: list[Email] = []
        replaces = self._attribute(row, joined, batch, members)
        if replaces or erases or row in self._unsettled or speaks(batch):
            self._unsettled.discard(row)
            fresh = refusals(self._machine.rows, row, joined, batch, members)
        whole = joined_batches([batch, self._encoder.encode(list(fresh), [row] * len(fresh))]) if fresh else batch
        erased, head[row, ERASED] = int(head[row, ERASED]), LONG_AGO
        self._publisher.drain(self._machine.fold(whole, times))
        head = self._machine.rows.head
        head[row, ERASED] = erased
        head[row, KNOWN] = _first_ms(facts(self._machine.rows, row))

    def restore(self, row_of: dict[str, int], found: dict[bytes, bytes]) -> None:
        """Put back the changelog's records; raises ValueError."""
        self._apart = {key: value for key, value in found.items() if key.startswith(JOINED_PREFIX)}
        for value in self._apart.values():
            unkept(0, value)
        for row in range(len(row_of) if self._apart else 0):
            self.of(row)
        self._changed.clear()

    def take_fresh(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records since the last call."""
        fresh = self._gone + [(self._key(row), kept(self._of[row])) for row in self._changed]
        self._changed, self._gone = {}, []
        return fresh

    def fresh(self) -> int:
        """About how many there are."""
        return len(self._changed) + len(self._gone)

    def _key(self, row: int) -> bytes:
        """The changelog's key: a digest, as a customer may be unknown but for this."""
        return JOINED_PREFIX + blake2b(self._publisher.users[row].encode(), digest_size=16).digest()

    def _note(self, row: int, joined: Joined) -> None:
        self._make_room(row + 1)
        self._last[row] = joined.last_ms()
        self._changed[row] = None

    def _make_room(self, rows: int) -> None:
        if rows > len(self._last):
            more = np.full(2 * rows, LONG_AGO, np.int64)
            more[: len(self._last)] = self._last
            self._last = more

    def _bare(self, row: int, joined: Joined, batch: Batch, members: Sequence[int]) -> tuple[Batch, list[int]]:
        """The events without those that are forgotten; an erasure is carried out and says nothing any more."""
        table, head = batch.events.copy(), self._machine.rows.head
        erasures = np.flatnonzero(table[:, B_ERASE]).tolist()
        for event in erasures:
            self._erase(row, joined, members[event], int(table[event, B_AT]))
        table[erasures, B_ERASE] = 0
        table[erasures, B_REST_END] = table[erasures, B_REST]
        table[erasures, B_FORM : B_ID + 2] = _NO_ID
        erased, instants = int(head[row, ERASED]), table[:, B_AT].tolist()
        keep = [
            event in erasures or not joined.covers(member, at_ms, erased)
            for event, (member, at_ms) in enumerate(zip(members, instants, strict=True))
        ]
        stays = [member for member, stay in zip(members, keep, strict=True) if stay]
        return Batch(table[np.array(keep, bool)], batch.records), stays

    def _erase(self, row: int, joined: Joined, member: int, at_ms: int) -> None:
        """Take the facts of those who were one with an id up to its erasure out of the row."""
        rows, together, whose = self._machine.rows, joined.group(member, at_ms), joined.whose()
        self._changed[row] = None
        self._machine.unused.search(self._machine.names)
        if joined.own in together:
            rows.head[row, ERASED] = max(at_ms, int(rows.head[row, ERASED]))
        if member != joined.own:
            joined.note_erased(member, at_ms)
        keep, stays = [], True
        for word0, word1, word2 in facts(rows, row)[:, :3].tolist():
            if not ITEM <= word0 & KIND_MASK <= DISCOUNT:  # else it is a line of the order before it
                stays = word0 >> AT_SHIFT > at_ms or whose.get((word1, word2), joined.own) not in together
            keep.append(stays)
        _keep(self._machine, row, np.array(keep, bool))

    def _attribute(self, row: int, joined: Joined, batch: Batch, members: Sequence[int]) -> bool:
        """Remember whose the events are that stand: of one id the earlier does. Whether one of the row falls."""
        replaces = False
        there = self._instants(row, batch)
        brought: dict[int, list[Words]] = {}
        for event, member in zip(batch.events.tolist(), members, strict=True):
            words, at_ms = (event[B_ID], event[B_ID + 1]), event[B_AT]
            if there.get(words, NEVER) <= at_ms or words == _NO_ID[1:]:
                continue
            if there.get(words) is not None:
                joined.take_back([words])
                self._changed[row], replaces = None, True
            there[words] = at_ms
            if at_ms < joined.since(member):
                brought.setdefault(member, []).append(words)
        for member, ids in brought.items():
            joined.bring(member, ids)
            self._changed[row] = None
        return replaces

    def _instants(self, row: int, batch: Batch) -> dict[Words, int]:
        """The instants of those events of a row that have an id of the batch."""
        said = facts(self._machine.rows, row)[:, :3]
        mine = said[np.isin(said[:, 2], batch.events[:, B_ID + 1])]
        there: dict[Words, int] = {}
        for word0, word1, word2 in mine.tolist():
            there.setdefault((word1, word2), word0 >> AT_SHIFT)
        return there


def _keep(machine: Machine, row: int, keep: NDArray[np.bool_]) -> None:
    """Drop the other facts of a row, with what their ids go on with."""
    rows, head = machine.rows, machine.rows.head[row]
    left = facts(rows, row)[keep]
    long = left[(left[:, 0] >> FLAG_SHIFT & ID_FORMS == ID_LONG) & ~_lines(left)]
    used = set(zip((long[:, 0] >> AT_SHIFT).tolist(), long[:, 2].tolist(), strict=True))
    texts = [((int(one[0]) >> AT_SHIFT), int(one[1])) in used for one in rests(rows, row)]
    first, size = int(head[OFF]), int(head[SIZE])
    words = rows.words[first : first + size]
    remembered = np.ones(size - len(keep) - len(texts), bool)
    words = words[np.concatenate([keep, np.array(texts, bool), remembered])]
    rows.words[first : first + len(words)] = words
    groups = np.array(GROUP_OF_KIND)[words[:, 0] & KIND_MASK]
    head[COUNTS : COUNTS + GROUPS] = np.bincount(groups, minlength=GROUPS)
    head[SIZE], head[DIRTY] = len(words), 1


def _lines(found: NDArray[np.int64]) -> NDArray[np.bool_]:
    kind = found[:, 0] & KIND_MASK
    lines: NDArray[np.bool_] = (kind >= ITEM) & (kind <= DISCOUNT)
    return lines


def _first_ms(found: NDArray[np.int64]) -> int:
    return int((found[:, 0] >> AT_SHIFT).min(initial=NEVER))
