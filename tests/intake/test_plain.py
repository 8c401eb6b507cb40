"""The short way from bytes to a batch says what the long way says, or leaves the record to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.events import amounts, instants
from streams.events.decode import MAX_BYTES, Refusal, decode_event
from streams.events.native import ACTIONS, MAX_ITEMS, Event
from streams.intake import fields, numbers, orders
from streams.intake.reader import PlainEvents, Reader
from streams.rows.batch import B_END, B_FIRST, B_REST, B_REST_END, B_ROW, Batch
from streams.rows.encode import Encoder
from streams.rows.names import Names
from streams.rows.tables import FREE, Numbers
from tests.laws.events import Raw, World, events

T = 1_767_225_600_000
WORLD = World(users=("ana", "ben", "Zoë"))
VIEW: Raw = {"type": "view", "id": "e1", "user": "ana", "at": T, "product": "p1", "category": "Shoes", "price": 19.99}
EMAIL: Raw = {"type": "email", "id": "e2", "user": "ana", "at": T, "action": "opened", "message": "m1", "machine": True}
ITEM: Raw = {"product": "p1", "category": "Shoes", "price": 5, "quantity": 2}
ORDER: Raw = {
    "type": "purchase",
    "id": "e3",
    "user": "ana",
    "at": T,
    "order": "o1",
    "items": [ITEM, ITEM],
    "discount": 1,
}


class Both:
    """The two ways, with one dictionary that knows all names of the records."""

    def __init__(self, values: Sequence[bytes], users: Sequence[str] = WORLD.users) -> None:
        self.users, self.names = Numbers(), Names()
        for row, user in enumerate(users):
            self.users.add(user.encode(), row)
        self.encoder = Encoder(self.names)
        self.decoded = [decode_event(value) for value in values]
        good = [event for event in self.decoded if not isinstance(event, Refusal)]
        self.encoder.encode(good, [0] * len(good))
        self.plain: PlainEvents = Reader(self.users, self.names.by_bytes).read(values)

    def assert_same(self) -> None:
        """What is plain is no refusal, and becomes the same facts."""
        for number in range(len(self.plain)):
            event = self.decoded[self.plain.record(number)]
            assert not isinstance(event, Refusal), event
            row = int(self.plain.batch.events[number, B_ROW])
            assert (self.plain.id(number), self.plain.user(number)) == (event.id, event.user)
            assert facts(self.plain.batch, number) == facts(self.encoded(event, row), 0)

    def encoded(self, event: Event, row: int) -> Batch:
        return self.encoder.encode([event], [row])


def facts(batch: Batch, event: int) -> tuple[list[int], list[list[int]]]:
    """An event and its records, wherever they lie in the batch."""
    head = batch.events[event].copy()
    records = batch.records[head[B_FIRST] : head[B_END]].tolist()
    head[[B_FIRST, B_END, B_REST, B_REST_END]] = 0
    return head.tolist(), records


def dumped(raw: Raw) -> bytes:
    return orjson.dumps(raw)


def plain(*values: bytes) -> list[int]:
    """Which of the records are plain; all that are must be right."""
    both = Both(values)
    both.assert_same()
    return [both.plain.record(number) for number in range(len(both.plain))]


@st.composite
def spelled(draw: st.DrawFn) -> bytes:
    """An event of the laws in some spelling of JSON: any order, blanks, escapes, and fields that nobody knows."""
    raw: dict[str, Any] = dict(draw(events(WORLD)))
    raw |= draw(st.dictionaries(st.sampled_from(("link", "note", "Type", "x")), SCALARS, max_size=2))
    keys = draw(st.permutations(list(raw)))
    blanks = draw(st.sampled_from(((",", ":"), (", ", ": "), (" ,\n", "\t:\r"))))
    return json.dumps({key: raw[key] for key in keys}, separators=blanks, ensure_ascii=draw(st.booleans())).encode()


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 1 << 60), st.floats(0, 1e6), st.sampled_from('aé\x01"\\'))


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A spelled event with some bytes changed, left out or put in, mostly such as mean something to JSON."""
    value = bytearray(draw(spelled()))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(value)))
        new = draw(st.one_of(st.sampled_from(b'"\\,:{}[]. 0123456789-+eEtfn\x00\x1f\x80\xff'), st.integers(0, 255)))
        how = draw(st.integers(0, 2))
        value[place : place + (how > 0)] = bytes([new] if how < 2 else [])
    return bytes(value)


