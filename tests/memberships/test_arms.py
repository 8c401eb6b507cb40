"""Arms of trials in membership records: sticky, even, at most one a customer, and the same wherever they are told."""

from __future__ import annotations

import orjson
import pytest

from streams.engine.replay import replay_events
from streams.memberships.arms import Arms
from streams.rules.load import load_texts
from streams.rules.model import RuleSet
from tests.engine.bench import DAY, Bench, T, view
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
