"""Totals of any stream of facts are those of the slow reference, in whatever order and pieces they come."""

from __future__ import annotations

import random
from typing import Any

import orjson
from hypothesis import example, given
from hypothesis import strategies as st

from streams.events.decode import Refusal, decode_event
from streams.outcomes.book import Book
from streams.outcomes.facts import Stood
from streams.outcomes.sums import Span, Terms
from streams.trials.totals import Totals
from tests.outcomes.reference import Raw, Record, totals_of

T = 1_772_000_000_000
DAY = 86_400_000
RETENTION = 730 * DAY
SPANS = {"x": (T + 5 * DAY, T + 30 * DAY), "y": (T, T + 10 * DAY)}
UNMAILED = {"z"}
TERMS = Terms("America/New_York", 5 * DAY, {name: Span(*span) for name, span in SPANS.items()}, frozenset(UNMAILED))

users = st.sampled_from(("ana", "bo"))
instants = st.integers(0, 45).map(lambda day: T + day * DAY) | st.integers(T, T + 40 * DAY)
actions = st.sampled_from(
    ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "resubscribed")
)
campaigns = st.sampled_from(("may", "x:a", "x:b:en", "broad:a", "y"))
mails = st.fixed_dictionaries(
    {"type": st.just("email"), "action": actions, "message": st.sampled_from(("m1", "m2", "m3", "m4"))},
    optional={"segment": st.sampled_from(("x", "y", "broad")), "machine": st.booleans(), "campaign": campaigns},
)
purchases = st.fixed_dictionaries(
    {"type": st.just("purchase"), "order": st.sampled_from(("o1", "o2", "o3")), "total": st.integers(0, 90)}
)
refunds = st.fixed_dictionaries(
    {"type": st.just("refund"), "order": st.sampled_from(("o1", "o2", "o9"))}, optional={"total": st.integers(0, 60)}
)
others = st.just({"type": "view", "product": "p"})
facts = mails | mails | mails | purchases | purchases | refunds | others


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Raw], dict[str, list[Record]]]:
    """Events of two customers, some of them twice, also at another instant, and their membership records."""
    events: list[Raw] = []
    for number, fact in enumerate(draw(st.lists(facts, max_size=30))):
        events.append({**fact, "id": f"e{number}", "user": draw(users), "at": draw(instants)})
    erased = draw(st.integers(0, 4)) == 0
    for event in draw(st.lists(st.sampled_from(events), max_size=5)) if events else ():
        # who drops a later repeat does not know of it when the first is erased, so these two do not go together
        events.append({**event, "at": event["at"] if erased else draw(instants)})
    if erased:
        events.append({"type": "erase", "id": "gone", "user": draw(users), "at": draw(instants)})
    return events, {user: draw(courses()) for user in ("ana", "bo")}


@st.composite
def courses(draw: st.DrawFn) -> list[Record]:
    """A customer's membership records, at most one trial in each."""
    found: list[Record] = []
    ats = sorted(draw(st.lists(instants, max_size=4)))
    for seq, at in enumerate(ats, draw(st.sampled_from((1, 7)))):
        segments = draw(st.lists(st.sampled_from(("x", "y", "z", "broad")), unique=True))
        trial = draw(st.sampled_from(("x", "y", "")))
        arm = draw(st.sampled_from(("treatment", "control", "holdout")))
        found.append((seq, at, sorted(segments), {trial: arm} if trial in segments else {}))
    return found


def event_of(raw: Raw) -> Any:
    event = decode_event(orjson.dumps(raw))
    assert not isinstance(event, Refusal), event
    return event


def stood_of(record: Record) -> Stood:
    seq, at, segments, arms = record
    return Stood(seq, at, tuple(segments), next(iter(arms.items()), None))


