"""What the far side has of each customer, and what a record of memberships is to tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streams.clients.changes import Arrived
from streams.sinks.delivery.items import Item

#: An offset that belongs to no record, and a partition that is none.
NOWHERE = -1
#: The arm of a trial whose customers get the segment's own mail.
_OWN_MAIL = "treatment"


class Row(NamedTuple):
    """A customer as the far side has them: the newest ``seq`` that it was told, the offset of that record, and the
    segments.

    ``generation``: which build of the whole told it; of an older one it is not certain that the far side still has it.
    ``far``: the far side's own id. ``gone``: the partition of the record that erased them, NOWHERE if none did.
    """

    seq: int
    offset: int
    segments: tuple[str, ...]
    generation: int
    far: str = ""
    gone: int = NOWHERE


class Standing(NamedTuple):
    """How far the ledger is: the next offset of each partition, the number of the build, whether that build has not yet
    told everybody, and when this was written (ms)."""

    positions: dict[int, int]
    generation: int = 0
    building: bool = True
    written_ms: int = 0


class Book:
    """The rows of all customers; 260 bytes each, as lists of segments are shared."""

    def __init__(self, rows: Iterable[tuple[str, Row]] = ()) -> None:
        self._rows: dict[str, Row] = {}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        for user, row in rows:
            self.set(user, row)

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, user: str) -> Row | None:
        """What the far side has of a customer; None: it was never told of them."""
        return self._rows.get(user)

    def set(self, user: str, row: Row | None) -> None:
        """Enters or removes a customer."""
        if row is None:
            self._rows.pop(user, None)
        else:
            self._rows[user] = row._replace(segments=self._shared.setdefault(row.segments, row.segments))

    def older(self, generation: int) -> list[str]:
        """Customers of whom only an older build told."""
        return [user for user, row in self._rows.items() if row.generation != generation]

    def all(self) -> Iterator[tuple[str, Row]]:
        """Every customer."""
        return iter(self._rows.items())


def told(
    arrived: Arrived, offset: int, known: Row | None, standing: Standing, more: frozenset[str] = frozenset()
) -> Item | None:
    """What a record has to tell beyond ``known``; None of a repeat. ``more``: segments that records before it touched,
    which were left out."""
    row = known or Row(0, -1, (), standing.generation)
    sure = row.generation == standing.generation
    change = arrived.change
    if sure and offset <= row.offset:
        return None
    if change is None:
        nothing = not more if known is None else sure and row.gone != NOWHERE
        return None if nothing else erased(arrived.user, row, standing, more)
    if sure and change.seq <= row.seq:
        return None
    after, before = tuple(change.segments), row.segments
    step = sure and not standing.building and change.seq == row.seq + 1
    entered, exited = tuple(sorted({*after} - {*before})), tuple(sorted({*before} - {*after}))
    touched = frozenset((*entered, *exited, *change.entered, *change.exited)) | more
    if not sure or known is None:
        touched |= {*before, *after}
    return Item(
        arrived.user,
        change.seq,
        change.at,
        "change" if step else "truth",
        before,
        after,
        tuple(change.entered) if step else entered,
        tuple(change.exited) if step else exited,
        touched,
        row.far if sure else "",
        standing.generation,
        frozenset(segment for segment, arm in change.arms.items() if arm != _OWN_MAIL),
    )


def erased(user: str, row: Row, standing: Standing, more: frozenset[str] = frozenset()) -> Item:
    """That a customer is in nothing any more, and to be forgotten."""
    touched, before = more | {*row.segments}, row.segments
    far = row.far if row.generation == standing.generation else ""  # of an older build it may not hold any more
    return Item(user, row.seq, "", "erased", before, (), (), before, touched, far, standing.generation)


def merged(first: Item, then: Item) -> Item:
    """Two items of a customer as one: where they stand in the end, and all that may differ on the way there."""
    entered = tuple(sorted({*then.after} - {*first.before}))
    exited = tuple(sorted({*first.before} - {*then.after}))
    return then._replace(
        kind="erased" if then.kind == "erased" else "truth",
        before=first.before,
        entered=entered,
        exited=exited,
        touched=first.touched | then.touched,
    )
