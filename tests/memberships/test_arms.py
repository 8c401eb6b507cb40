"""Arms of trials in membership records: sticky, even, at most one a customer, and the same wherever they are told."""

from __future__ import annotations

import orjson
import pytest

from streams.engine.replay import replay_events
from streams.memberships.arms import Arm, Arms
from streams.rules.load import load_texts
from streams.rules.model import RuleSet
from tests.engine.bench import DAY, Bench, T, program_of, view
from tests.laws.runs import Raw

BROAD = "title: B\nwhen: {count: views, at_least: 1}\n"
KEEN = "title: K\nwhen: {count: views, last: 7d, at_least: 2}\n"


def rules(**trials: str) -> RuleSet:
    """A broad segment, and one on trial for each of ``name="terms"``; "_" in a name is "-"."""
    texts = {
        f"trial/{name.replace('_', '-')}.yaml": f"{KEEN}trial: {{against: broad{', ' if terms else ''}{terms}}}\n"
        for name, terms in trials.items()
    }
    return load_texts({"active/broad.yaml": BROAD, **texts})


def arms_of(found: RuleSet, *segments: str, users: int = 2_000) -> list[str | None]:
    arms = Arms(found.rules)
    return [arm and ":".join(arm) for n in range(users) for arm in (arms.of(f"u{n}", segments),)]


def visits(user: str, *days: int) -> list[Raw]:
    return [view(f"{user}-{day}", T + day * DAY, user=user) for day in days]


def test_records_tell_the_arm_of_those_who_are_in_the_segment() -> None:
    bench = Bench(rules(keen=""))
    bench.fold(*visits("ana", 0, 1, 20, 21))
    bench.advance()
    found = bench.changes()
    arm = Arms(rules(keen="").rules).of("ana", ["keen"])
    assert arm is not None
    assert [(one["segments"], one.get("arms")) for one in found] == [
        (["broad"], None),
        (["broad", "keen"], {"keen": arm.arm}),
        (["broad"], None),
        (["broad", "keen"], {"keen": arm.arm}),  # who comes back gets the same mail as before
    ]


def test_records_tell_whose_mail_an_arm_does_not_get() -> None:
    found = rules(keen="share: 40%, holdout: 20%")
    bench = Bench(found)
    bench.fold(*(event for n in range(60) for event in visits(f"u{n}", 0, 1)))
    said = {next(iter(one["arms"].values())): one["withheld"] for one in bench.changes() if "arms" in one}
    assert said == {"treatment": ["broad"], "control": ["keen"], "holdout": ["broad", "keen"]}
    arms, mine = Arms(found.rules), Arm("keen", "treatment")
    assert arms.withheld(mine, ["keen", "other"]) == []  # not in the broad segment
    assert arms.withheld(mine, ["broad/shoes", "broader", "keen"]) == ["broad/shoes"]


def test_a_segment_that_is_not_on_trial_has_no_arms() -> None:
    text = f"{KEEN}trial: {{against: broad}}\n"
    found = load_texts({"active/broad.yaml": BROAD, "active/keen.yaml": text, "trial/other.yaml": KEEN})
    assert not Arms(found.rules)
    assert set(arms_of(found, "keen", "other")) == {None}


@pytest.mark.parametrize(
    ("terms", "shares"),
    [
        ("", {"treatment": 0.5, "control": 0.5}),
        ("share: 20%", {"treatment": 0.2, "control": 0.8}),
        ("share: 45%, holdout: 10%", {"treatment": 0.45, "control": 0.45, "holdout": 0.1}),
    ],
)
def test_customers_are_drawn_in_the_shares_asked_for(terms: str, shares: dict[str, float]) -> None:
    found = arms_of(rules(keen=terms), "broad", "keen")
    for arm, share in shares.items():
        assert found.count(f"keen:{arm}") == pytest.approx(2_000 * share, abs=90)
    assert len(set(found)) == len(shares)


def test_another_run_draws_anew() -> None:
    first, second = (arms_of(rules(keen=f"started: 2026-0{month}-01T00:00:00Z"), "keen") for month in (1, 2))
    assert sum(a == b for a, b in zip(first, second, strict=True)) == pytest.approx(1_000, abs=120)


def test_nobody_is_in_two_trials() -> None:
    found = arms_of(rules(keen="", other="", third=""), "keen", "other", "third")
    for name in ("keen", "other", "third"):
        mine = [one for one in found if one and one.startswith(name)]
        assert len(mine) == pytest.approx(2_000 / 3, abs=100)
        assert mine.count(f"{name}:control") == pytest.approx(len(mine) / 2, abs=60)


def test_a_replay_says_the_same() -> None:
    found = rules(keen="", other="share: 30%")
    events = [event for n in range(30) for event in visits(f"u{n}", 0, 1, 2)]
    bench = Bench(found)
    bench.fold(*events)
    lines = [orjson.dumps({"at": T, **event}) for event in events]
    said = {(one["user"], one["seq"]): one.get("arms") for one in replay_events(lines, found)}
    assert said == {(one["user"], one["seq"]): one.get("arms") for one in bench.changes()}
    assert sum(arms is not None for arms in said.values()) == 30


ACTIVE = load_texts({"active/broad.yaml": BROAD, "active/keen.yaml": KEEN})
RETIRED = load_texts({"active/broad.yaml": BROAD})


@pytest.mark.parametrize("crash", [False, True])
def test_the_newest_record_tells_the_arm_that_holds(crash: bool) -> None:
    """Whenever a trial begins, changes or ends, each customer of the segment is told of once, also after a crash in the
    middle, and nobody else."""
    bench = Bench(ACTIVE, {"clock": "wall"}, now_ms=T + DAY)
    bench.fold(*(event for n in range(6) for event in visits(f"u{n}", 0, 1)), view("x", user="other"), now_ms=T + DAY)
    seqs = {one["user"]: one["seq"] for one in bench.changes()}
    runs = (rules(keen=""), rules(keen="share: 10%"), rules(keen="started: 2026-01-02T00:00:00Z"), ACTIVE, RETIRED)
    for number, found in enumerate(runs, 1):
        now_ms = T + DAY + number * 1_000
        bench.partition.switch(program_of(found), now_ms)
        bench.rules = found
        told = []
        if crash:
            bench.partition.advance(now_ms, 3)
            told += bench.changes()
            bench = Bench(found, {"clock": "wall"}, now_ms, changelog=bench.changelog)
        bench.advance(now_ms)
        told += bench.changes()
        arms = Arms(found.rules)
        assert sorted(one["user"] for one in told) == [f"u{n}" for n in range(6)]
        for one in told:
            mine = arms.of(one["user"], one["segments"])
            assert one.get("arms") == (None if mine is None else {mine.segment: mine.arm})
            assert (one["entered"], one["exited"]) == ([], ["keen"] if found is RETIRED else [])
            assert one["cause"] == {"kind": "rules"}
            assert one["seq"] == seqs[one["user"]] + number
        sizes = {name: size for name, size in bench.partition.sizes().items() if size}
        assert sizes == {"broad": 7, **({} if found is RETIRED else {"keen": 6})}
    assert bench.partition.counted().entered.keys() <= {"broad", "keen"}
