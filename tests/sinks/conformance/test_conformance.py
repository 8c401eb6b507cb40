"""What every sink over HTTP does, whatever the platform."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.sinks.conformance.cases import CASES, Case, World, world
from tests.sinks.conformance.server import Fault
from tests.sinks.conformance.world import CrashError
from tests.sinks.shelf import Course

HOUR_MS = 3_600_000


@pytest.fixture(params=CASES, ids=repr)
def shop(request: pytest.FixtureRequest) -> Iterator[World]:
    case: Case = request.param
    with world(case) as one:
        yield one


class Shop:
    """Customers who move about at random."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self.courses = [Course(f"u{n}") for n in range(count)]
        self._chance = random.Random(seed)

    def moves(self, count: int) -> list[tuple[str, bytes | None]]:
        return [self._move(self._chance.choice(self.courses)) for _ in range(count)]

    def _move(self, course: Course) -> tuple[str, bytes | None]:
        if self._chance.random() < 0.05 and course.segments:
            return course.erased()
        return course.to(*self._chance.sample("abc", self._chance.randint(0, 3)))

    def truth(self) -> dict[str, set[str]]:
        return {course.user: {*course.segments} for course in self.courses if course.segments}


def started(shop: World, count: int = 30) -> Shop:
    """Everybody is told of; what follows are changes."""
    people = Shop(count)
    shop.topic.publish([course.to("a") for course in people.courses])
    shop.deliver()
    assert shop.far.has() == people.truth()
    return people


def test_first_everybody_then_each_change(shop: World) -> None:
    people = started(shop)
    shop.topic.publish(people.moves(100))
    shop.deliver()
    assert shop.far.has() == people.truth()
    calls = len(shop.far.seen)
    shop.deliver()
    assert len(shop.far.seen) == calls  # a restart sends nothing that is there
    assert shop.kept.letters == []


def test_the_order_of_a_customer(shop: World) -> None:
    ana = Course("ana")
    shop.most = 3
    shop.topic.publish([ana.to("a")])
    shop.deliver()
    shop.topic.publish([ana.to("a", "b"), ana.to("b"), ana.to(), ana.to("c"), ana.to("b", "c")])
    shop.far.faults += [Fault(), Fault(500), Fault(lost=True)]
    shop.deliver()
    assert shop.far.has() == {"ana": {"b", "c"}}
    if shop.case.name == "webhook":
        assert [one["seq"] for one in shop.far.in_order] == [1, 2, 3, 4, 5, 6]
        assert [one["kind"] for one in shop.far.in_order] == ["truth"] + ["change"] * 5
        assert all(
            len({one["user"] for one in call.json["records"]}) == len(call.json["records"]) for call in shop.far.seen
        )


def test_only_what_failed_is_tried_again(shop: World) -> None:
    people = started(shop)
    shop.far.shaky = {"u3": 2, "u7": 1}
    before = len(shop.far.seen)
    shop.topic.publish([course.to("b") for course in people.courses])
    shop.deliver()
    assert shop.far.has() == people.truth()
    told = [user for call in shop.far.seen[before:] for user in shop.far.users(call)]
    if shop.far.names_shaky:
        assert {user: told.count(user) for user in told if told.count(user) > 1} == {"u3": 3, "u7": 2}


def test_what_is_refused_for_good_is_put_aside_and_the_rest_goes_on(shop: World) -> None:
    people = started(shop)
    shop.far.bad, before = {"u5", "u6"}, len(shop.far.seen)
    shop.topic.publish([course.to("a", "b") for course in people.courses])
    shop.deliver()
    truth = people.truth()
    assert {user: has for user, has in shop.far.has().items() if user not in shop.far.bad} == {
        user: has for user, has in truth.items() if user not in shop.far.bad
    }
    assert sorted((letter.user, letter.seq) for letter in shop.kept.letters) == [("u5", 2), ("u6", 2)]
    assert all(letter.reason for letter in shop.kept.letters)
    if shop.far.names_bad:
        told = [user for call in shop.far.seen[before:] for user in shop.far.users(call)]
        assert sorted(told) == sorted(truth)  # nobody twice
    shop.far.bad = set()
    shop.topic.publish([people.courses[5].to("b")])  # the next change makes up for what was missed
    shop.deliver()
    assert shop.far.has()["u5"] == {"b"}


