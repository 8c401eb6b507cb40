"""What the far side has of each customer, and what a record of memberships is to tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from streams.clients.changes import Arrived, Change
from streams.sinks.delivery.items import Arms, Item

#: An offset that belongs to no record, and a partition that is none.
NOWHERE = -1


class Row(NamedTuple):
    """A customer as the far side has them: the newest ``seq`` that it was told, the offset of that record, and the
    segments.

    ``generation``: which build of the whole told it; of an older one it is not certain that the far side still has it.
    ``far``: the far side's own id. ``gone``: the partition of the record that erased them, NOWHERE if none did.
    ``arms`` and ``withheld``: what it was told of trials, if it is told of them.
    """

    seq: int
    offset: int
    segments: tuple[str, ...]
    generation: int
    far: str = ""
    gone: int = NOWHERE
    arms: Arms = ()
    withheld: tuple[str, ...] = ()


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
    arrived: Arrived,
    offset: int,
    known: Row | None,
    standing: Standing,
    more: frozenset[str] = frozenset(),
    *,
    mailed: bool = False,
) -> Item | None:
    """What a record has to tell beyond ``known``; None of a repeat. ``more``: segments that records before it touched,
    which were left out. ``mailed``: only segments whose mail the customer gets are told of."""
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
    after, before = tuple(change.mailed if mailed else change.segments), row.segments
    step = sure and not standing.building and change.seq == row.seq + 1
    entered, exited = tuple(sorted({*after} - {*before})), tuple(sorted({*before} - {*after}))
    touched = frozenset((*entered, *exited, *change.entered, *change.exited)) | more
    if not sure or known is None:
        touched |= {*before, *after}
    item = Item(
        arrived.user,
        change.seq,
        change.at,
        "change" if step else "truth",
        before,
        after,
        tuple(one for one in change.entered if one in after) if step else entered,
        tuple(change.exited) if step else exited,
        touched,
        row.far if sure else "",
        standing.generation,
    )
    return item if mailed else _with_arms(item, change, row)


def _with_arms(item: Item, change: Change, row: Row) -> Item:
    """What a record says of trials, for those who choose the mail themselves; a trial may change with nothing else."""
    arms, withheld = tuple(sorted(change.arms.items())), frozenset(change.withheld)
    moved = {segment for segment, _ in {*arms} ^ {*row.arms}} | (withheld ^ {*row.withheld})
    released = tuple(sorted({*row.withheld} & {*item.after} - withheld))
    return item._replace(arms=arms, withheld=withheld, released=released, touched=item.touched | moved)


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
