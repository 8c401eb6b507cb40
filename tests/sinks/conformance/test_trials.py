"""Who gets which mail while a segment is on trial, on every platform: "b" is on trial against "a"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sinks.conformance.cases import CASES, Case, World, world
from tests.sinks.conformance.world import CrashError
from tests.sinks.shelf import Course

ARMS = ("treatment", "control", "holdout")
#: whose mail each arm gets, of those who are in a, b and c
MAILED = {"treatment": {"b", "c"}, "control": {"a", "c"}, "holdout": {"c"}}
ALL = {"a", "b", "c"}


@pytest.fixture(params=CASES, ids=repr)
def shop(request: pytest.FixtureRequest) -> Iterator[World]:
    case: Case = request.param
    with world(case) as one:
        yield one


def people() -> dict[str, Course]:
    return {arm: Course(arm) for arm in ARMS}


def mailed(shop: World) -> dict[str, set[str]]:
    """By customer the segments whose mail the platform may send them."""
    found: dict[str, set[str]] = shop.far.has()
    if shop.case.name != "webhook":
        return found
    newest: dict[str, dict[str, Any]] = {one["user"]: one for one in shop.far.in_order}
    return {user: segments - {*newest[user].get("withheld", [])} for user, segments in found.items()}


def start(shop: World) -> dict[str, Course]:
    """A trial begins of customers who were in both segments."""
    found = people()
    shop.topic.publish([one.to("a", "b", "c") for one in found.values()])
    shop.deliver()
    assert mailed(shop) == dict.fromkeys(ARMS, ALL)
    shop.topic.publish([one.drawn(arm, "a", "b", "c") for arm, one in found.items()])
    shop.deliver()
    assert mailed(shop) == MAILED
    return found


def test_each_arm_gets_its_mail_until_the_trial_has_ended(shop: World) -> None:
    found = start(shop)
    calls = len(shop.far.seen)
    shop.deliver()
    assert len(shop.far.seen) == calls
    shop.topic.publish([one.drawn("", "a", "b", "c") for one in found.values()])  # the file went to active/
    shop.deliver()
    assert mailed(shop) == dict.fromkeys(ARMS, ALL)
    assert shop.kept.letters == []


def test_they_come_and_go_in_the_middle_of_a_trial(shop: World) -> None:
    found = start(shop)
    shop.topic.publish([one.to("a") for one in found.values()])
    shop.deliver()
    assert mailed(shop) == {arm: {"a"} for arm in ARMS}
    shop.topic.publish([one.drawn(arm, "b") for arm, one in found.items()])
    shop.deliver()
    assert mailed(shop).get("treatment") == {"b"}
    assert not any(mailed(shop).get(arm) for arm in ("control", "holdout"))
    shop.topic.publish([one.to() for one in found.values()])
    shop.deliver()
    assert not any(mailed(shop).values())


def test_a_far_side_that_lost_its_data_is_told_of_the_arms(shop: World) -> None:
    start(shop)
    shop.far.forget()
    shop.deliver(anew=True)
    assert mailed(shop) == MAILED


def test_it_ends_anywhere_and_is_started_again(shop: World) -> None:
    found = people()
    shop.topic.publish([one.drawn(arm, "a", "b", "c") for arm, one in found.items()])
    for crash_at in range(1, 60):
        try:
            shop.deliver(crash_at=crash_at)
        except CrashError:
            continue
        break
    assert mailed(shop) == MAILED


def test_a_webhook_is_told_of_arms_whatever_else_has_changed() -> None:
    with world(CASES[0]) as shop:
        start(shop)
        newest = {one["user"]: one for one in shop.far.in_order}
        assert newest["control"]["arms"] == {"b": "control"}
        assert newest["control"]["withheld"] == ["b"]
        assert (newest["control"]["entered"], newest["control"]["segments"]) == ([], ["a", "b", "c"])
        # the topic kept only the newest record of each, which says that the trial has ended
        ends = [Course(arm) for arm in ARMS]
        for one in ends:
            one.seq, one.segments = 4, ["a", "b", "c"]
        shop.topic.publish([one.to("a", "b", "c") for one in ends])
        shop.deliver()
        last = {one["user"]: one for one in shop.far.in_order}
        assert [(last[arm]["kind"], "arms" in last[arm]) for arm in ARMS] == [("truth", False)] * 3


def test_klaviyo_hears_of_no_entry_to_a_segment_whose_mail_somebody_does_not_get() -> None:
    (case,) = (one for one in CASES if one.name == "klaviyo-events")
    with world(case) as shop:
        found = people()
        shop.topic.publish([one.to("a") for one in found.values()])
        shop.deliver()
        shop.topic.publish([one.drawn(arm, "a", "b") for arm, one in found.items()])
        shop.deliver()
        shop.topic.publish([one.drawn("", "a", "b") for one in found.values()])
        shop.deliver()
        told = {(one["user"], one["metric"], one["segment"]) for one in shop.far.events.values()}
        assert told == {("treatment", "Segment Entered", "b")}
