"""What the topic of membership changes tells: who is where, how sizes move, and the newest who entered."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from streams.clients.changes import Arrived, Change
from streams.dashboard.hours import HOUR_MS, KEPT_HOURS, Hours
from streams.events.instants import instant_ms

#: Of each segment the newest so many who entered are remembered, as examples.
EXAMPLES = 12
#: After so many changes hours that are too old are dropped.
SWEEP_EVERY = 20_000


class Example(NamedTuple):
    """A customer who entered a segment, and the change by which they did."""

    user: str
    change: Change


class Members:
    """Takes in the records of the topic, in order of each customer; about 250 bytes a customer who is in a segment.

    A family's name stands for its segments together: a customer is in it who is in any of them. Sizes before
    ``known_ms`` are not known, as older records were compacted away. An erased customer left at the newest instant.
    """

    def __init__(self) -> None:
        self.newest_ms = 0
        self.known_ms = 0
        self.taken = 0
        self.sizes: Counter[str] = Counter()
        self._held: dict[str, tuple[str, ...]] = {}
        self._sets: Counter[tuple[str, ...]] = Counter()  # also makes equal sets one object
        self._shared: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._hours: dict[str, Hours] = {}
        self._examples: dict[str, deque[Example]] = {}

    def take(self, arrived: Arrived) -> None:
        """One more record."""
        self.taken += 1
        change, before = arrived.change, self._held.get(arrived.user, ())
        if change is None:
            self._move(arrived.user, before, (), self.newest_ms)
            self._forget(arrived.user)
            return
        at_ms = instant_ms(change.at)
        self.newest_ms = max(self.newest_ms, at_ms)
        if {*before} != {*change.segments, *change.exited} - {*change.entered}:
            self.known_ms = max(self.known_ms, at_ms)  # records between are gone
        self._move(arrived.user, before, tuple(change.segments), at_ms)
        for segment in _with_families(change.entered):
            self._examples.setdefault(segment, deque(maxlen=EXAMPLES)).append(Example(arrived.user, change))
        if self.taken % SWEEP_EVERY == 0:
            self._sweep()

    def _move(self, user: str, before: tuple[str, ...], after: tuple[str, ...], at_ms: int) -> None:
        after = self._shared.setdefault(after, after)
        if after:
            self._held[user] = after
        else:
            self._held.pop(user, None)
        self._sets[before] -= 1
        self._sets[after] += 1
        were, are = set(_with_families(before)), set(_with_families(after))
        for segment in are - were:
            self._step(segment, at_ms, 1)
        for segment in were - are:
            self._step(segment, at_ms, -1)

    def _step(self, segment: str, at_ms: int, by: int) -> None:
        self.sizes[segment] += by
        self._hours.setdefault(segment, Hours()).note(at_ms, int(by > 0), int(by < 0))

    def _forget(self, user: str) -> None:
        """Whoever was erased is no example any more."""
        for name, found in self._examples.items():
            if any(one.user == user for one in found):
                self._examples[name] = deque((one for one in found if one.user != user), EXAMPLES)

    def _sweep(self) -> None:
        oldest_ms = self.newest_ms - KEPT_HOURS * HOUR_MS
        for hours in self._hours.values():
            hours.forget_before(oldest_ms)
        self.known_ms = max(self.known_ms, oldest_ms)
        self._sets = +self._sets
        self._shared = {one: one for one in self._sets}

    def hours(self, segment: str) -> Hours:
        """Who came and went, by hour."""
        return self._hours.get(segment) or Hours()

    def segments(self) -> list[str]:
        """Every segment and family that anybody is in, by name."""
        return sorted(name for name, size in self.sizes.items() if size)

    def overlaps(self, segment: str) -> Counter[str]:
        """How many customers of a segment, or family, are in each other one; values of families are left out."""
        found: Counter[str] = Counter()
        for held, customers in self._sets.items():
            names = {*_with_families(held)} if customers else set()
            if segment in names:
                found.update({name: customers for name in names if "/" not in name})
        found.pop(segment, None)
        return found

    def pairs(self) -> Counter[tuple[str, str]]:
        """How many customers are in both of two segments or families, the lesser name first, without values."""
        of_rules: Counter[tuple[str, ...]] = Counter()
        for held, customers in self._sets.items():
            of_rules[tuple(sorted({name.partition("/")[0] for name in held}))] += customers
        found: Counter[tuple[str, str]] = Counter()
        for names, customers in of_rules.items():
            for pair in combinations(names, 2):
                found[pair] += customers
        return found

    def examples(self, segment: str) -> list[Example]:
        """The newest who entered and are still there, the newest first, each once."""
        found: dict[str, Example] = {}
        for one in reversed(self._examples.get(segment, ())):
            if segment in _with_families(self._held.get(one.user, ())):
                found.setdefault(one.user, one)
        return list(found.values())


def _with_families(segments: Iterable[str]) -> Iterator[str]:
    """The segments, and of those of families (NAME/value) also NAME, which may come more than once."""
    for segment in segments:
        yield segment
        family, slash, _ = segment.partition("/")
        if slash:
            yield family
