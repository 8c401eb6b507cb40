"""What is Klaviyo's own: events, pages of errors, consent that is never touched, its limits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import orjson
import pytest

from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.items import BatchError, Done, Item
from streams.sinks.platforms.klaviyo import Klaviyo
from streams.sinks.platforms.klaviyo_bodies import LARGEST, event_batches, sized
from tests.sinks.conformance.cases import CASES, World, sink, world
from tests.sinks.conformance.server import Fault
from tests.sinks.conformance.world import CrashError
from tests.sinks.shelf import Course

BY_NAME = {case.name: case for case in CASES}
CALLS = re.compile(
    r"POST /api/profile-bulk-import-jobs|GET /api/profile-bulk-import-jobs/[^/]+(/import-errors)?|GET /api/profiles"
    r"|DELETE /api/lists/L\d/relationships/profiles|POST /api/event-bulk-create-jobs|POST /api/events"
)


@pytest.fixture(params=["klaviyo", "klaviyo-lists", "klaviyo-events"])
def shop(request: pytest.FixtureRequest) -> Iterator[World]:
    with world(BY_NAME[request.param]) as one:
        yield one


def test_consent_is_never_touched(shop: World) -> None:
    courses = [Course(f"u{n}") for n in range(6)]
    shop.topic.publish([course.to("a", "b") for course in courses])
    shop.deliver()
    shop.far.bad = {"u1"}
    shop.topic.publish([course.to("b", "c") for course in courses[:3]] + [courses[4].erased(), courses[5].to()])
    shop.deliver()
    shop.deliver(anew=True)
    calls = {f"{call.method} {call.path.partition('?')[0]}" for call in shop.far.seen}
    assert calls
    assert [call for call in calls if not CALLS.fullmatch(call)] == shop.far.strange == []


def test_who_was_erased_on_both_sides_is_not_made_anew(shop: World) -> None:
    ana = Course("ana")
    shop.topic.publish([ana.to("a")])
    shop.deliver()
    shop.far.profiles.clear()
    shop.topic.publish([ana.erased()])
    shop.deliver()
    assert shop.far.profiles == {}
    assert shop.kept.rows == {}


def test_errors_of_all_pages_are_read() -> None:
    with world(BY_NAME["klaviyo"]) as shop:
        courses = [Course(f"u{n}") for n in range(20)]
        shop.far.bad = {f"u{n}" for n in range(0, 20, 2)}
        shop.topic.publish([course.to("a") for course in courses])
        shop.deliver()
        assert {letter.user for letter in shop.kept.letters} == shop.far.bad
        assert len(shop.far.jobs) == 1
        assert shop.kept.letters[0].reason == "invalid: no"


def test_an_event_for_every_move_once() -> None:
    with world(BY_NAME["klaviyo-events"]) as shop:
        ana = Course("ana")
        shop.topic.publish([ana.to("a")])
        shop.deliver()
        assert shop.far.events == {}  # where everybody stands at first is no move
        shop.topic.publish([ana.to("b"), ana.to("b", "c"), ana.to()])
        for step in range(1, 30):
            try:
                shop.deliver(crash_at=step)
            except CrashError:
                continue
        shop.deliver()
        told = [(one["metric"], one["segment"], one["time"]) for one in shop.far.events.values()]
        assert sorted(told) == [
            ("Segment Entered", "b", "2026-05-01T05:00:02.000Z"),
            ("Segment Entered", "c", "2026-05-01T05:00:03.000Z"),
            ("Segment Left", "a", "2026-05-01T05:00:02.000Z"),
            ("Segment Left", "b", "2026-05-01T05:00:04.000Z"),
            ("Segment Left", "c", "2026-05-01T05:00:04.000Z"),
        ]


def test_an_event_that_was_recorded_does_not_keep_others_back() -> None:
    with world(BY_NAME["klaviyo-events"]) as shop:
        courses = [Course(f"u{n}") for n in range(8)]
        shop.topic.publish([course.to("a") for course in courses])
        shop.deliver()
        shop.topic.publish([course.to("b") for course in courses])
        shop.far.faults += [Fault()] * 3 + [Fault(lost=True)]  # the answer to the events is lost
        shop.deliver()
        assert len(shop.far.events) == 16
        assert shop.kept.letters == []
        paths = [call.path for call in shop.far.seen]
        assert paths.count("/api/events") == 16


def test_within_its_limits_no_call_is_refused() -> None:
    with world(BY_NAME["klaviyo-lists"]) as shop:
        shop.most = 5
        courses = [Course(f"u{n}") for n in range(400)]
        shop.topic.publish([course.to("a") for course in courses])
        shop.deliver()
        shop.topic.publish([course.to("b") for course in courses])
        shop.deliver()
        assert shop.far.limited == 0
        assert shop.far.has() == {course.user: {"b"} for course in courses}


def test_calls_are_kept_small() -> None:
    def item(n: int, count: int) -> Item:
        entered = tuple(f"s{m}" for m in range(count))
        return Item(f"u{n}", 1, "", "change", (), entered, entered, (), frozenset(entered))

    batches = list(event_batches([item(n, 30) for n in range(100)]))
    assert [len(one) for one in batches] == [33, 33, 33, 1]
    with pytest.raises(BatchError, match="larger than 5 MB"):
        sized({"data": "x" * LARGEST})


def test_addresses_are_found_however_they_are_written() -> None:
    found = {"data": [{"id": "01", "attributes": {"email": "ana@example.com"}}]}
    calls: list[Request] = []

    def call(request: Request) -> Answer:
        calls.append(request)
        if request.limit == "import":
            return Answer(202, {}, orjson.dumps({"data": {"id": "j"}}))
        if request.limit == "job":
            return Answer(200, {}, orjson.dumps({"data": {"attributes": {"status": "complete", "failed_count": 0}}}))
        return Answer(200, {}, orjson.dumps(found if request.limit == "profiles" else {}))

    item = Item("Ana@Example.com", 2, "", "change", ("a",), (), (), ("a",), frozenset("a"))
    platform = Klaviyo(sink("klaviyo", {"a": "L1"}, id_type="email"), lambda: "k", lambda _: None)
    assert platform.deliver([item], call) == [Done("01")]
    assert [(one.method, one.path.partition("?")[0]) for one in calls][-1] == (
        "DELETE",
        "/api/lists/L1/relationships/profiles",
    )
    assert orjson.loads(calls[-1].body or b"") == {"data": [{"type": "profile", "id": "01"}]}
