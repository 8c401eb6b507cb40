"""Which records of the live topics are taken in, and which are others' to tell of."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.events.rates import NO_RATES
from streams.outcomes.book import Book
from streams.outcomes.sums import Terms
from streams.tracking.intake import Intake

AT = "2026-05-01T00:00:00Z"
MAIL = {"type": "email", "id": "m", "user": "ana", "at": AT, "action": "sent", "message": "m1", "segment": "keen"}
RECORD = {"user": "ana", "seq": 1, "at": "2026-04-30T00:00:00.000Z", "segments": ["keen"], "arms": {"keen": "control"}}


def taken(**events: Any) -> tuple[Intake, set[str]]:
    """The intake of a partition in which ana is at home, and the keys of what it then publishes."""
    intake, book = Intake(NO_RATES, lambda user: 0 if user == "ana" else 1), Book(0, Terms(), 730 * 86_400_000)
    for value in events.get("inputs", ()):
        intake.event(book, 0, b"ana", value if value is None or isinstance(value, bytes) else orjson.dumps(value))
    for value in events.get("records", ()):
        intake.membership(book, b"ana", value if value is None or isinstance(value, bytes) else orjson.dumps(value))
    return intake, {key.decode() for key, _ in book.changed().totals}


def test_mail_is_taken_with_the_arm_that_held() -> None:
    intake, keys = taken(inputs=[MAIL], records=[RECORD])
    assert keys == {"0/day/keen/2026-05-01/control", "0/trial/keen/control"}
    assert (intake.counts.records, intake.counts.taken, intake.counts.odd) == (2, 2, 0)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"{",
        b'{"type":"email"}',
        {**MAIL, "user": "bo"},  # at home elsewhere: the workers forward it
        {**MAIL, "action": "resubscribed"},
        {**MAIL, "action": "bounced", "soft": True},
        {"type": "view", "user": "ana", "at": AT, "product": "email"},
    ],
)
def test_what_is_not_taken(value: Any) -> None:
    intake, keys = taken(inputs=[value])
    assert (keys, intake.counts.taken) == (set(), 0)


@pytest.mark.parametrize(
    "raw", [orjson.dumps({**MAIL, "user": None}), orjson.dumps(MAIL).replace(b"email", b"\\u0065mail")]
)
def test_mail_in_another_spelling(raw: bytes) -> None:
    assert taken(inputs=[raw])[1] == {"0/day/keen/2026-05-01/-"}


@pytest.mark.parametrize(("value", "odd"), [(None, 0), (b"{", 1), ({"seq": 1}, 1), ({**RECORD, "at": "noon"}, 1)])
def test_records_that_make_no_sense_are_counted(value: Any, odd: int) -> None:
    intake, keys = taken(records=[value])
    assert (keys, intake.counts.odd) == (set(), odd)
