"""What is kept of the last round, and when another one is owed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.rounds.last import MOST_TRIES, Last, decoded, encoded

DAY_MS = 86_400_000
NOW_MS = 1_780_000_000_000


def test_nothing_is_owed_before_the_schedule_began_or_once_it_is_served() -> None:
    assert not Last().owed(NOW_MS)
    assert not Last(served_ms=NOW_MS).owed(NOW_MS)
    assert Last(served_ms=NOW_MS - DAY_MS).owed(NOW_MS)


def test_a_round_that_ended_serves_its_instant_well_or_not() -> None:
    begun = Last(served_ms=1).begun(NOW_MS, NOW_MS - 5, "w1")
    assert (begun.running, begun.tries, begun.owed(NOW_MS - 5)) == (True, 1, True)
    for end in (begun.ended(NOW_MS + 2_000, proposals=("a",)), begun.ended(NOW_MS + 2_000, error="no")):
        assert (end.running, end.seconds, end.owed(NOW_MS - 5), end.owed(NOW_MS)) == (False, 2.0, False, True)


def test_what_never_ends_is_given_up() -> None:
    last = Last(served_ms=1)
    for tries in range(1, MOST_TRIES + 1):
        assert not last.spent(NOW_MS)
        last = last.begun(NOW_MS, NOW_MS, "w1")
        assert last.tries == tries
    assert last.spent(NOW_MS)
    assert not last.spent(NOW_MS + 1)
    assert not last.ended(NOW_MS, error="killed").owed(NOW_MS)
    assert last.begun(NOW_MS, NOW_MS + 1, "w1").tries == 1


def test_a_round_by_hand_serves_nothing() -> None:
    last = Last(served_ms=5).begun(NOW_MS, 0, "w1").ended(NOW_MS)
    assert (last.served_ms, last.tries, last.owed(6)) == (5, 0, True)


@given(st.builds(Last, st.integers(0, NOW_MS), proposals=st.lists(st.text()).map(tuple), usd=st.floats(0, 9)))
def test_it_comes_back_as_it_was(last: Last) -> None:
    assert decoded(encoded(last)) == last


def test_a_record_of_another_version_is_none() -> None:
    assert decoded(b"") is None
    assert decoded(b'{"began_ms": "soon"}') is None
