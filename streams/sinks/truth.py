"""What a subscriber knows of each customer: the number of the newest record, and the segments that it told."""

from __future__ import annotations

from typing import Literal, NamedTuple

from streams.clients.changes import Arrived, Change

Kind = Literal["change", "truth", "erased"]


class Membership(NamedTuple):
    """What to do about a customer: they ``entered`` and ``exited`` these segments and are now in ``segments``.

    ``kind``: ``change`` is a record as it was published; ``truth`` is where a customer stands after records that were
    not read (at the first start, or as the topic keeps only the newest): the difference to what was known is exact, the
    way there is not; ``erased``: forget the customer, they are in nothing any more. ``seq`` is that of the newest
    record. ``change`` is the record itself, None of an erased customer.
    """

    kind: Kind
    user: str
    seq: int
    entered: list[str]
    exited: list[str]
    segments: list[str]
    change: Change | None

    @property
    def withheld(self) -> list[str]:
        """The segments among theirs whose mail they do not get, as a trial drew so."""
        return self.change.withheld if self.change else []


class Truth:
    """The customers of one partition of the topic; about 200 bytes each, as segments are shared."""

    def __init__(self) -> None:
        self.repeats = 0  # records that were seen before
        self._of: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._newest: dict[str, Change] = {}

    def learn(self, arrived: Arrived) -> None:
        """Takes a record in about which nothing is to be done now; ``all`` tells of it."""
        self._take(arrived)
        if arrived.change is None:
            self._newest.pop(arrived.user, None)
        else:
            self._newest[arrived.user] = arrived.change

    def all(self) -> list[Membership]:
        """Every customer who was learned of and is in a segment; it is told once."""
        newest, self._newest = self._newest, {}
        return [
            Membership("truth", change.user, change.seq, change.segments, [], change.segments, change)
            for change in newest.values()
            if change.segments
        ]

    def take(self, arrived: Arrived) -> Membership | None:
        """What is to be done about a record; None of a repeat, and where a customer stands as before."""
        known = self._of.get(arrived.user)
        if not self._take(arrived):
            self.repeats += 1
            return None
        seq, before = known or (0, ())
        change = arrived.change
        if change is None:
            return Membership("erased", arrived.user, seq, [], list(before), [], None)
        if change.seq == seq + 1:
            return Membership("change", change.user, change.seq, change.entered, change.exited, change.segments, change)
        entered, exited = sorted({*change.segments} - {*before}), sorted({*before} - {*change.segments})
        if not entered and not exited:
            return None
        return Membership("truth", change.user, change.seq, entered, exited, change.segments, change)

    def _take(self, arrived: Arrived) -> bool:
        """Whether the record is newer than what is known."""
        seq, _ = self._of.get(arrived.user, (0, ()))
        if arrived.change is None:  # an erased customer's numbers go on where they were
            self._of[arrived.user] = seq, ()
            return True
        if arrived.change.seq <= seq:
            return False
        after = tuple(arrived.change.segments)
        self._of[arrived.user] = arrived.change.seq, self._shared.setdefault(after, after)
        return True
