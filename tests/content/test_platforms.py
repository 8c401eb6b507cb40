"""How sinks tell which copy customers read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from streams.clients.changes import Arrived, Cause, Change
from streams.content.live import LiveContents
from streams.sinks.delivery.book import Standing, told
from streams.sinks.delivery.items import Item
from streams.sinks.platforms.braze import Braze
from streams.sinks.platforms.customerio import CustomerIo
from streams.sinks.platforms.klaviyo import Klaviyo
from streams.sinks.platforms.webhook import Webhook
from tests.content.shop import shop
from tests.content.test_delivery import Hand, live
from tests.sinks.conformance.braze import ATTRIBUTE, BrazeStandIn
from tests.sinks.conformance.cases import Case, sink, world
from tests.sinks.conformance.customerio import CustomerIoStandIn
from tests.sinks.conformance.klaviyo import KlaviyoStandIn
from tests.sinks.conformance.webhooks import Receiver
from tests.sinks.shelf import Course


def test_a_webhook_is_told_the_content_of_what_is_entered(tmp_path: Path) -> None:
    contents = live(shop(tmp_path), Hand(), [])
    with world(Case("webhook", Receiver, lambda key, _: Webhook("hook", key, 40, contents))) as one:
        ana = Course("ana")
        one.topic.publish([ana.to("fan/shoes"), ana.to("fan/shoes", "keen"), ana.to(), ana.erased()])
        one.deliver()
        records = one.far.in_order
    assert [[*record.get("content", {})] for record in records][-1] == []
    by_segments = {tuple(record["segments"]): [*record.get("content", {})] for record in records}
    assert all({*entered} <= {*segments} for segments, entered in by_segments.items())


def test_changes_one_by_one_carry_what_they_enter(tmp_path: Path) -> None:
    contents = live(shop(tmp_path), Hand(), [])
    with world(Case("webhook", Receiver, lambda key, _: Webhook("hook", key, 40, contents))) as one:
        ana = Course("ana")
        one.topic.publish([ana.to("keen")])
        one.deliver()
        one.topic.publish([ana.to("fan/shoes", "keen"), ana.to("fan/shoes")])
        one.deliver()
        entered = [[*record["content"]] for record in one.far.in_order]
    assert entered == [["keen"], ["fan/shoes"], []]


def test_without_the_setting_records_are_as_ever() -> None:
    with world(Case("webhook", Receiver, lambda key, _: Webhook("hook", key, 40))) as one:
        one.topic.publish([Course("ana").to("keen")])
        one.deliver()
        assert "content" not in one.far.in_order[0]


def test_klaviyo_gets_a_property_of_labels(tmp_path: Path) -> None:
    contents = live(shop(tmp_path), Hand(), [])

    case = Case("klaviyo", KlaviyoStandIn, lambda key, watch: Klaviyo(sink("klaviyo"), key, watch.sleep, contents))
    with world(case) as one:
        ana = Course("ana")
        one.topic.publish([ana.to("fan/shoes")])
        one.deliver()
        sent = [call.json for call in one.far.seen if call.method == "POST"]
        first = sent[0]["data"]["attributes"]["profiles"]["data"][0]["attributes"]["properties"]
        assert first == {"microseg_segments": ["fan/shoes"], "microseg_content": ["fan:a:en"]}
        one.topic.publish([ana.to()])
        one.deliver()
        sent = [call.json for call in one.far.seen if call.method == "POST"]
        last = sent[-1]["data"]["attributes"]["profiles"]["data"][0]["attributes"]["properties"]
        assert last == {"microseg_segments": [], "microseg_content": []}


@pytest.mark.parametrize("flags", [False, True])
def test_braze_gets_an_array_of_labels(tmp_path: Path, flags: bool) -> None:
    contents = live(shop(tmp_path), Hand(), [])
    braze = Case("braze", BrazeStandIn, lambda key, _: Braze(key, ATTRIBUTE, flags=flags, contents=contents))
    with world(braze) as one:
        ana = Course("ana")
        one.topic.publish([ana.to("fan/shoes")])
        one.deliver()
        assert one.far.attributes["ana"]["microseg_content"] == ["fan:a:en"]
        one.topic.publish([ana.erased()])
        one.deliver()
        assert one.far.attributes["ana"]["microseg_content"] == []
        assert one.far.has() == {}


def customerio(contents: LiveContents) -> Case:
    far = sink("customerio", {"a": "11"}, site="site")
    return Case("customerio", CustomerIoStandIn, lambda key, _: CustomerIo(far, key, contents))


def test_customerio_gets_an_attribute_of_labels(tmp_path: Path) -> None:
    with world(customerio(live(shop(tmp_path), Hand(), []))) as one:
        ana, bob = Course("ana"), Course("bob")
        one.topic.publish([ana.to("a", "fan/shoes"), bob.to("fan/shoes"), bob.erased()])
        one.deliver()
        assert one.far.has() == {"ana": {"a"}}
        assert one.far.attributes == {"ana": {"microseg_content": ["fan:a:en"]}}
        one.topic.publish([ana.to("a")])
        one.deliver()
        assert one.far.attributes == {"ana": {"microseg_content": []}}
        one.topic.publish([ana.erased()])
        one.deliver()
        calls = len(one.far.seen)
        assert one.far.has() == {}
        one.deliver()
        assert len(one.far.seen) == calls


def test_whom_customerio_does_not_take_costs_nobody_else(tmp_path: Path) -> None:
    with world(customerio(live(shop(tmp_path), Hand(), []))) as one:
        courses = [Course(f"u{number}") for number in range(5)]
        one.far.nameless = {"u3"}
        one.topic.publish([course.to("a", "fan/shoes") for course in courses])
        one.deliver()
        assert sorted(one.far.attributes) == ["u0", "u1", "u2", "u4"]
        assert [(letter.user, letter.reason) for letter in one.kept.letters] == [("u3", "invalid: no such person")]


def test_calls_to_customerio_stay_below_their_size(tmp_path: Path) -> None:
    class Long:
        """So many labels that a call cannot have all."""

        def of(self, user: str, segments: Sequence[str]) -> dict[str, dict[str, object]]:
            return {}

        def labels(self, user: str, segments: Sequence[str]) -> list[str]:
            return [f"segment-{number}:a:en" for number in range(60)]

    platform = CustomerIo(sink("customerio", {"a": "11"}, site="site"), lambda: "", Long())
    one = Item("u", 1, "", "truth", (), ("b",), (), (), frozenset("b"))
    batches = list(platform._people([one._replace(user=f"u{number}") for number in range(900)]))
    assert len(batches) == 3
    assert sum(map(len, batches)) == 900
    assert all(len(orjson.dumps({"batch": people})) < 500_000 for people in batches)


def change(arms: dict[str, str], *withheld: str) -> Arrived:
    segments = ["fan/shoes", "keen"]
    one = Change(
        "ana", 1, "2026-05-01T05:00:00.000Z", segments, [], segments, Cause("event", "e"), {}, arms, [*withheld]
    )
    return Arrived("ana", b"", one)


def test_the_other_arms_of_a_trial_do_not_get_the_segments_copy(tmp_path: Path) -> None:
    contents = live(shop(tmp_path), Hand(), [])
    item = told(change({"keen": "control"}, "keen"), 0, None, Standing({}))
    assert item is not None
    assert item.withheld == frozenset({"keen"})
    hook = Webhook("hook", lambda: "", 10, contents)
    content = hook._record(item)["content"]
    assert isinstance(content, dict)
    assert [*content] == ["fan/shoes"]
