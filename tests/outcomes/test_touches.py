"""Attribution by example: which message an order counts for, of which segment and arm a message is."""

from __future__ import annotations

import pytest

from streams.outcomes.facts import ORDER, REFUND, Fact, Stood, Story
from streams.outcomes.joined import Edge
from streams.outcomes.sums import Span, Terms, drawn, local_day, sums_of
from streams.outcomes.touches import Bought, bought_of, credited, touches_of

DAY = 86_400_000
T = 1_772_323_200_000  # 2026-03-01T00:00:00Z


def story(*facts: Fact, stood: tuple[Stood, ...] = ()) -> Story:
    found = Story()
    for number, fact in enumerate(facts):
        found.take(f"e{number}", fact)
    for one in stood:
        found.stand(one)
    return found


def claims(*facts: Fact, window: int = 5 * DAY, at: int = T) -> str | None:
    """The message that an order at T counts for."""
    found = credited(touches_of(story(*facts)), at, window)
    return found and found.message


def test_a_click_before_an_open_before_a_delivery() -> None:
    click, opened = Fact(T - 4 * DAY, "clicked", "a"), Fact(T - 3 * DAY, "opened", "b")
    delivered = Fact(T - 1, "delivered", "c")
    assert claims(click, opened, delivered) == "a"
    assert claims(opened, delivered) == "b"
    assert claims(delivered) == "c"
    assert claims(Fact(T - 1, "opened", "c", machine=True), opened) == "b"


def test_the_last_of_several() -> None:
    assert claims(Fact(T - 2, "clicked", "b"), Fact(T - 1, "clicked", "a")) == "a"
    assert claims(Fact(T - 1, "clicked", "b"), Fact(T - 1, "clicked", "a")) == "b"


@pytest.mark.parametrize(("before", "said"), [(0, "m"), (5 * DAY, "m"), (5 * DAY + 1, None), (-1, None)])
def test_both_ends_of_the_window_are_in(before: int, said: str | None) -> None:
    assert claims(Fact(T - before, "clicked", "m")) == said


def test_a_message_without_deliveries_counts_from_when_it_was_sent_if_it_did_not_come_back() -> None:
    sent = Fact(T - 1, "sent", "m")
    assert claims(sent) == "m"
    assert claims(sent, Fact(T, "bounced", "m")) is None


def test_the_segment_that_a_message_states_first_is_its_own() -> None:
    facts = (
        Fact(T, "sent", "m"),
        Fact(T + 2, "clicked", "m", segment="late"),
        Fact(T + 1, "opened", "m", segment=" Keen"),
    )
    (touch,) = touches_of(story(*facts, stood=(Stood(1, T, ("broad",)),)))
    assert touch.segment == "keen"


@pytest.mark.parametrize(
    ("stood", "segment", "arm"),
    [
        ((), "-", "-"),
        (((1, T + 1, ("a",), None),), "-", "-"),
        (((1, T, ("a", "b"), None),), "a", "-"),
        (((1, T - 9, ("b",), None), (2, T - 5, ("a", "b"), None)), "a", "-"),
        (((1, T - 9, ("a",), None), (2, T - 5, ("b",), None), (3, T - 1, ("a", "b"), None)), "a", "-"),
        (((1, T - 9, ("b",), None), (2, T - 5, ("b", "helper"), None)), "b", "-"),
        (((1, T - 9, ("b",), None), (2, T - 5, ("a", "b"), ("a", "treatment"))), "a", "treatment"),
        (((1, T - 9, ("b",), None), (2, T - 5, ("a", "b"), ("a", "control"))), "b", "control"),
        (((1, T - 9, ("helper",), None),), "-", "-"),
    ],
)
def test_else_the_mailed_segment_that_was_entered_last(
    stood: tuple[tuple[int, int, tuple[str, ...], tuple[str, str] | None], ...], segment: str, arm: str
) -> None:
    (touch,) = touches_of(story(Fact(T, "sent", "m"), stood=tuple(Stood(*one) for one in stood)), {"helper"})
    assert (touch.segment, touch.arm) == (segment, arm)