@given(st.lists(spelled(), max_size=6))
def test_what_is_plain_is_right(values: list[bytes]) -> None:
    Both(values).assert_same()


@given(damaged())
@example(b'{"type":"view","id":"1","user":"a","at":1767225600000,"product":"p","price":01}')
@example(b'{"type":"view","id":"1","user":"a","at":1767225600000,"product":"p","price":1.}')
def test_what_is_broken_is_never_plain(value: bytes) -> None:
    Both([value]).assert_same()


def test_common_events_are_plain() -> None:
    """Else the short way would be right and of no use."""
    values = [
        VIEW,
        {**VIEW, "type": "cart"},
        EMAIL,
        ORDER,
        {"type": "refund", "id": "r", "user": "ana", "at": T, "order": "o1"},
    ]
    assert plain(*map(dumped, values)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    "changed",
    [
        {"price": "19.90"},
        {"price": 0},
        {"price": None},
        {"price": 1234567.8901},
        {"category": None},
        {"category": "Söckchen"},
        {"category": "  SHOES "},
        {"id": "550e8400-e29b-41d4-a716-446655440000"},
        {"id": "sixteen bytes ok"},
        {"at": "2026-01-01T00:00:00Z"},
        {"at": "2028-02-29t23:59:59.9876543+05:30"},
        {"at": "2000-01-01T00:00:00.000-00:00"},
        {"at": "2026-12-31T23:59:59z"},
        {"user": "nobody yet"},
        {"user": "Zoë"},
        {"more": "of it", "and": 1.5},
        {"product": ""},
    ],
)
def test_more_spellings_that_are_plain(changed: Raw) -> None:
    assert plain(dumped({**VIEW, **changed})) == [0]


@pytest.mark.parametrize(
    "changed",
    [
        {"price": -1},
        {"price": 0.00005},
        {"price": 4e11},
        {"price": True},
        {"price": "1,5"},
        {"category": ["a", "b"]},
        {"category": 7},
        {"id": 7},
        {"id": ""},
        {"id": None},
        {"id": "seventeen bytes.."},
        {"id": "é"},
        {"id": "550E8400-E29B-41D4-A716-446655440000"},
        {"at": 946_684_799_999},
        {"at": "2026-02-29T00:00:00Z"},
        {"at": "2026-01-01T00:00:60Z"},
        {"at": "2026-01-01 00:00:00Z"},
        {"at": "2026-01-01T00:00:00.Z"},
        {"at": "2026-01-01T00:00:00"},
        {"at": str(T)},
        {"at": float(T)},
        {"user": ""},
        {"user": "a\nb"},
        {"user": 5},
        {"user": "Ödön, of whom nobody knows yet"},
        {"currency": "EUR"},
        {"type": "profile"},
        {"type": None},
        {"product": None},
        {"product": "p" * 10_001},
        {"more": {"deep": 1}},
        {"more": [1]},
        {"more": "é"},
        {"more": -1},
    ],
)
def test_other_spellings_take_the_long_way(changed: Raw) -> None:
    assert plain(dumped({**VIEW, **changed})) == []


