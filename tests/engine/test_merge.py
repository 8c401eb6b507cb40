"""Merges in a replay: two ids that turn out to be one customer."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from streams.engine.replay import final_segments, replay_events
from streams.rules.model import RuleSet
from tests.engine.bench import DAY, T, rules_of
from tests.laws.runs import Raw

RULES = rules_of(
    one="{count: views, exactly: 1}",
    two="{count: views, at_least: 2}",
    buyer="{count: purchases, at_least: 1}",
    de="{profile: country, is: DE}",
    everyone="everyone: true\nwhen: {count: views, at_least: 1}\n",
    kept="keep_for: 10d\nwhen: {count: views, last: 1d, at_least: 1}\n",
)


def said(user: str, event_id: str, at_ms: int, kind: str = "view", **more: object) -> Raw:
    fields = {"view": {"product": "p"}, "purchase": {"order": event_id}, "email": {"message": event_id}}.get(kind, {})
    return {"type": kind, "id": event_id, "user": user, "at": at_ms, **fields, **more}


def merge(user: str, source: str, at_ms: int, event_id: str = "m") -> Raw:
    return said(user, event_id, at_ms, "merge", **{"from": source})


def lines(events: list[Raw]) -> list[bytes]:
    return [orjson.dumps(event) for event in events]


def course(*events: Raw, rules: RuleSet = RULES, until_ms: int = T + DAY) -> list[dict[str, Any]]:
    return replay_events(lines(list(events)), rules, until_ms=until_ms)


def ends(*events: Raw, rules: RuleSet = RULES, until_ms: int = T + DAY) -> dict[str, list[str]]:
    return final_segments(lines(list(events)), rules, until_ms=until_ms)


def test_the_survivor_has_the_facts_of_both_and_the_other_leaves_everything() -> None:
    first, _, joined, left = course(said("anon", "a", T), said("ana", "b", T + 1), merge("ana", "anon", T + 2))
    assert (first["user"], left["user"], joined["user"]) == ("anon", "anon", "ana")
    assert (left["segments"], left["exited"], left["seq"]) == ([], ["everyone", "kept", "one"], 2)
    assert (joined["entered"], joined["exited"], joined["seq"]) == (["two"], ["one"], 2)
    assert left["cause"] == joined["cause"] == {"kind": "merge"}
    assert joined["why"]["two"] == [{"count": "views", "at_least": 2, "value": 2}]


def test_a_repeat_of_the_merge_and_of_the_events_changes_nothing() -> None:
    events = [said("anon", "a", T), said("ana", "b", T + 1), merge("ana", "anon", T + 2)]
    again = [said("ana", "a", T + 3), said("anon", "b", T + 3), merge("ana", "anon", T + 4)]
    assert course(*events, *again) == course(*events)


def test_the_earlier_of_two_events_of_one_id_stands_whoever_had_it() -> None:
    two = [said("anon", "a", T, "profile", set={"country": "DE"}), said("ana", "a", T + 5), merge("ana", "anon", T + 9)]
    rules = rules_of(de="{profile: country, is: DE}", seen="{count: views, at_least: 1}")
    assert ends(*two, rules=rules)["ana"] == ["de"]


def test_an_order_that_both_have_is_one_order() -> None:
    rules = rules_of(spent="{sum: purchases.total, exactly: 30}", once="{count: purchases, exactly: 1}")
    old = said("anon", "a", T, "purchase", order="o", total=20)
    new = said("ana", "b", T + 1, "purchase", order="o", total=30)
    assert ends(old, new, merge("ana", "anon", T + 2), rules=rules)["ana"] == ["once", "spent"]


def test_events_of_the_merges_instant_are_the_survivors() -> None:
    events = [said("anon", "a", T), said("anon", "b", T + 2), merge("ana", "anon", T + 2)]
    assert [(c["user"], c["segments"]) for c in course(*events)] == [
        ("anon", ["everyone", "kept", "one"]),
        ("ana", ["everyone", "kept", "two"]),
        ("anon", []),
    ]


def test_chains_and_stragglers() -> None:
    early = [merge("c", "b", T + 1, "m1"), merge("b", "a", T + 2, "m2")]
    assert ends(said("a", "x", T), *early, said("a", "y", T + 3), said("b", "z", T + 4)) == {
        "c": ["everyone", "kept", "two"]
    }
    at_once = [merge("c", "b", T + 1, "m2"), merge("b", "a", T + 1, "m1")]
    assert ends(said("a", "x", T), said("b", "y", T), *at_once) == {"c": ["everyone", "kept", "two"]}


def test_a_merge_with_itself_or_back_makes_known_and_no_more() -> None:
    rules = rules_of(nobody="{count: views, exactly: 0}")
    assert ends(merge("a", "a", T), rules=rules) == {"a": ["nobody"]}
    assert ends(merge("a", "b", T, "m1"), merge("b", "a", T + 1, "m2"), rules=rules) == {"a": ["nobody"]}


def test_what_keeps_a_membership_does_not_move() -> None:
    rules = rules_of(kept="keep_for: 10d\nwhen: {count: views, last: 1d, at_least: 1}\n")
    late = merge("ana", "anon", T + 2 * DAY)
    [_, left] = course(said("anon", "a", T), late, rules=rules, until_ms=T + 3 * DAY)
    assert (left["user"], left["segments"]) == ("anon", [])


@pytest.mark.parametrize("refused_by", ["anon", "ana"])
def test_the_strictest_consent_wins(refused_by: str) -> None:
    other = "ana" if refused_by == "anon" else "anon"
    no = said(refused_by, "n", T + 1, "email", action="unsubscribed")
    yes = said(other, "y", T + 2, "email", action="resubscribed")  # of a customer who had refused nothing
    events = [said("anon", "a", T), said("ana", "b", T), no, yes, merge("ana", "anon", T + 3)]
    assert ends(*events)["ana"] == ["everyone"]
    both = said("anon", "z", T + 3, "email", action="resubscribed")  # by then they are one
    assert ends(*events, both)["ana"] == ["everyone", "kept", "two"]


def test_an_erasure_forgets_what_was_the_customers_when_it_came() -> None:
    events = [said("anon", "a", T), said("ana", "b", T), said("ana", "x", T + 1, "erase"), merge("ana", "anon", T + 2)]
    assert ends(*events)["ana"] == ["everyone", "kept", "one"]  # the other id's view
    assert ends(*events, said("anon", "y", T + 3, "erase")) == {}
    assert ends(*events, said("anon", "y", T + 2, "erase")) == {}


def test_long_ids_categories_and_items_come_along() -> None:
    rules = rules_of(
        lines="{sum: items.quantity, exactly: 3}",
        cheap="{sum: purchases.discount, exactly: 2}",
        shoes="{count: views, where: {category: shoes}, exactly: 2}",
        newest="{count: views, where: {product: q}, latest: 1, exactly: 1}",
    )
    items = [{"product": "p", "price": 5, "quantity": 2}, {"product": "q"}]
    bought = said("anon", "o" * 60, T, "purchase", items=items, discount=2)
    seen = [said("anon", "v" * 40 + end, T, category=["shoes", "sale"], product=end) for end in "pq"]
    assert ends(bought, *reversed(seen), merge("ana", "anon", T + 2), rules=rules)["ana"] == [
        "cheap",
        "lines",
        "newest",
        "shoes",
    ]


def test_without_a_from_it_is_refused() -> None:
    broken = [{**merge("ana", "anon", T), "from": ""}, {"type": "merge", "user": "ana", "id": "m", "at": T}]
    assert course(*broken) == []