def test_what_fails_for_too_long_is_put_aside(shop: World) -> None:
    people = started(shop)
    shop.far.shaky = {"u5": 10_000}
    shop.topic.publish([course.to("a", "b") for course in people.courses])
    begin = shop.watch.now_ms()
    shop.deliver(give_up_ms=HOUR_MS)
    assert [letter.user for letter in shop.kept.letters] == ["u5"]
    assert HOUR_MS < shop.watch.now_ms() - begin < 2 * HOUR_MS
    assert {user for user, has in shop.far.has().items() if has == {"a", "b"}} >= set(people.truth()) - {"u5"}


def test_that_somebody_is_out_is_never_given_up(shop: World) -> None:
    people = started(shop)
    shop.far.shaky = {"u5": 40}
    shop.topic.publish([people.courses[5].to()])
    shop.deliver(give_up_ms=1_000)
    assert shop.kept.letters == []
    assert "u5" not in shop.far.has()


def test_429_with_a_time_to_wait(shop: World) -> None:
    people = started(shop)
    shop.topic.publish(people.moves(50))
    shop.far.faults += [Fault(429, {"retry-after": "120"})]
    before, begin = len(shop.far.seen), shop.watch.now_ms()
    shop.deliver()
    first, second = shop.far.seen[before : before + 2]
    assert (first.status, first.at_ms) == (429, begin)
    assert second.at_ms >= first.at_ms + 120_000
    assert shop.far.has() == people.truth()


@pytest.mark.parametrize("fault", [Fault(500), Fault(503), Fault(lost=True), Fault(504)], ids=str)
def test_errors_and_lost_answers(shop: World, fault: Fault) -> None:
    people = started(shop)
    shop.topic.publish(people.moves(60))
    shop.far.faults += [fault] * 4 + [Fault()] + [fault] * 2
    shop.deliver()
    assert shop.far.has() == people.truth()
    assert shop.kept.letters == []


def test_answers_that_come_too_late(shop: World) -> None:
    people = started(shop)
    shop.timeout_s = 0.4
    shop.topic.publish(people.moves(40))
    shop.far.faults += [Fault(late_s=0.8), Fault(late_s=0.8)]
    shop.deliver()
    assert shop.far.has() == people.truth()
    assert any("no answer in time" in line for line in shop.said)


def test_a_key_that_is_no_longer_taken(shop: World) -> None:
    people = started(shop)
    shop.far.key = "new-key"
    begin, tried = shop.watch.now_ms(), []

    def renew() -> None:
        tried.append(shop.watch.now_ms() - begin)
        if len(tried) == 5:
            shop.key = "new-key"

    shop.renewed = renew
    shop.topic.publish(people.moves(50))
    shop.deliver()
    assert shop.far.has() == people.truth()
    assert shop.kept.letters == []
    assert len([line for line in shop.said if "does not take the key" in line]) == 1
    assert tried[-1] >= 4 * 30_000


def test_four_hours_without_it(shop: World) -> None:
    people = started(shop)
    shop.most, begin = 20, shop.watch.now_ms()

    def each(ms: int) -> None:
        shop.far.away = ms < begin + 4 * HOUR_MS
        if shop.far.away and len(shop.topic.of[0]) < 1_000:
            shop.topic.publish(people.moves(50))

    shop.watch.each = each
    shop.topic.publish(people.moves(50))
    shop.far.away = True
    shop.deliver()
    shop.deliver()
    assert shop.watch.now_ms() > begin + 4 * HOUR_MS
    assert shop.far.has() == people.truth()
    assert shop.kept.letters == []
    assert shop.held <= 2 * 20
    asked = [call for call in shop.far.seen if call.status == 503]
    assert len(asked) < 4 * 60 * 1.2 + 10  # about once a minute


