"""Events of lines, in any order, kept as numbers until all are there, and told in order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.events.decode import Refusal, decode_event
from streams.events.native import Event, Merge
from streams.events.rates import NO_RATES, Rates
from streams.intake.reader import PlainEvents, Reader
from streams.rows.batch import B_AT, B_END, B_REST, B_REST_END, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.ids import id_texts
from streams.rows.layout import MOST_RESTS
from streams.rows.names import Names
from streams.rows.rebatch import Pile, joined, taken_out
from streams.rows.spellings import Renumbering, Spellings
from streams.rows.tables import Numbers

#: lines read at once, and events folded at once: of a million events of 100 000 customers these were the fastest, a
#: tenth before ten times as many. Names are known only from the second reading on.
_READ = 2_000
_STEP = 50_000


class Step(NamedTuple):
    """Events in order of time. ``batch``: in place of a row the number of the customer; ``id_of`` tells their ids;
    ``merges`` are those at their instant."""

    batch: Batch
    id_of: Callable[[int], str]
    merges: Sequence[Merge]


class Collected:
    """The events of lines; ``rates`` bring amounts into the shop's currency."""

    def __init__(self, rates: Rates = NO_RATES) -> None:
        self._rates = rates
        self._numbers: dict[str, int] = {}  # in their order
        self._by_bytes, self._spellings = Numbers(), Spellings()
        self._encoder = Encoder(self._spellings)
        self._reader = Reader(self._by_bytes, self._spellings.by_bytes)
        self._waiting: list[bytes] = []
        self._lines = 0
        self._refused: list[tuple[int, str]] = []
        self._pile = Pile(0, 0)
        self._count = 0
        self._merges: dict[int, list[Merge]] = {}
        self._long_ids: dict[int, str] = {}

    def read(self, lines: Iterable[bytes]) -> None:
        """Take in lines; blank ones are skipped."""
        source = iter(lines)
        while True:
            self._waiting += islice(source, _READ - len(self._waiting))
            if len(self._waiting) < _READ:
                return
            self._settle()

    def refused(self) -> list[tuple[int, str]]:
        """The numbers of the lines that are no events, and why they are none."""
        self._settle()
        return self._refused

    def records(self) -> int:
        """How many records of facts the events make."""
        self._settle()
        return len(self._pile.batch().records)

    def customers(self) -> Mapping[str, int]:
        """The numbers by which steps call the customers, in their order, from 0 on."""
        self._settle()
        return self._numbers

    def steps(self, names: Names, until_ms: int) -> Iterator[Step]:
        """The events up to an instant, with the numbers of a dictionary, which learns their names.

        All events of an instant are in one step; of one at which there is a merge they are alone in it.
        """
        self._settle()
        batch = self._pile.batch()
        order = np.argsort(batch.events[:, B_AT], kind="stable")
        ats = batch.events[order, B_AT]
        renumbering = Renumbering(self._spellings, names)
        for start, end in self._cuts(ats, until_ms):
            part, places = taken_out(batch, order[start:end]), order[start:end]
            renumbering.put(part.records[: int(part.events[-1, B_END])])
            yield Step(part, self._ids(part, places), self._merges.get(int(ats[start]), ()))

    def last_ms(self) -> int:
        """The last event's instant, 0 where there is none."""
        self._settle()
        return int(self._pile.batch().events[:, B_AT].max(initial=0))

    def _cuts(self, ats: NDArray[np.int64], until_ms: int) -> Iterator[tuple[int, int]]:
        """Where steps begin and end among the sorted instants."""
        whole = int(np.searchsorted(ats, until_ms, "right"))
        merges = np.array(sorted(self._merges), np.int64)
        alone = zip(np.searchsorted(ats, merges).tolist(), np.searchsorted(ats, merges, "right").tolist(), strict=True)
        start = 0
        for first, end in [*(cut for cut in alone if cut[0] < whole), (whole, whole)]:
            while start < first:
                last = min(start + _STEP, first)
                last = int(np.searchsorted(ats, ats[last - 1], "right"))
                yield start, last
                start = last
            if first < end:
                yield first, end
            start = end

    def _ids(self, batch: Batch, places: NDArray[np.int64]) -> Callable[[int], str]:
        texts = id_texts(batch)
        return lambda event: texts(event) or self._long_ids[int(places[event])]

    def _settle(self) -> None:
        """Take in the lines that wait."""
        values, self._waiting = self._waiting, []
        if not values:
            return
        plain = self._reader.read(values)
        for event in plain.unknown():
            plain.batch.events[event, B_ROW] = self._number(plain.user(event))
        events, lines = self._decoded(values, plain)
        batch = plain.batch
        if events:
            odd = self._encoder.encode(events, [self._number(str(event.user)) for event in events])
            batch = joined([batch, odd])
            order = np.argsort(np.concatenate([plain.records(), np.array(lines, np.int64)]))
            self._note_long_ids(odd, np.argsort(order)[len(plain) :].tolist(), events)
            batch = Batch(batch.events[order], batch.records)
        self._lines += len(values)
        self._count += len(batch.events)
        self._pile.add(batch)

    def _decoded(self, values: Sequence[bytes], plain: PlainEvents) -> tuple[list[Event], list[int]]:
        """The events that are not plain, and which of the values they are."""
        events, lines = [], []
        for number in plain.others:
            value = values[number]
            if not value or value.isspace():
                continue
            event = decode_event(value.rstrip(b"\r\n"), rates=self._rates)
            if isinstance(event, Refusal):
                self._refused.append((self._lines + number + 1, event.reason))
                continue
            if isinstance(event, Merge):
                self._merges.setdefault(int(event.at), []).append(event)
            events.append(event)
            lines.append(number)
        return events, lines

    def _note_long_ids(self, batch: Batch, places: Sequence[int], events: Sequence[Event]) -> None:
        """Keep the ids that the batch may not hold whole; ``places``: where its events are among those of the
        lines."""
        rests = batch.events[:, B_REST_END] - batch.events[:, B_REST]
        for event in np.flatnonzero(rests == MOST_RESTS).tolist():
            self._long_ids[self._count + places[event]] = str(events[event].id)

    def _number(self, user: str) -> int:
        number = self._numbers.get(user)
        if number is None:
            number = self._numbers[user] = len(self._numbers)
            self._by_bytes.add(user.encode(), number)
        return number
