"""The decoder refuses what the reference refuses, and takes what it takes."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from streams.events.decode import Refusal, decode_event
from tests.laws.events import Raw, World, events
from tests.reference.events import Event, Refused, parse

NAMES = (
    *("id", "type", "user", "at", "product", "category", "price", "order", "items", "total", "discount", "coupon"),
    *("action", "message", "campaign", "segment", "machine", "soft", "set", "currency", "quantity"),
)
ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        3,
        "3",
        "-1",
        "NaN",
        "x",
        "",
        "EUR",
        [],
        {},
        [1],
        ["a"] * 8,
        ["a"] * 9,
        [True],
        [{}],
    ),
    *({"a": 1}, {"a": []}, {"a": {}}, [{"product": "p"}], [{"product": "p", "quantity": 0}], [{"price": 1}]),
    *([{"product": "p", "price": "-1"}], [{"product": 7, "quantity": "2"}], [{"product": "p", "quantity": 1.5}]),
)
STAMPS = (
    *("2026-03-01T00:00:00", "2026-03-01T00:00:00Z", "1772409600000", 1_772_409_600_000),
    *("1999-12-31T23:59:59.999Z", "2000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-03-01T25:00:00Z"),
    *("2026-03-01T00:00:00.1239+02:00", "2026-03-01T00:00:00.-05:00", "2026-03-01t00:00:00z", "2026-03-01"),
)


def spoilt(event: Raw) -> st.SearchStrategy[Raw]:
    """The event with some fields taken away and others replaced by something odd."""
    replaced = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(ODD), max_size=2)
    stamped = st.fixed_dictionaries({}, optional={"at": st.sampled_from(STAMPS)})
    without = st.sets(st.sampled_from(NAMES), max_size=1)
    return st.builds(
        lambda new, at, gone: {k: v for k, v in (event | at | new).items() if k not in gone}, replaced, stamped, without
    )


@given(events(World()).flatmap(spoilt))
def test_the_same_events_are_refused(raw: Raw) -> None:
    found = decode_event(orjson.dumps(raw))
    expected = read(raw)
    assert isinstance(found, Refusal) == isinstance(expected, Refused), (found, expected)
    if isinstance(expected, Event) and not isinstance(found, Refusal):
        assert (found.id, found.user, found.at) == (expected.id, expected.user, expected.at)


def read(raw: Raw) -> Event | Refused:
    """What the reference makes of a raw event."""
    try:
        return parse(raw)
    except Refused as error:
        return error
