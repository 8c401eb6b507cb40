"""Sentences about segments that are not well."""

from __future__ import annotations

import pytest

from streams.dashboard.health import Signs, health_of


@pytest.mark.parametrize(
    ("signs", "state", "note"),
    [
        (Signs(50, 50, 10, None), "good", None),
        (Signs(50, None, 10, ("other", 0.69)), "good", None),
        (Signs(0, None, 0, None), "bad", "Nobody is in it."),
        (Signs(0, 1_200, 1_200, None), "bad", "Nobody is in it; a week ago 1,200 were."),
        (Signs(49, 100, 10, None), "watch", "It fell from 100 to 49 customers within a week."),
        (Signs(50, 50, 101, None), "watch", "Customers come and go: it was left 101 times in a week."),
        (Signs(50, 50, 0, ("other", 0.7)), "watch", "Nearly the same customers as other (70% of those in either)."),
        (Signs(50, 50, 0, None, ["No mail went to it in two weeks."]), "watch", "No mail went to it in two weeks."),
        (Signs(3, 10, 50, ("other", 1.0)), "good", None),
    ],
)
def test_signs(signs: Signs, state: str, note: str | None) -> None:
    assert health_of(signs) == {"state": state, "notes": [] if note is None else [note]}
