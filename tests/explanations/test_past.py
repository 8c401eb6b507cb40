"""A customer's past against the events that they were made of, and against the course of a replay."""

from __future__ import annotations

from typing import Any

from hypothesis import given

from streams.engine.past import past_of
from streams.engine.replay import Replay
from streams.events.instants import instant_ms, stamp
from streams.explanations.past import money, told_past
from streams.rules.model import RuleSet
from tests.engine.bench import DAY, T, rules_of
from tests.laws.events import Raw, World, histories
from tests.laws.pools import START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import lines, replayed

RULES = rules_of(looker="{count: views, last: 2d, at_least: 1}")


def past(events: list[Raw], rules: RuleSet = RULES, most: int = 500) -> dict[str, Any]:
    replay = Replay(rules)
    replay.read(lines([{"user": "ana", **event} for event in events]))
    partition = replay.run(None)
    found = past_of(partition, "ana", partition.machine.clock_ms(), most)
    assert found is not None
    return told_past(found)


def test_facts_in_words_the_newest_first() -> None:
    item = {"product": "p2", "category": ["Bags", "Sale"], "price": 10, "quantity": 2}
    events: list[Raw] = [
        {"type": "view", "product": "P1", "category": "Shoes", "price": "19.9"},
        {"type": "cart", "product": "P1"},
        {"type": "purchase", "order": "o1", "items": [item, {"product": "p3"}], "discount": 0.5, "coupon": "X"},
        {"type": "refund", "order": "o1", "total": 3},
        {"type": "refund", "order": "o1"},
        {"type": "email", "action": "sent", "message": "m", "campaign": "Spring", "segment": "looker"},
        {"type": "email", "action": "opened", "message": "m", "machine": True},
        {"type": "email", "action": "unsubscribed", "message": "m"},
        {"type": "profile", "set": {"city": "Köln", "age": 35.5}},
        {"type": "profile", "set": {"city": None}},
    ]
    found = past([{**event, "id": f"e{n}", "at": T + n * 1000} for n, event in enumerate(events)])
    assert [one["text"] for one in found["facts"]][::-1] == [
        "looked at P1 (Shoes), 19.90",
        "put into the cart: P1",
        "ordered for 19.50, discount 0.50, with a coupon: 2 × p2 (Bags, Sale), 10.00; 1 × p3",
        "3.00 was given back",
        "the whole order was given back",
        "e-mail sent (campaign Spring, segment looker)",
        "e-mail opened by a machine",
        "e-mail unsubscribed",
        "age is 35.5",
        "city is Köln",
        "city was removed",
    ]
    assert found["facts"][-1] == {"at": stamp(T), "type": "view", "text": "looked at P1 (Shoes), 19.90"}
    assert found["facts_total"] == len(found["facts"]) == 11


def test_only_so_many_facts_and_bars() -> None:
    events = [{"type": "view", "product": "p", "id": f"e{n}", "at": T + n * 5 * DAY} for n in range(4)]
    found = past(events, most=2)
    assert len(found["facts"]) == 2
    assert found["facts_total"] == 4
    starts = [T + n * 5 * DAY for n in range(4)]
    assert found["bars"] == [
        {"segment": "looker", "from": stamp(at), "to": stamp(at + 2 * DAY) if at < starts[-1] else None}
        for at in starts
    ]


def test_amounts() -> None:
    assert [money(one) for one in (0, 199_000, 1234, 10_005)] == ["0.00", "19.90", "0.1234", "1.0005"]


@given(rule_sets(WHOLE, most=3), histories(World()))
def test_the_stays_are_the_course_of_replay(rules: RuleSet, events: list[Raw]) -> None:
    replay = Replay(rules)
    replay.read(lines(events))
    partition = replay.run(None)
    now_ms = partition.machine.clock_ms()
    if any(event["type"] == "merge" for event in events) or now_ms < START_MS:
        return  # facts of two who became one do not tell whose they were before
    for user in ("ana", "ben"):
        found = past_of(partition, user, now_ms, 99)
        expected: list[tuple[str, int, int | None]] = []
        since: dict[str, int] = {}
        for change in replayed(events, rules):
            if change["user"] == user:
                at_ms = instant_ms(change["at"])
                expected += [(name, since.pop(name), at_ms) for name in change["exited"]]
                since.update(dict.fromkeys(change["entered"], at_ms))
        expected += [(name, at_ms, None) for name, at_ms in since.items()]
        if found is None:
            assert not since
        elif not any(event["type"] == "erase" and event["user"] == user for event in events):
            assert found.stays == sorted(expected, key=lambda one: (one[1], one[0]))
