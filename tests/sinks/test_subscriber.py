"""The subscriber library against a real broker: every change, in order, until its work is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.clients.errors import ClientError
from streams.embedded.kafka import running_kafka
from streams.sinks.subscriber import Subscriber
from streams.sinks.truth import Membership
from tests.sinks.shelf import Course, publish, settings_for

SECONDS = 90.0


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of this module's own, as everybody reads the one topic of memberships."""
    home = tmp_path_factory.mktemp("subscriber")
    with running_kafka(home / "kafka", 0) as address:
        settings_for(address, home)
        yield address


def read(subscriber: Subscriber, count: int, prefix: str) -> list[Membership]:
    """The next memberships of one test's customers."""
    found: list[Membership] = []
    end = time.monotonic() + SECONDS
    while len(found) < count and time.monotonic() < end:
        found += [one for one in subscriber.poll(0.2) if one.user.startswith(prefix)]
    return found


def told(members: list[Membership]) -> list[tuple[str, str, int, list[str], list[str], list[str]]]:
    return [member[:6] for member in members]


def test_first_where_everybody_stands_then_each_change(broker: str) -> None:
    ana, bob, eve = Course("first-ana"), Course("first-bob"), Course("first-eve")
    publish(broker, [ana.to("a"), ana.to("a", "b"), bob.to("a"), bob.to(), eve.to("a"), eve.erased()])
    with Subscriber(broker, "first") as subscriber:
        assert told(read(subscriber, 1, "first-")) == [("truth", "first-ana", 2, ["a", "b"], [], ["a", "b"])]
        publish(broker, [ana.to("b")])
        assert told(read(subscriber, 1, "first-")) == [("change", "first-ana", 3, [], ["a"], ["b"])]
        publish(broker, [ana.erased()])
        assert told(read(subscriber, 1, "first-")) == [("erased", "first-ana", 3, [], ["b"], [])]
        publish(broker, [ana.to("a")])
        assert told(read(subscriber, 1, "first-")) == [("change", "first-ana", 4, ["a"], [], ["a"])]


def test_a_repeat_is_dropped_and_a_gap_told_as_the_difference(broker: str) -> None:
    ana = Course("gap-ana")
    one, two, three, four = ana.to("a"), ana.to("a", "b"), ana.to("b"), ana.to("b", "c")
    with Subscriber(broker, "gap") as subscriber:
        publish(broker, [one])  # before or after everybody is told of
        assert [one[1:6] for one in read(subscriber, 1, "gap-")] == [("gap-ana", 1, ["a"], [], ["a"])]
        publish(broker, [one, four, two, three, ana.to("b")])
        last = read(subscriber, 2, "gap-")
        assert subscriber.repeats == 3
    assert told(last) == [
        ("truth", "gap-ana", 4, ["b", "c"], ["a"], ["b", "c"]),
        ("change", "gap-ana", 5, [], ["c"], ["b"]),
    ]


def test_what_was_aborted_is_not_there(broker: str) -> None:
    ana, bob = Course("aborted-ana"), Course("aborted-bob")
    publish(broker, [ana.to("a")], commit=False)
    publish(broker, [bob.to("a")])
    with Subscriber(broker, "aborted") as subscriber:
        assert [one.user for one in read(subscriber, 1, "aborted-")] == ["aborted-bob"]


def test_one_goes_on_behind_what_is_done(broker: str) -> None:
    ana = Course("done-ana")
    with Subscriber(broker, "done") as subscriber:
        publish(broker, [ana.to("a")])
        read(subscriber, 1, "done-")
    publish(broker, [ana.to("b"), ana.to("c")])
    with Subscriber(broker, "done") as subscriber:
        members = told(read(subscriber, 2, "done-"))
    assert members == [
        ("change", "done-ana", 2, ["b"], ["a"], ["b"]),
        ("change", "done-ana", 3, ["c"], ["b"], ["c"]),
    ]


def test_work_that_failed_comes_again(broker: str) -> None:
    ana = Course("failed-ana")
    publish(broker, [ana.to("a")])
    with Subscriber(broker, "failed") as subscriber:
        read(subscriber, 1, "failed-")
    publish(broker, [ana.to("b"), ana.to("c")])

    def work() -> None:
        with Subscriber(broker, "failed") as subscriber:
            for member in subscriber:
                if member.user == ana.user:
                    raise RuntimeError(f"seq {member.seq}")

    with pytest.raises(RuntimeError, match="seq 2"):
        work()
    with Subscriber(broker, "failed") as subscriber:
        assert [one.seq for one in read(subscriber, 2, "failed-")] == [2, 3]


def test_one_segment(broker: str) -> None:
    ana, bob = Course("one-ana"), Course("one-bob")
    publish(broker, [ana.to("a", "b"), bob.to("b")])
    with Subscriber(broker, "one", segment="a") as subscriber:
        assert told(read(subscriber, 1, "one-")) == [("truth", "one-ana", 1, ["a"], [], ["a", "b"])]
        publish(broker, [ana.to("a"), bob.to("a", "b"), ana.to("c")])
        found = read(subscriber, 2, "one-")
    assert sorted(told(found)) == [
        ("change", "one-ana", 3, [], ["a"], ["c"]),
        ("change", "one-bob", 2, ["a"], [], ["a", "b"]),
    ]


class Running:
    """A subscriber in a thread of its own, as it would be in a process of its own."""

    def __init__(self, broker: str, group: str, prefix: str) -> None:
        self.found: list[Membership] = []
        self.held = 0
        self._prefix = prefix
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(broker, group))
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self, broker: str, group: str) -> None:
        with Subscriber(broker, group) as subscriber:
            while not self._stop.is_set():
                self.found += [one for one in subscriber.poll(0.1) if one.user.startswith(self._prefix)]
                self.held = subscriber.held


def until(held: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not held():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_two_of_a_group_share_the_customers(broker: str) -> None:
    courses = [Course(f"share-{n}") for n in range(40)]
    first, second = Running(broker, "share", "share-"), Running(broker, "share", "share-")
    try:
        until(lambda: first.held == second.held == 2)
        publish(broker, [course.to("a") for course in courses])
        until(lambda: len(first.found) + len(second.found) == 40)
        assert first.found
        assert second.found
        first.stop()
        publish(broker, [course.to("b") for course in courses])
        until(lambda: len({one[1:3] for one in first.found + second.found}) == 80)
    finally:
        first.stop()
        second.stop()
    # what the first had not told the broker as it left may come again, with the same user and seq
    told = {one[1:3] for one in first.found + second.found}
    assert told == {(course.user, seq) for course in courses for seq in (1, 2)}
    # what a member takes over begins with where everybody stands, which is no change
    assert {tuple(one.exited) for one in second.found if one.seq == 2} - {()} == {("a",)}


def test_no_broker_and_no_topic(tmp_path: Path) -> None:
    with pytest.raises(ClientError, match=r"cannot read segment-memberships from 127\.0\.0\.1:1"):
        Subscriber("127.0.0.1:1", "nobody")
    with (
        running_kafka(tmp_path / "kafka", 0) as empty,
        pytest.raises(ClientError, match=f"there is no topic segment-memberships on {empty}; has a worker run there?"),
    ):
        Subscriber(empty, "nobody")
