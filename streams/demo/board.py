"""What the demo knows of the segments: who is in which, how sizes move, and each change in words."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple

from streams.clients.changes import Arrived, Change
from streams.clients.words import Words
from streams.events.instants import stamp

MINUTE_S = 60.0


class Line(NamedTuple):
    """One customer entering or leaving one segment; ``at`` is an RFC 3339 stamp."""

    at: str
    user: str
    entered: bool
    segment: str
    title: str
    reason: str


class Size(NamedTuple):
    """How many customers are in a segment, and how many more or fewer than a minute ago."""

    segment: str
    members: int
    moved: int


class Board:
    """Sizes of all segments; changes before ``opening_ms`` are history: they count, but are not told."""

    def __init__(self, segments: Sequence[str], words: Words, opening_ms: int) -> None:
        self.told = 0
        self._members: dict[str, list[str]] = {}
        self._sizes: Counter[str] = Counter(dict.fromkeys(segments, 0))
        self._moves: deque[tuple[float, str, int]] = deque()
        self._words = words
        self._opening = stamp(opening_ms)

    def take(self, arrived: Arrived, seen_s: float) -> list[Line]:
        """Counts a record that was seen at ``seen_s`` (seconds of any clock) and returns what is to be told of it."""
        change = arrived.change
        segments = change.segments if change else []
        before = self._members.get(arrived.user, [])
        live = change is not None and change.at >= self._opening
        self._move(before, segments, seen_s, counted=live)
        if segments:
            self._members[arrived.user] = segments
        else:
            self._members.pop(arrived.user, None)
        lines = self._lines(change) if change is not None and live else []
        self.told += len(lines)
        return lines

    def _move(self, before: list[str], after: list[str], seen_s: float, *, counted: bool) -> None:
        for segments, step in ((before, -1), (after, 1)):
            for segment in set(segments) - set(after if step < 0 else before):
                self._sizes[segment] += step
                if counted:
                    self._moves.append((seen_s, segment, step))

    def _lines(self, change: Change) -> list[Line]:
        said = self._words.lines(change)
        return [
            Line(change.at, change.user, verb == "entered", segment, self._words.title(segment), reason)
            for verb, segment, reason in said
        ]

    def sizes(self, now_s: float) -> list[Size]:
        """All segments, the largest first."""
        while self._moves and self._moves[0][0] <= now_s - MINUTE_S:
            self._moves.popleft()
        moved: Counter[str] = Counter()
        for _, segment, step in self._moves:
            moved[segment] += step
        found = [Size(segment, members, moved[segment]) for segment, members in self._sizes.items()]
        return sorted(found, key=lambda size: (-size.members, size.segment))
