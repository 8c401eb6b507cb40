"""How segments fare as groups of customers: their sizes, who comes and goes, and who is in two of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.clients.changes import Arrived, Change
from streams.events.instants import instant_ms

DAY_MS = 86_400_000
WEEK_DAYS = 7
#: Days of which sizes are shown.
DAYS = 14
#: A customer who enters and leaves a segment more often in a week flaps.
FLAPS = 2


class Health(NamedTuple):
    """Of one segment.

    ``sizes``: at the end of each of the last days, the newest last; None where the topic no longer tells. ``entered``
    and ``left``: how often in the last seven days; ``churn``: of those in it a week ago, how many times it was left, as
    a part; None where that is not known, or nobody was in it. ``flapping``: customers who entered and left it more than
    ``flaps`` times in these days.
    """

    size: int
    sizes: tuple[int | None, ...]
    entered: int
    left: int
    churn: float | None
    flapping: int


class Overlap(NamedTuple):
    """Two segments, how many customers are in ``both``, and which part that is of all in either (Jaccard, 1901)."""

    one: str
    other: str
    both: int
    jaccard: float


class Move(NamedTuple):
    """A customer entered (or left) a segment, so many days ``back`` from the end; 0 is the last one."""

    segment: str
    back: int
    entered: bool


class Memberships:
    """Takes in the records of the topic of changes, in order of each customer, and tells of the segments at ``end_ms``.

    The topic keeps all records of a week, and older ones only where no newer one of the customer came: sizes are known
    as far back as each customer's records go on without a gap. Who was erased counts as never having been there. About
    200 bytes a customer who is in a segment.
    """

    def __init__(self, end_ms: int, flaps: int = FLAPS) -> None:
        self.end_ms, self._flaps = end_ms, flaps
        self._of: dict[str, tuple[int, tuple[str, ...]]] = {}
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._moves: defaultdict[str, list[Move]] = defaultdict(list)  # of customers who moved lately
        self._known_ms = 0

    def take(self, arrived: Arrived) -> None:
        """One more record; repeats are dropped."""
        change = arrived.change
        if change is None:
            self._of.pop(arrived.user, None)
            self._moves.pop(arrived.user, None)
            return
        seq, _ = self._of.get(arrived.user, (0, ()))
        at_ms = instant_ms(change.at)
        if change.seq <= seq or at_ms > self.end_ms:
            return
        if change.seq != seq + 1:
            self._known_ms = max(self._known_ms, at_ms)
        segments = tuple(change.segments)
        self._of[arrived.user] = change.seq, self._shared.setdefault(segments, segments)
        self._remember(change, at_ms)

    def _remember(self, change: Change, at_ms: int) -> None:
        back = (self.end_ms - at_ms) // DAY_MS
        if back < DAYS:
            self._moves[change.user] += [Move(segment, back, True) for segment in change.entered]
            self._moves[change.user] += [Move(segment, back, False) for segment in change.exited]

    def health(self, segments: Iterable[str] = ()) -> dict[str, Health]:
        """Every segment that anybody is or was lately in, and these, by name."""
        sizes = Counter(segment for _, held in self._of.values() for segment in held)
        moved = Counter(move for moves in self._moves.values() for move in moves)
        flapping = Counter(segment for moves in self._moves.values() for segment in _flapping(moves, self._flaps))
        names = {*sizes, *(move.segment for move in moved), *segments}
        return {
            name: self._health(
                sizes[name],
                [moved[Move(name, back, True)] for back in range(DAYS)],
                [moved[Move(name, back, False)] for back in range(DAYS)],
                flapping[name],
            )
            for name in sorted(names)
        }

    def _health(self, size: int, entered: list[int], left: list[int], flapping: int) -> Health:
        """``entered`` and ``left``: how often on each day, the newest first."""
        sizes: list[int | None] = []
        then = size
        for back in range(DAYS):
            known = self.end_ms - back * DAY_MS >= self._known_ms
            sizes.append(then if known else None)
            then += left[back] - entered[back]
        gone = sum(left[:WEEK_DAYS])
        before = sizes[WEEK_DAYS]
        return Health(
            size, tuple(reversed(sizes)), sum(entered[:WEEK_DAYS]), gone, gone / before if before else None, flapping
        )

    def overlaps(self, at_least: float = 0.0) -> list[Overlap]:
        """Pairs of segments that share customers, the most alike first, from this similarity on."""
        held = Counter(segments for _, segments in self._of.values())
        sizes: Counter[str] = Counter()
        both: Counter[tuple[str, str]] = Counter()
        for segments, customers in held.items():
            for number, one in enumerate(segments):
                sizes[one] += customers
                for other in segments[number + 1 :]:
                    both[one, other] += customers
        found = (
            Overlap(one, other, shared, shared / (sizes[one] + sizes[other] - shared))
            for (one, other), shared in both.items()
        )
        return sorted((one for one in found if one.jaccard >= at_least), key=lambda one: (-one.jaccard, one))


def _flapping(moves: Iterable[Move], flaps: int) -> list[str]:
    """The segments that a customer entered and left too often in the last seven days."""
    lately = Counter((move.segment, move.entered) for move in moves if move.back < WEEK_DAYS)
    often = Counter(segment for (segment, _), times in lately.items() if times > flaps)
    return [segment for segment, ways in often.items() if ways == 2]


def unmailed(health: Mapping[str, Health], sent: Mapping[str, int]) -> list[str]:
    """Segments with customers in them that got no mail; ``sent``: messages by segment."""
    return [segment for segment, one in health.items() if one.size and not sent.get(segment)]