def test_orders_and_what_is_left_of_them() -> None:
    def left(*facts: Fact) -> list[Bought]:
        return bought_of(story(*facts))

    order = Fact(T, ORDER, "o", 100)
    assert left(order) == [Bought(T, 100)]
    assert left(order, Fact(T + 5, ORDER, "o", 80)) == [Bought(T, 80)]
    assert left(order, Fact(T - 5, REFUND, "o", 30)) == [Bought(T, 70)]
    assert left(order, Fact(T + 5, REFUND, "o", 30), Fact(T + 6, REFUND, "o", 70)) == []
    assert left(order, Fact(T + 5, REFUND, "o")) == []
    assert left(Fact(T + 5, REFUND, "o")) == []
    assert left(Fact(T, ORDER, "free", 0)) == [Bought(T, 0)]


def test_two_messages_of_a_day_are_one_recipient() -> None:
    found = sums_of(story(Fact(T, "sent", "a", segment="s"), Fact(T + 1, "sent", "b", segment="s")), Terms())
    assert found == {("s", "2026-03-01", "-"): [2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1]}


@pytest.mark.parametrize(("zone", "day"), [("UTC", "2026-03-01"), ("America/New_York", "2026-02-28")])
def test_a_day_is_the_shops(zone: str, day: str) -> None:
    assert local_day(T, zone) == day


@pytest.mark.parametrize(
    ("stood", "since"),
    [
        ([(T + 1, "treatment")], T + 1),
        ([(T - 9, "treatment")], T),  # by the customer's own clock, where events are the clock
        ([(T - 9, "treatment"), (T + 5, "treatment")], T),
        ([(T - 9, "control"), (T + 5, "treatment")], T + 5),  # the first is of an earlier run
        ([(T - 9, "treatment"), (T - 5, "")], None),  # they had left when it began
        ([(T - 9, "treatment"), (T + 5, "")], T),
        ([(T + DAY, "treatment")], None),
    ],
)
def test_since_when_somebody_counts_for_a_trial(stood: list[tuple[int, str]], since: int | None) -> None:
    records = [Stood(seq, at, ("x",), ("x", arm) if arm else None) for seq, (at, arm) in enumerate(stood)]
    found = drawn(story(stood=tuple(records)), {"x": Span(T, T + DAY)})
    assert found == ({} if since is None else {"x": ("treatment", since)})


@pytest.mark.parametrize(
    ("segment", "campaign", "variant"),
    [
        ("keen", "keen:a", "a"),
        ("keen", " Keen:b:de-AT ", "b:de-AT"),
        ("fan/shoes", "fan:a:en", "a:en"),
        ("keen", "fan:a", None),  # another segment's copy
        ("keen", "keen", None),
        ("keen", "keen:a:en:x", None),
        ("keen", "keen:a/b", None),
        ("keen", None, None),
    ],
)
def test_the_variant_is_what_the_campaign_names(segment: str, campaign: str | None, variant: str | None) -> None:
    sums = sums_of(story(Fact(T, "sent", "m", campaign=campaign, segment=segment)), Terms())
    day = segment, "2026-03-01", "-"
    assert set(sums) == {day, *([] if variant is None else [(*day, variant)])}


def test_what_is_older_than_the_retention_is_forgotten_with_what_it_added() -> None:
    found = story(
        Fact(T, "sent", "old"),
        Fact(T + 10 * DAY, "sent", "new"),
        stood=(Stood(1, T - DAY, ("a",)), Stood(2, T, ("a", "b")), Stood(3, T + 9 * DAY, ("b",))),
    )
    found.age(10 * DAY)
    assert [fact.subject for fact in found.facts.values()] == ["new"]
    assert [seq for _, seq in sorted(found.stood)] == [2, 3]  # the second held when the window began
    assert Story.from_bytes(found.to_bytes()) == found


def test_a_story_is_read_as_it_was_written() -> None:
    found = story(
        Fact(T, ORDER, "o", 100),
        Fact(T, REFUND, "o", 0),
        Fact(T, REFUND, "p"),
        Fact(T, "sent", "m", None, "may", "keen", False, "digest"),
        stood=(Stood(1, T, ("a",)), Stood(2, T, (), ("a", "control")), Stood(2, T, ("b",), None, "digest")),
    )
    found.edges.add(Edge("", "digest", T))
    found.erase("digest", T - 1)
    assert Story.from_bytes(found.to_bytes()) == found
