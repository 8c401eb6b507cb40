"""A customer's explanation, from events through the engine."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.engine.course import course_of
from streams.engine.replay import Replay
from streams.events.instants import instant_ms, stamp
from streams.explanations.explain import Explanation, explanation
from streams.rules.load import load_texts
from tests.laws.events import Raw

START = "2026-05-01T00:00:00Z"
START_MS = instant_ms(START)
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
SHOPPER = """all:
    - {count: views, where: {category: accessories}, last: 90d, more_than: 5}
    - {count: purchases, where: {category: accessories}, exactly: 0}"""


def at(day: float) -> str:
    """The stamp so many days after the start."""
    return stamp(START_MS + round(day * DAY_MS))


def views(*days: float, user: str = "ana", **more: Any) -> list[Raw]:
    return [{"type": "view", "user": user, "at": at(day), "product": "p", **more} for day in days]


def explained(
    events: list[Raw], whens: dict[str, str], day: float, user: str = "ana", family: str = ""
) -> Explanation | None:
    """What is said of a customer so many days after the start, under rules by their names."""
    texts = {f"active/{name}.yaml": f"title: {name}\nwhen:\n  {when}\n" for name, when in whens.items()}
    rules = load_texts(texts)
    replay = Replay(rules)
    replay.read(orjson.dumps(event) for event in events)
    partition = replay.run(START_MS + round(day * DAY_MS))
    course = course_of(partition, user, partition.machine.clock_ms(), family)
    return None if course is None else explanation(user, course, rules)


def segments(found: Explanation | None) -> dict[str, Explanation]:
    assert found is not None
    return {one["segment"]: one for one in found["segments"]}


def test_the_contracts_example() -> None:
    six = views(*(hour / 24 for hour in range(6)), category="Accessories")
    found = explained(six, {"accessories-window-shopper": SHOPPER}, 31)
    assert found == {
        "user": "ana",
        "at": "2026-06-01T00:00:00.000Z",
        "rules": found["rules"] if found else "",
        "suppressed": False,
        "without_values": {},
        "segments": [
            {
                "segment": "accessories-window-shopper",
                "title": "accessories-window-shopper",
                "in": True,
                "since": "2026-05-01T05:00:00.000Z",
                "until": "2026-07-30T00:00:00.000Z",
                "missing": [],
                "distance": 0.0,
                "when": {
                    "all": [
                        {
                            "count": "views",
                            "where": {"category": "accessories"},
                            "last": "90d",
                            "more_than": 5,
                            "value": 6,
                            "holds": True,
                        },
                        {
                            "count": "purchases",
                            "where": {"category": "accessories"},
                            "exactly": 0,
                            "value": 0,
                            "holds": True,
                        },
                    ],
                    "holds": True,
                },
            }
        ],
    }


def test_a_near_miss_says_what_is_missing_and_when_it_comes_by_itself() -> None:
    order = {"type": "purchase", "user": "ana", "at": at(1), "order": "o", "items": [], "total": 5}
    found = segments(explained([*views(0), order], {"quiet": "{count: purchases, last: 30d, exactly: 0}"}, 2))["quiet"]
    assert (found["in"], found["missing"], found["distance"]) == (False, ["1 purchase within 30d too many"], 1.0)
    assert found["until"] == at(31)


def test_members_come_first_then_those_that_lack_least() -> None:
    whens = {
        "a-far": "all: [{count: carts, at_least: 1}, {count: opens, at_least: 1}]",
        "b-near": "{count: views, at_least: 4}",
        "c-nearest": "{count: views, at_least: 3}",
        "d-in": "{count: views, at_least: 2}",
    }
    found = explained(views(0, 1), whens, 2)
    assert list(segments(found)) == ["d-in", "c-nearest", "b-near", "a-far"]


def test_who_may_not_be_mailed_lacks_consent_and_nothing_else() -> None:
    stop = {"type": "email", "user": "ana", "at": at(1), "action": "unsubscribed", "message": "m"}
    whens = {"keen": "{count: views, at_least: 1}", "all": "{count: views, at_least: 1}\neveryone: true"}
    found = explained([*views(0), stop], whens, 2)
    assert found is not None
    assert found["suppressed"] is True
    keen, everyone = segments(found)["keen"], segments(found)["all"]
    assert (keen["in"], keen["missing"], keen["distance"], keen["when"]["holds"]) == (
        False,
        ["may not be mailed"],
        None,
        True,
    )
    assert everyone["in"] is True


def test_a_family_is_explained_by_the_values_of_the_customer() -> None:
    whens = {
        "fan": "{count: views, where: {category: $each}, at_least: 2}\nfor_each: category",
        "of-campaign": "{count: opens, where: {campaign: $each}, at_least: 1}\nfor_each: campaign",
    }
    found = explained([*views(0, 1, category="Bags"), *views(1, category="Shoes")], whens, 2)
    assert found is not None
    assert found["without_values"] == {"of-campaign": "campaign"}
    bags, shoes = found["segments"]
    assert (bags["segment"], bags["in"], bags["when"]["where"]) == ("fan/bags", True, {"category": "bags"})
    assert (shoes["segment"], shoes["missing"]) == ("fan/shoes", ["1 more view of shoes"])


def test_of_many_values_those_of_members_and_the_newest_are_told() -> None:
    rule = "{count: views, where: {product: $each}, last: 90d, at_least: 2}\nfor_each: product"
    seen = [{**view, "product": f"p{n}"} for n, view in enumerate(views(*(day / 10 for day in range(70))))]
    again = {**views(8)[0], "product": "p0"}
    found = segments(explained([*seen, again], {"fan": rule}, 9))
    assert found["fan/p0"]["in"]
    assert len(found) == 1 + 50
    assert {"fan/p69", "fan/p20"} <= found.keys()
    assert len(segments(explained([*seen, again], {"fan": rule}, 9, family="fan"))) == 70


def test_a_value_of_a_refunded_order_makes_no_segment() -> None:
    item = {"product": "p", "category": "Shoes", "price": 5}
    order = {"type": "purchase", "user": "ana", "at": at(0), "order": "o", "items": [item]}
    refund = {"type": "refund", "user": "ana", "at": at(1), "order": "o"}
    rule = "{count: views, where: {category: $each}, at_most: 3}\nfor_each: category"
    found = explained([*views(0, category="Bags"), order, refund], {"fan": rule}, 2)
    assert found is not None
    said = {one["segment"]: (one["in"], one["missing"]) for one in found["segments"]}
    assert said["fan/bags"] == (True, [])
    assert said["fan/shoes"] == (False, ["nothing of shoes counts now"])


def test_waiting_for_for() -> None:
    rule = "{count: views, at_least: 1}\nfor: 2h"
    found = segments(explained(views(0), {"keen": rule}, 1 / 24))["keen"]
    assert (found["in"], found["for"], found["until"]) == (False, "2h", at(2 / 24))
    assert found["missing"] == ["the conditions hold, and must do so for 2h"]
    assert found["distance"] == 0


def test_kept_by_keep_for() -> None:
    rule = "{count: views, last: 1d, at_least: 1}\nkeep_for: 7d"
    found = segments(explained(views(0), {"keen": rule}, 3))["keen"]
    assert (found["in"], found["keep_for"], found["when"]["holds"]) == (True, "7d", False)
    assert (found["since"], found["until"], found["missing"]) == (at(0), at(7), [])


@pytest.mark.parametrize(
    ("when", "value"),
    [
        ("{sum: items.price, at_least: 1}", 12.5),
        ("{since: last views, at_least: 1d}", "2d"),
        ("{profile: Country, is_not: fr}", "DE"),
        ("{segment: other}", True),
        ("{average: purchases.discount, at_least: 1}", 0),
        ("{lowest: carts.price, at_least: 1}", None),
    ],
)
def test_values_are_shown_as_in_change_records(when: str, value: object) -> None:
    item = {"product": "p", "price": "12.50"}
    events = [
        *views(0),
        {"type": "purchase", "user": "ana", "at": at(0), "order": "o", "items": [item]},
        {"type": "profile", "user": "ana", "at": at(0), "set": {"Country": "DE"}},
    ]
    found = segments(explained(events, {"other": "{count: views, at_least: 1}", "this": when}, 2))["this"]
    assert found["when"]["value"] == value


def test_who_was_merged_has_the_facts_of_both_from_then_on() -> None:
    merge = {"type": "merge", "user": "ana", "from": "anna", "at": at(2)}
    events = [*views(0), *views(1, user="anna"), merge]
    whens = {"seen": "{count: views, last: 7d, at_least: 2}", "kept": "{count: views, at_least: 1}\nkeep_for: 30d"}
    found = segments(explained(events, whens, 3))
    assert (found["seen"]["since"], found["seen"]["until"]) == (at(2), at(7))
    assert found["kept"]["since"] == at(0)
    assert explained(events, whens, 3, user="anna") is None


def test_nobody_is_known_before_their_first_event() -> None:
    assert explained(views(0), {"keen": "{count: views, at_least: 1}"}, 1, user="ben") is None
    assert explained(views(3), {"keen": "{count: views, at_least: 1}"}, 1) is None
