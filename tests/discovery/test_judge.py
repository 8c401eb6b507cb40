"""A small run of the judge: what is hidden is found, noise is not, and the same customers give the same bytes."""

from __future__ import annotations

import pytest

from streams.discovery.errors import TooFewCustomers
from streams.discovery.judged import program_of
from streams.discovery.miner import Mined, mine
from streams.discovery.proposing import WEEKS
from streams.engine.partition import Partition
from streams.engine.replay import final_segments
from streams.proofs.discovery_bench import Case, line_of, verdict
from streams.proofs.discovery_judge import Judged, Proposed, digest, held, partition_of
from streams.proofs.discovery_shop import DAY_MS, PLANTED, Shop, shop


def test_what_is_hidden_is_found_and_noise_is_not(made: Shop, partition: Partition, mined: Mined) -> None:
    proposed = held(partition, made, mined)
    # in so small a shop others are half of their cell of recency, frequency and money, or too few in a category
    assert {one.kind for one in proposed} >= {"window", "speeding"}, proposed
    assert all(one.right for one in proposed), proposed


def test_the_same_customers_give_the_same_bytes(made: Shop, mined: Mined) -> None:
    assert digest(mine(partition_of(made), made.asof_ms)) == digest(mined)


def test_sizes_are_those_of_a_replay_of_the_rule(made: Shop, partition: Partition, mined: Mined) -> None:
    rules = {f"rule-{number}": one.rule for number, one in enumerate(mined.candidates)}
    program = program_of(partition, rules)
    for back, week in ((0, WEEKS - 1), (3, WEEKS - 4)):
        segments = final_segments(made.lines, program.rule_set, until_ms=made.asof_ms - back * 7 * DAY_MS)
        for name, one in zip(rules, mined.candidates, strict=True):
            members = sum(any(segment.partition("/")[0] == name for segment in names) for names in segments.values())
            assert one.sizes[week][1] == (members if members >= 50 else 0)
            assert week != WEEKS - 1 or one.size == members


def test_rules_of_others_are_measured_alike(mined: Mined) -> None:
    again = mined.measure([one.rule for one in mined.candidates])
    for one, other in zip(mined.candidates, again, strict=True):
        assert other is not None
        assert (one.size, one.sizes, one.overlaps) == (other.size, other.sizes, other.overlaps)
    assert mined.measure([{"when": {"count": "nonsense", "at_least": 1}}]) == [None]


def test_what_live_segments_say_is_not_proposed_again(made: Shop, partition: Partition, mined: Mined) -> None:
    live = program_of(partition, {"known": mined.candidates[0].rule}).rule_set
    from streams.engine.replay import Replay

    replay = Replay(live)
    replay.read(made.lines)
    again = mine(replay.run(made.asof_ms), made.asof_ms)
    assert mined.candidates[0].rule not in [one.rule for one in again.candidates]
    assert len(again.candidates) == len(mined.candidates) - 1
    assert again.evidence.segments == {"known": mined.candidates[0].size}


def test_a_shop_with_too_few_customers_is_told_so() -> None:
    small = shop(120, 5)
    with pytest.raises(TooFewCustomers, match="needs 200 customers"):
        mine(partition_of(small), small.asof_ms)


def test_the_verdict_on_many_shops() -> None:
    right = Proposed("x", 200, "window", 0.9, 0.8)
    good = Judged([right] * 4, dict.fromkeys(PLANTED, True), 2.0, 3.0, "a")
    bad = Judged(
        [right, Proposed("y", 90, "", 0.1, 0.0)],
        dict.fromkeys(PLANTED, True) | dict.fromkeys(["window", "speeding"], False),
        70.0,
        3.0,
        "b",
    )
    assert all(verdict([line_of(Case(200, 0.0), [good, good])], stable=True).values())
    line = line_of(Case(200, 0.0), [good, bad])
    assert (line.recall, line.proposed, line.wrong, line.missed) == (0.8, 6, 1, ["window (1)", "speeding (1)"])
    assert not any(verdict([line], stable=False).values())