@pytest.mark.parametrize(
    "action", ["sent", "bounced", "complained", "unsubscribed", "resubscribed", "delivered", "clicked"]
)
@pytest.mark.parametrize("more", [{}, {"soft": True}, {"machine": None, "campaign": "May", "segment": "Keen "}])
def test_every_action_of_an_email(action: str, more: Raw) -> None:
    assert plain(dumped({**EMAIL, "action": action, **more})) == [0]


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 63, 64, 65, 127, 128])
def test_names_of_messages_of_any_length(length: int) -> None:
    assert plain(dumped({**EMAIL, "message": "x" * length})) == [0]


@pytest.mark.parametrize("changed", [{"action": "bought"}, {"message": "x" * 129}, {"message": 7}, {"soft": 1}])
def test_emails_that_take_the_long_way(changed: Raw) -> None:
    assert plain(dumped({**EMAIL, **changed})) == []


@pytest.mark.parametrize(
    ("changed", "is_plain"),
    [
        ({"items": []}, True),
        ({"items": [{"product": "p"}]}, True),
        ({"items": [{**ITEM, "quantity": "3", "price": "2.5"}]}, True),
        ({"total": 7, "coupon": "x"}, True),
        ({"coupon": "", "discount": 0}, True),
        ({"discount": 1000}, True),
        ({"items": [{**ITEM, "more": True}]}, True),
        ({"items": [{}]}, False),
        ({"items": [1]}, False),
        ({"items": None}, False),
        ({"items": {}}, False),
        ({"items": [[ITEM]]}, False),
        ({"items": [{**ITEM, "quantity": 0}]}, False),
        ({"items": [{**ITEM, "quantity": 1_000_001}]}, False),
        ({"items": [{**ITEM, "quantity": None}]}, False),
        ({"items": [{**ITEM, "price": 40_000_000_000, "quantity": 1_000_000}] * 3}, False),
        ({"items": [ITEM] * 1_001}, False),
        ({"coupon": 7}, False),
        ({"discount": "x"}, False),
        ({"order": 7}, False),
    ],
)
def test_orders(changed: Raw, is_plain: bool) -> None:
    assert plain(dumped({**ORDER, **changed})) == ([0] if is_plain else [])


@pytest.mark.parametrize("end", [b"", b" ", b",]", b"{}]", b'"]', b"}"])
def test_lists_of_items_that_end_oddly(end: bytes) -> None:
    whole = dumped({**ORDER, "items": []})
    assert plain(whole.replace(b"[]", b"[" + dumped(ITEM) + end)) == []


def test_what_is_no_event_at_all() -> None:
    odd = (b"", b" ", b"{}", b"[]", b"null", b"{", dumped(VIEW) + b"x", dumped(VIEW)[:-1], b"x" * (MAX_BYTES + 1))
    assert plain(*odd) == []
    assert plain(dumped(VIEW) + b" \n") == [0]


def test_a_key_that_stands_twice_takes_the_long_way() -> None:
    assert plain(dumped(VIEW)[:-1] + b',"price":3}') == []


def test_bounds_and_words_are_those_of_the_long_way() -> None:
    assert (orders.MAX_ITEMS, orders.MAX_QUANTITY) == (MAX_ITEMS, amounts.MAX_QUANTITY)
    assert numbers.MAX_UNITS == amounts.MAX_UNITS
    assert (numbers.YEAR_2000_MS, numbers.YEAR_9999_MS) == (instants.YEAR_2000_MS, instants.YEAR_9999_MS)
    assert fields.ACTION_TEXTS.lengths.tolist() == [len(action) for action in ACTIONS]


def test_names_and_customers_that_are_not_known() -> None:
    reader = Reader(Numbers(), Numbers())
    assert reader.read([dumped(VIEW)]).others == [0]
    both = Both([dumped(VIEW), dumped({**VIEW, "user": "new"})], users=["ana"])
    assert both.plain.batch.events[:, B_ROW].tolist() == [0, FREE]
    assert both.plain.unknown() == [1]
    both.plain.keep(np.array([False, True]))
    assert (len(both.plain), both.plain.user(0), both.plain.others) == (1, "new", [])
