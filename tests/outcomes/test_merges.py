"""Totals of merged ids are those of one customer, whatever the order, over several partitions that are killed."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.outcomes.book import Book
from streams.outcomes.messages import decoded, encoded
from streams.outcomes.sums import Terms
from streams.trials.totals import Totals
from tests.outcomes.reference import Raw, Record
from tests.outcomes.test_book import DAY, RETENTION, TERMS, T, courses, event_of, expected, facts, instants, stood_of

IDS = ("ana", "bo", "cy", "di")
users = st.sampled_from(IDS)


class Partitions:
    """Three partitions that tell each other of merges; what was not written when one is killed comes again."""

    COUNT = 3

    def __init__(self, terms: Terms = TERMS) -> None:
        self.terms = terms
        self.state: list[list[tuple[bytes, bytes | None]]] = [[] for _ in range(self.COUNT)]
        self.totals: list[tuple[bytes, bytes | None]] = []
        self.queues: list[deque[tuple[str, Any]]] = [deque() for _ in range(self.COUNT)]
        self.books = [self.opened(number) for number in range(self.COUNT)]

    def home(self, user: str) -> int:
        """Where a customer is at home."""
        return sum(user.encode()) % self.COUNT

    def opened(self, number: int) -> Book:
        """A book as a process that has just started has it."""
        book = Book(number, self.terms, RETENTION)
        book.restore(self.state[number])
        published = {key: value for key, value in dict(self.totals).items() if value is not None}
        book.open({key: value for key, value in published.items() if key.startswith(b"%d/" % number)})
        return book

    def turn(self, number: int, count: int, *, killed: bool = False) -> None:
        """A partition takes so many of what waits for it, and writes, or is killed before."""
        book, queue = self.books[number], self.queues[number]
        taken = [queue.popleft() for _ in range(min(count, len(queue)))]
        for kind, one in taken:
            if kind == "event":
                book.take(one["user"], event_of(one))
            elif kind == "record":
                book.stand(one[0], stood_of(one[1]))
            else:
                book.told(decoded(one))
        if killed:
            queue.extendleft(reversed(taken))
            self.books[number] = self.opened(number)
            return
        changed = book.changed()
        self.state[number] += changed.state
        self.totals += changed.totals
        for message in changed.messages:
            self.queues[self.home(message.to)].append(("message", encoded(message)))

    def run(self, pieces: list[tuple[str, str, Any]], chance: random.Random) -> None:
        """All pieces of all customers, in pieces, with kills."""
        for kind, user, one in pieces:
            self.queues[self.home(user)].append((kind, one))
        while any(self.queues):
            self.turn(chance.randrange(self.COUNT), chance.randint(1, 6), killed=chance.random() < 0.1)

    def read(self) -> Totals:
        """The totals as a reader has them."""
        return Totals.of((key.decode(), value) for key, value in self.totals)


@st.composite
def merged(draw: st.DrawFn) -> tuple[list[Raw], dict[str, list[Record]]]:
    """Events of four ids, some of them twice, also under another id, merges of these ids, and membership records."""
    events: list[Raw] = []
    for number, fact in enumerate(draw(st.lists(facts, max_size=24))):
        events.append({**fact, "id": f"e{number}", "user": draw(users), "at": draw(instants)})
    erases = [
        {"type": "erase", "id": f"gone{number}", "user": draw(users), "at": draw(instants)}
        for number in range(draw(st.sampled_from((0, 0, 1, 2))))
    ]
    for event in draw(st.lists(st.sampled_from(events), max_size=5)) if events else ():
        events.append(event if erases else {**event, "user": draw(users), "at": draw(instants)})  # see ``streams``
    for number in range(draw(st.integers(0, 4))):
        one = {"type": "merge", "id": f"m{number}", "user": draw(users), "from": draw(users), "at": draw(instants)}
        events.append(one)
    return events + erases, {user: draw(courses()) for user in IDS}


def pieces_of(events: list[Raw], records: dict[str, list[Record]], chance: random.Random) -> list[tuple[str, str, Any]]:
    """All of it in any order, some of it twice."""
    pieces: list[tuple[str, str, Any]] = [("event", raw["user"], raw) for raw in events]
    pieces += [("record", user, (user, one)) for user, found in records.items() for one in found]
    chance.shuffle(pieces)
    return pieces + chance.sample(pieces, len(pieces) // 3)


@given(merged(), st.integers(0, 1 << 20))
def test_merged_ids_count_as_one_customer(stream: tuple[list[Raw], dict[str, list[Record]]], seed: int) -> None:
    events, records = stream
    chance = random.Random(seed)
    partitions = Partitions()
    partitions.run(pieces_of(events, records, chance), chance)
    assert partitions.read() == expected(events, records)
    for number in range(Partitions.COUNT):
        assert partitions.opened(number).changed() == ([], [], [])


MAIL: Raw = {"type": "email", "id": "s", "user": "old", "at": T, "action": "sent", "message": "m", "segment": "keen"}
CLICK: Raw = {**MAIL, "id": "c", "at": T + DAY, "action": "clicked"}
ORDER: Raw = {"type": "purchase", "id": "o", "user": "new", "at": T + 2 * DAY, "order": "o", "total": 30}
MERGE: Raw = {"type": "merge", "id": "m", "user": "new", "from": "old", "at": T + 3 * DAY}


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 3, 0, 1), (3, 0, 2, 1)])
@pytest.mark.parametrize("late", ["old", "new"])
def test_an_order_of_the_survivor_counts_for_mail_to_the_absorbed_id(order: tuple[int, ...], late: str) -> None:
    """Also when what comes later is said of either id, before or behind the merge."""
    said = [MAIL, {**CLICK, "user": late}, ORDER, MERGE]
    partitions = Partitions(Terms())
    partitions.run([("event", said[place]["user"], said[place]) for place in order], random.Random(1))
    (day,) = partitions.read().days
    assert (day.segment, day.sent, day.clicked, day.recipients) == ("keen", 1, 1, 1)
    assert (day.converted, day.orders, day.revenue_micros) == (1, 1, 30_000_000)


def test_who_has_gone_is_kept_without_a_name() -> None:
    partitions = Partitions(Terms())
    partitions.run([("event", one["user"], one) for one in (MAIL, ORDER, MERGE)], random.Random(1))
    erase = {"type": "erase", "id": "x", "user": "new", "at": T + 4 * DAY}
    partitions.run([("event", "new", erase)], random.Random(1))
    assert partitions.read() == Totals([], [])
    kept = {key: value for number in range(3) for key, value in partitions.state[number]}
    assert {key for key, value in kept.items() if value and b"keen" in value} == set()
    left = [(key, value) for key, value in kept.items() if value]
    assert [key[:2] for key, _ in left if not key.startswith(b"\0p")] != []
    assert [one for one in left if b"old" in b"".join(one) or b"new" in b"".join(one)] == []
