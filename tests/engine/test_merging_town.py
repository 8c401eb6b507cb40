"""Merges between the partitions of workers: what is published, kept and forgotten, case by case."""

from __future__ import annotations

import orjson
import pytest

from streams.engine.api import Policy
from streams.engine.messages import Facts, decoded
from streams.rows.home import home_partition
from tests.engine.bench import DAY, HOUR, MINUTE, T, rules_of
from tests.engine.test_merge import merge, said
from tests.laws.runs import Raw
from tests.laws.town import IDENTITY, Town

RULES = rules_of(
    one="{count: views, exactly: 1}",
    two="{count: views, at_least: 2}",
    everyone="everyone: true\nwhen: {count: views, at_least: 1}\n",
    kept="keep_for: 10d\nwhen: {count: views, last: 1d, at_least: 1}\n",
)
#: at homes of their own among three partitions
ANA, ANON, OLD = (
    next(f"{name}{n}" for n in range(99) if home_partition(f"{name}{n}", 3) == home)
    for name, home in (("ana", 0), ("anon", 1), ("old", 2))
)


def town_of(*events: Raw, **policy: object) -> Town:
    """A town that has read these events."""
    town = Town(RULES, 3, Policy(**{"clock": "event", **policy}), T)  # type: ignore[arg-type]
    more(town, *events)
    return town


def more(town: Town, *events: Raw) -> list[tuple[str, Raw | None]]:
    """What is published because of more events."""
    town.published.clear()
    town.send(events)
    town.drain()
    return list(town.published)


def test_the_absorbed_id_leaves_and_gets_a_tombstone_and_the_survivor_changes_at_the_merges_instant() -> None:
    town = town_of(said(ANON, "a", T), said(ANA, "b", T + 1))
    (_, left), gone, (_, joined) = more(town, merge(ANA, ANON, T + 2))
    assert left is not None
    assert joined is not None
    assert (left["user"], left["exited"], left["seq"]) == (ANON, ["everyone", "kept", "one"], 2)
    assert gone == (ANON, None)
    assert (joined["user"], joined["entered"], joined["exited"], joined["seq"]) == (ANA, ["two"], ["one"], 2)
    assert left["cause"] == joined["cause"] == {"kind": "merge"}
    assert left["at"] == joined["at"] == "2026-01-01T00:00:00.002Z"
    assert joined["why"]["two"] == [{"count": "views", "at_least": 2, "value": 2}]


def test_nothing_of_the_absorbed_id_stays_but_where_it_leads() -> None:
    town = town_of(said(ANON, "a", T), merge(ANA, ANON, T + 2), said(ANON, "b", T + 3))
    assert town.compacted() == []
    newest = {key: value for log in town.changelogs.values() for key, value in log}
    kept = {key: value for key, value in newest.items() if value is not None and ANON.encode() in key + value}
    assert kept == {}
    assert ANON not in town.homes[1].publisher.users


def test_stragglers_for_ever_and_over_chains() -> None:
    town = town_of(said(ANON, "a", T), merge(ANA, ANON, T + 1, "m1"), merge(OLD, ANA, T + 2, "m2"))
    town.crash(1)
    town.crash(0)
    _, (user, change) = more(town, said(ANON, "b", T + 500 * DAY))
    assert (user, change and change["segments"], change and change["cause"]) == (
        OLD,
        ["everyone", "kept", "two"],
        {"kind": "event", "id": "b"},
    )
    assert more(town, said(ANON, "b", T + 500 * DAY)) == []


@pytest.mark.parametrize("late", [True, False])
def test_an_erasure_of_one_id_before_the_merge_concerns_its_own_facts(late: bool) -> None:
    facts = [said(ANA, "a", T), said(ANON, "b", T + 1), said(ANON, "c", T + 5)]
    erasure = said(ANON, "x", T + 2, "erase")
    events = [*facts, merge(ANA, ANON, T + 3), erasure] if late else [*facts, erasure, merge(ANA, ANON, T + 3)]
    town = town_of()
    for event in events:
        more(town, event)
    assert town.homes[0].publisher.segments_of(town.homes[0].row_of(ANA) or 0) == ["everyone", "kept", "two"]
    more(town, said(ANON, "d", T + 1))  # it comes too late: that was erased
    assert town.homes[0].publisher.segments_of(town.homes[0].row_of(ANA) or 0) == ["everyone", "kept", "two"]


