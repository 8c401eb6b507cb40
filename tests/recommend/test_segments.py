"""What a segment is shown: what its members buy more than others."""

from __future__ import annotations

from itertools import pairwise

from streams.recommend.listing import POPULAR, SEGMENT
from tests.recommend.said import asked, buy, ids, tastes

CROWD = tastes(80, 4)
ONES = [f"u{number}" for number in range(1, 80, 4)]


def test_what_members_buy_more_than_others() -> None:
    """Everybody buys ``e1``, which so is the most popular of all with the members, too."""
    everybody = [buy(f"u{number}", "e1") for number in range(80)]
    picks = asked([*CROWD, *everybody], ones=ONES).for_segment("ones", 6)
    assert {pick.product[1] for pick in picks} == {"1"}
    assert {pick.why for pick in picks} == {SEGMENT}
    assert all(earlier.score >= later.score for earlier, later in pairwise(picks))
    assert len({pick.product[0] for pick in picks}) == 3


def test_two_members_are_no_reason() -> None:
    crowd = [buy(f"u{number}", "x1") for number in range(300)]
    love = [buy("u1", f"y{number}") for number in range(9)] + [buy("u2", f"y{number}") for number in range(9)]
    picks = asked([*crowd, *love], few=["u1", "u2"]).for_segment("few", 3)
    assert {pick.why for pick in picks} == {POPULAR}
    third = [buy("u3", "y1")]
    picks = asked([*crowd, *love, *third], few=["u1", "u2", "u3"]).for_segment("few", 3)
    assert (picks[0].product, picks[0].why) == ("y1", SEGMENT)


def test_everybody_is_like_everybody() -> None:
    picks = asked(CROWD, all=[f"u{number}" for number in range(80)]).for_segment("all", 5)
    assert {pick.why for pick in picks} == {POPULAR}
    assert len(picks) == len(set(ids(picks))) == 5


def test_nobody_is_in_it() -> None:
    assert {pick.why for pick in asked(CROWD, none=[]).for_segment("none", 3)} == {POPULAR}
    assert {pick.why for pick in asked(CROWD).for_segment("unknown", 3)} == {POPULAR}