def test_a_crash_at_any_point(shop: World) -> None:
    shop.most, people, crash = 15, Shop(12), 1
    shop.topic.publish([course.to("a") for course in people.courses])
    crashed = 0
    while crash < 60:
        shop.topic.publish(people.moves(12))
        if crash % 4 == 0:
            shop.far.faults += [Fault(500)]
        try:
            shop.deliver(crash_at=crash, anew=crash == 7)
        except CrashError:
            crashed += 1
        crash += 1
        if crash % 5 == 0:
            shop.far.faults.clear()
            shop.deliver()
            assert shop.far.has() == people.truth()
    assert crashed > 5
    if shop.case.name == "webhook":
        seqs: dict[str, list[int]] = {}
        for one in shop.far.in_order:
            seqs.setdefault(one["user"], []).append(one["seq"])
        assert all(found == sorted(found) for found in seqs.values())


def test_told_anew_after_a_loss_on_the_far_side(shop: World) -> None:
    people = started(shop)
    shop.topic.publish(people.moves(100))
    shop.deliver()
    shop.far.forget()
    shop.deliver(anew=True)
    assert shop.far.has() == people.truth()


def test_who_was_erased_while_nobody_read_is_taken_out_with_all_told_anew(shop: World) -> None:
    people = started(shop)
    shop.topic.of = [[one for one in records if one.user != "u4"] for records in shop.topic.of]  # compacted away
    people.courses[4].segments = []
    shop.watch.ms += 10 * 24 * HOUR_MS
    shop.deliver()
    assert any("not kept up to date for days" in line for line in shop.said)
    assert shop.far.has() == people.truth()
    assert "u4" not in shop.kept.rows


def test_erased_and_suppressed_customers_are_out_at_once(shop: World) -> None:
    people = started(shop)
    ana, bob = people.courses[0], people.courses[1]
    shop.topic.publish([ana.erased(), bob.to()])
    begin = shop.watch.now_ms()
    shop.deliver()
    assert {ana.user, bob.user}.isdisjoint(shop.far.has())
    assert shop.watch.now_ms() - begin < 60_000
    assert ana.user not in shop.kept.rows
    shop.topic.publish([ana.to("b")])
    shop.deliver()
    assert shop.far.has()[ana.user] == {"b"}


def test_no_line_shows_a_secret(shop: World) -> None:
    people = started(shop)
    shop.far.faults += [Fault(401), Fault(403), Fault(404), Fault(429), Fault(500), Fault(503), Fault(lost=True)]
    shop.far.bad = {"u2"}
    shop.topic.publish(people.moves(40))
    shop.deliver()
    assert shop.said
    assert not [line for line in [*shop.said, *map(str, shop.kept.letters)] if shop.key in line]


def test_one_who_fails_on_and_on_keeps_nobody_back(shop: World) -> None:
    people = Shop(30)
    shop.far.shaky = {"u5": 10_000}
    shop.topic.publish([course.to("a") for course in people.courses])
    stop = shop.watch.now_ms() + 2 * HOUR_MS

    def each(ms: int) -> None:
        if ms < stop - HOUR_MS and len(shop.topic.of[0]) < 200:  # there is always something to read
            shop.topic.publish(people.moves(3))

    shop.watch.each, shop.watch.stop_at_ms = each, stop
    shop.deliver()
    if shop.far.names_shaky:
        assert {user: has for user, has in shop.far.has().items() if user != "u5"} == {
            user: has for user, has in people.truth().items() if user != "u5"
        }
    shop.far.shaky, shop.watch.stop_at_ms = {}, None
    shop.deliver()
    assert shop.far.has() == people.truth()
    assert shop.kept.letters == []


def test_where_nobody_is_taken_nobody_is_refused_for_good(shop: World) -> None:
    people = Shop(60)
    shop.far.bad = {course.user for course in people.courses}
    begin = shop.watch.now_ms()

    def each(ms: int) -> None:
        if ms > begin + HOUR_MS:
            shop.far.bad = set()

    shop.watch.each = each
    shop.topic.publish([course.to("a") for course in people.courses])
    shop.deliver()
    assert shop.far.has() == people.truth()
    assert shop.kept.letters == []
    assert any("nobody is taken" in line for line in shop.said)
