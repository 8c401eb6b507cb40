"""Slices come to take the time that they should."""

from __future__ import annotations

from streams.worker.slices import Slices


def after(slices: Slices, each_s: float, times: int) -> int:
    """How many are done at once after so many slices, of which one takes ``each_s`` seconds."""
    for _ in range(times):
        slices.took(each_s * slices.most)
    return slices.most


def test_they_come_to_take_their_time() -> None:
    assert 900 <= after(Slices(0.1, 10, 10_000, 10), 0.0001, 20) <= 1_000


def test_they_grow_twofold_and_shrink_to_a_quarter_at_most() -> None:
    assert after(Slices(0.1, 10, 10_000, 100), 1e-9, 1) == 200
    assert after(Slices(0.1, 10, 10_000, 100), 10.0, 1) == 25


def test_they_keep_their_bounds() -> None:
    assert after(Slices(0.1, 10, 300, 100), 0.0, 5) == 300
    assert after(Slices(0.1, 10, 300, 100), 10.0, 5) == 10
