"""Sizes, their movement, and which changes are told."""

from __future__ import annotations

from streams.clients.changes import Arrived, Cause, Change
from streams.clients.words import Words
from streams.demo.board import Board, Size

OPENING_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
LIVE, HISTORY = "2026-01-01T00:00:00.000Z", "2025-12-31T23:59:59.999Z"


def changed(user: str, entered: list[str], exited: list[str], segments: list[str], at: str = LIVE) -> Arrived:
    return Arrived(user, b"{}", Change(user, 1, at, entered, exited, segments, Cause("event", "e")))


def board() -> Board:
    return Board(["a", "b"], Words(), OPENING_MS)


def test_sizes_follow_the_newest_record_of_each_customer() -> None:
    shown = board()
    shown.take(changed("ana", ["a"], [], ["a"]), 0)
    shown.take(changed("ben", ["a", "b"], [], ["a", "b"]), 1)
    shown.take(changed("ana", ["b"], ["a"], ["b"]), 2)

    assert shown.sizes(3) == [Size("b", 2, 2), Size("a", 1, 1)]


def test_movement_is_that_of_the_last_minute() -> None:
    shown = board()
    shown.take(changed("ana", ["a"], [], ["a"]), 0)
    shown.take(changed("ben", ["a"], [], ["a"]), 30)
    shown.take(changed("ana", [], ["a"], []), 50)

    assert [shown.sizes(now)[0].moved for now in (50, 59.9, 60, 89.9, 90, 110)] == [1, 1, 0, 0, -1, 0]


def test_history_counts_but_is_not_told() -> None:
    shown = board()

    assert shown.take(changed("ana", ["a"], [], ["a"], HISTORY), 0) == []
    assert shown.sizes(1)[0] == Size("a", 1, 0)
    assert shown.told == 0


def test_each_segment_of_a_change_is_a_line() -> None:
    shown = board()
    lines = shown.take(changed("ana", ["a"], ["b"], ["a"]), 0)

    assert [(line.user, line.entered, line.segment) for line in lines] == [("ana", True, "a"), ("ana", False, "b")]
    assert shown.told == 2


def test_an_erased_customer_leaves_everything() -> None:
    shown = board()
    shown.take(changed("ana", ["a"], [], ["a"]), 0)

    assert shown.take(Arrived("ana", None, None), 1) == []
    assert shown.sizes(1)[0].members == 0


def test_segments_that_no_rule_names_are_counted_too() -> None:
    shown = board()
    shown.take(changed("ana", ["family/shoes"], [], ["family/shoes"]), 0)

    assert [size.segment for size in shown.sizes(0)] == ["family/shoes", "a", "b"]
