"""Machine traffic by example: views faster than a person, links followed by a scanner."""

from __future__ import annotations

from streams.engine.replay import Replay
from streams.events.traffic import Traffic
from tests.engine.bench import DAY, Bench, T, rules_of, view
from tests.laws.runs import Raw, lines

SECOND = 1_000
FAST = Traffic(views=3, views_ms=10 * SECOND, links_ms=10 * SECOND)
RULES = rules_of(
    browser="{count: views, last: 30d, at_least: 4}",
    clicker="{count: clicks, last: 30d, at_least: 1}",
    opener="{count: opens, last: 30d, at_least: 1}",
    half="{share: emails, where: {clicked: true}, last: 30d, at_least: 50%}",
)


def mail(action: str, after_s: float, link: str | None = None, message: str = "m", **more: object) -> Raw:
    head = {"type": "email", "user": "ana", "id": f"{message}-{action}-{after_s}-{link}", "message": message}
    return {**head, "action": action, "at": T + int(after_s * SECOND), **({"link": link} if link else {}), **more}


def final(*events: Raw, traffic: Traffic = FAST) -> list[str]:
    """The segments a day after the first event."""
    replay = Replay(RULES, traffic=traffic)
    replay.read(lines([{"user": "ana", **event} for event in events]))
    assert not replay.refused
    partition = replay.run(T + DAY)
    row = partition.row_of("ana")
    assert row is not None
    return partition.publisher.segments_of(row)


def test_the_first_views_of_a_burst_are_a_persons_and_the_others_a_machines() -> None:
    burst = [view(f"v{second}", T + second * SECOND) for second in range(9)]
    assert final(*burst) == []
    assert final(*burst, traffic=Traffic()) == ["browser"]


def test_a_person_comes_back_after_the_burst() -> None:
    burst = [view(f"v{second}", T + second * SECOND) for second in range(9)]
    assert final(*burst, view("later", T + 18 * SECOND)) == ["browser"]


def test_three_views_in_just_the_time_and_a_fourth_at_its_end() -> None:
    views = [view(f"v{number}", T + number) for number in range(3)]
    assert final(*views, view("last", T + 10 * SECOND - 1)) == []
    assert final(*views, view("last", T + 10 * SECOND)) == ["browser"]


def test_a_late_view_makes_a_machine_of_those_after_it() -> None:
    views = [view(f"v{number}", T + number * 4 * SECOND) for number in range(4)]
    assert final(*views) == ["browser"]
    assert final(*views, view("late", T + SECOND)) == ["browser"]
    assert final(*views, view("late", T + SECOND), view("later", T + 3 * SECOND)) == []


def test_a_scanner_clicks_different_links_at_once() -> None:
    sent = [mail("sent", 0), mail("delivered", 1)]
    scanner = [mail("opened", 2), mail("clicked", 2, "a"), mail("clicked", 3, "b")]
    assert final(*sent, *scanner) == []
    assert final(*sent, *scanner, traffic=Traffic()) == ["clicker", "half", "opener"]


def test_a_person_clicks_one_link_quickly_or_two_slowly() -> None:
    sent = [mail("sent", 0), mail("delivered", 1)]
    assert final(*sent, mail("clicked", 2, "a"), mail("clicked", 3, "a")) == ["clicker", "half", "opener"]
    assert final(*sent, mail("clicked", 2, "a"), mail("clicked", 11.001, "b")) == ["clicker", "half", "opener"]
    assert final(*sent, mail("clicked", 2), mail("clicked", 3)) == ["clicker", "half", "opener"]  # no link is told


def test_a_person_after_the_scanner() -> None:
    sent = [mail("delivered", 1), mail("clicked", 2, "a"), mail("clicked", 3, "b")]
    assert final(*sent, mail("clicked", 60, "a")) == ["clicker", "half", "opener"]
    assert final(*sent, mail("opened", 60)) == ["opener"]


def test_messages_are_told_apart_also_with_links() -> None:
    first = [mail("delivered", 1), mail("clicked", 2, "a")]
    other = [mail("delivered", 1, message="n"), mail("clicked", 3, "b", message="n")]
    assert final(*first, *other) == ["clicker", "half", "opener"]


def test_they_are_counted() -> None:
    bench = Bench(RULES, {"traffic": FAST})
    bench.fold(*[view(f"v{number}", T + number) for number in range(5)])
    bench.fold(mail("delivered", 1), mail("clicked", 2, "a"), mail("clicked", 3, "b"), mail("opened", 99, machine=True))
    assert bench.partition.counted().machines == 2 + 1 + 1