class Kept:
    """A partition's book, and what it has written to its topics."""

    def __init__(self, terms: Terms = TERMS) -> None:
        self.terms = terms
        self.state: list[tuple[bytes, bytes | None]] = []
        self.totals: list[tuple[bytes, bytes | None]] = []
        self.book = self.opened()

    def opened(self) -> Book:
        """A book as a process that has just started has it."""
        book = Book(0, self.terms, RETENTION)
        book.restore(self.state)
        book.open({key: value for key, value in dict(self.totals).items() if value is not None})
        return book

    def write(self) -> None:
        """What has changed goes to the topics."""
        changed = self.book.changed()
        self.state += changed.state
        self.totals += changed.totals

    def read(self) -> Totals:
        """The totals as a reader has them."""
        return Totals.of((key.decode(), value) for key, value in self.totals)


def run(
    events: list[Raw], records: dict[str, list[Record]], seed: int, *, terms: Terms = TERMS, restarts: float = 0.1
) -> Kept:
    """All of it in a random order, some things twice, written in pieces, with restarts that lose what was not."""
    chance = random.Random(seed)
    pieces = [("event", raw["user"], raw) for raw in events]
    pieces += [("record", user, one) for user, found in records.items() for one in found]  # type: ignore[misc]
    chance.shuffle(pieces)
    pieces += chance.sample(pieces, len(pieces) // 3)
    kept, since = Kept(terms), 0
    while since < len(pieces):
        until = min(len(pieces), since + chance.randint(1, 8))
        for kind, user, one in pieces[since:until]:
            if kind == "event":
                kept.book.take(user, event_of(one))
            else:
                kept.book.stand(user, stood_of(one))  # type: ignore[arg-type]
        if chance.random() < restarts:
            kept.book = kept.opened()  # killed before the transaction: all of it comes again
            continue
        kept.write()
        since = until
    return kept


def expected(events: list[Raw], records: dict[str, list[Record]], terms: Terms = TERMS) -> Totals:
    """By the reference."""
    spans = {name: (span.start_ms, span.end_ms) for name, span in terms.spans.items()}
    return totals_of(events, records, terms.timezone, terms.window_ms, spans, set(terms.unmailed))


#: Drawn before the trial began; what a record says when it is over contradicts nothing.
AFTER_THE_END: tuple[list[Raw], dict[str, list[Record]]] = (
    [],
    {"bo": [(1, T, ["x"], {"x": "treatment"}), (2, T + 5 * DAY, [], {}), (3, T + 30 * DAY, ["x"], {"x": "control"})]},
)


@given(streams(), st.integers(0, 1 << 20))
@example(AFTER_THE_END, 0)
def test_totals_are_those_of_the_reference_whatever_the_order(
    stream: tuple[list[Raw], dict[str, list[Record]]], seed: int
) -> None:
    events, records = stream
    assert run(events, records, seed).read() == expected(events, records)


@given(streams(), st.integers(0, 1 << 20))
def test_other_terms_count_everything_anew(stream: tuple[list[Raw], dict[str, list[Record]]], seed: int) -> None:
    events, records = stream
    kept = run(events, records, seed, terms=Terms(window_ms=DAY))
    kept.terms = TERMS
    kept.book.recount(TERMS)
    kept.write()
    assert kept.read() == expected(events, records)
    assert kept.opened().changed().totals == []


@given(streams(), st.integers(0, 1 << 20))
def test_partitions_add_up(stream: tuple[list[Raw], dict[str, list[Record]]], seed: int) -> None:
    """Each customer in a partition of their own is all of them in one."""
    events, records = stream
    found: list[tuple[str, bytes | None]] = []
    for number, user in enumerate(("ana", "bo")):
        kept = run([event for event in events if event["user"] == user], {user: records[user]}, seed)
        found += [(key.decode().replace("0/", f"{number}/", 1), value) for key, value in kept.totals]
    assert Totals.of(found) == expected(events, records)


def test_a_totals_text_is_read_again() -> None:
    events: list[Raw] = [
        {"type": "purchase", "id": f"o{n}", "user": "ana", "at": T + n, "order": f"o{n}", "total": 39_000_000_000}
        for n in range(5)
    ]
    totals = run(events, {"ana": [(1, T, ["y"], {"y": "control"})]}, 1).read()
    assert totals.trials[0].revenue_squares > 1 << 64
    assert Totals.from_json(totals.to_json()) == totals
