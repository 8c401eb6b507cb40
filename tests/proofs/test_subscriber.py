"""A subscriber that would notice what must not happen, and differences in words."""

from __future__ import annotations

from typing import Any, cast

import pytest

from streams.clients.changes import Arrived, Cause, Change, ChangeReader
from streams.proofs.subscriber import Subscriber
from streams.proofs.verdict import differences


class Script:
    """Stands where a reader of the topic stands, and hands out what it was given."""

    def __init__(self, changes: list[Arrived]) -> None:
        self.changes = changes

    def poll(self, _: float) -> list[Arrived]:
        taken, self.changes = self.changes, []
        return taken


def change(seq: int, entered: list[str], exited: list[str], segments: list[str]) -> Arrived:
    return Arrived("ana", b"{}", Change("ana", seq, "", entered, exited, segments, Cause("event")))


def subscribed(*changes: Arrived) -> Subscriber:
    subscriber = Subscriber(cast(ChangeReader, Script(list(changes))))
    subscriber.read(0)
    return subscriber


def test_a_right_course() -> None:
    found = subscribed(change(1, ["a"], [], ["a"]), change(2, ["b"], ["a"], ["b"]))

    assert found.faults == []
    assert found.segments == {"ana": ["b"]}
    assert found.records == 2


@pytest.mark.parametrize(
    ("second", "fault"),
    [
        (change(1, ["a"], [], ["a"]), "seq 1 came where 2 was due"),
        (change(3, ["b"], [], ["a", "b"]), "seq 3 came where 2 was due"),
        (change(2, ["b"], [], ["b"]), "seq 2 does not follow from the segments before it"),
    ],
)
def test_a_wrong_course(second: Arrived, fault: str) -> None:
    assert subscribed(change(1, ["a"], [], ["a"]), second).faults[0] == f"customer ana: {fault}"


def test_an_erased_customer_is_in_no_segment() -> None:
    assert subscribed(change(1, ["a"], [], ["a"]), Arrived("ana", None, None)).segments == {"ana": []}


@pytest.mark.parametrize(
    ("expected", "published", "told"),
    [
        ({"ana": ["a"], "ben": []}, {"ana": ["a"]}, []),
        ({"ana": ["a"]}, {}, ["customer ana: published [], the replay finds ['a']"]),
        ({}, {"ana": ["a"]}, ["customer ana: published ['a'], the replay finds []"]),
    ],
)
def test_differences(expected: Any, published: Any, told: list[str]) -> None:
    assert differences(expected, published) == told