def test_an_erasure_after_the_merge_forgets_all() -> None:
    town = town_of(said(ANA, "a", T), said(ANON, "b", T), merge(ANA, ANON, T + 1))
    assert more(town, said(ANON, "x", T + 2, "erase")) == [(ANA, None)]
    assert more(town, said(ANON, "c", T + 1), said(ANA, "d", T + 2)) == []
    [(user, change)] = more(town, said(ANON, "e", T + 3))
    assert (user, change and change["segments"]) == (ANA, ["everyone", "kept", "one"])


def test_a_late_refusal_of_the_absorbed_id_outdoes_what_the_other_had_said() -> None:
    town = town_of(said(ANA, "a", T), said(ANA, "yes", T + 2, "email", action="resubscribed"), merge(ANA, ANON, T + 3))
    [(_, refused)] = more(town, said(ANON, "no", T + 1, "email", action="unsubscribed"))
    assert refused is not None
    assert refused["segments"] == ["everyone"]
    [(_, back)] = more(town, said(ANON, "yes-2", T + 2, "email", action="resubscribed"))  # they had taken it back
    assert back is not None
    assert back["segments"] == ["everyone", "kept", "one"]


def test_by_the_wall_clock_what_is_history_is_judged_now_and_once() -> None:
    events = [said(ANA, "a", T), said(ANON, "b", T), merge(ANA, ANON, T + 1)]
    town = town_of(*events[:2], clock="wall")
    town.now_ms = T + DAY + HOUR
    changes = more(town, events[2])
    assert {change["at"] for _, change in changes if change} == {"2026-01-02T01:00:00.000Z"}
    town = town_of(*events[:2], clock="wall")
    town.now_ms = T + MINUTE
    changes = more(town, events[2])
    assert {change["at"] for _, change in changes if change} == {"2026-01-01T00:00:00.001Z"}


def test_names_and_sets_are_those_of_the_survivors_partition() -> None:
    rules = rules_of(
        shoes="{count: views, where: {category: shoes}, exactly: 2}",
        de="{profile: country, is: de}",
        mail="{count: emails, where: {campaign: spring, opened: true}, exactly: 1}",
        lines="{sum: items.quantity, where: {product: q}, exactly: 3}",
        fan="for_each: category\nwhen: {count: views, where: {category: $each}, at_least: 2}\n",
    )
    town = Town(rules, 3, Policy(clock="event"))
    more(town, said(ANA, "other" * 9, T, category="belts", product="z"))
    more(
        town,
        *(said(ANON, "v" * 40 + end, T, category=["Shoes", "sale"], product=end) for end in "pq"),
        said(ANON, "p", T, "profile", set={"country": "DE"}),
        said(ANON, "e1", T, "email", action="sent", campaign="Spring", message="m"),
        said(ANON, "e2", T, "email", action="opened", message="m"),
        said(ANON, "o" * 30, T, "purchase", items=[{"product": "q", "quantity": 3, "price": 2}]),
        merge(ANA, ANON, T + 1),
    )
    [found] = [change for user, change in town.published[-1:] if user == ANA]
    assert found is not None
    assert found["segments"] == ["de", "fan/sale", "fan/shoes", "lines", "mail", "shoes"]


def test_what_is_no_message_is_refused_and_costs_nothing() -> None:
    town = town_of()
    for value in (b"junk", b"\x01junk", b"\x02" + b"\x90"):
        town._put(IDENTITY, 0, b"k", value)
    town.drain()
    assert ["merges" in orjson.loads(one)["reason"] for one in town.refused] == [True] * 3


def test_who_absorbed_an_id_is_known_also_where_nobody_knew_it() -> None:
    town = town_of(merge(ANA, ANON, T))
    town.crash(1)
    redirect = town.homes[1].identity.merged_into(ANON)
    assert redirect is not None
    assert redirect[:2] == (ANA, T)
    [facts] = [
        message for line in town.topics[IDENTITY, 0] if line.value and isinstance(message := decoded(line.value), Facts)
    ]
    assert facts.history.events == b""
