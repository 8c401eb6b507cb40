"""What a partition counts: events, refusals by class, and who entered and left, a family as one."""

from __future__ import annotations

import pytest

from streams.engine.counts import Counts, Moves
from streams.events.decode import Refusal, decode_event
from streams.events.refusals import CLASSES, class_of
from streams.memberships.records import Families
from tests.engine.bench import DAY, Bench, T, rules_of, view

RULES = rules_of(
    lately="{count: views, last: 1d, at_least: 1}",
    likes="for_each: category\nwhen: {count: views, where: {category: $each}, last: 2d, at_least: 1}\n",
)


def counted(bench: Bench) -> tuple[dict[str, int], dict[str, int]]:
    found = bench.partition.counted()
    return found.entered, found.exited


def test_members_of_a_family_count_under_its_name() -> None:
    bench = Bench(RULES)
    bench.fold(view("e", category="shoes"), view("f", T + 1, category="bags"), view("e", category="shoes"))
    assert counted(bench) == ({"lately": 1, "likes": 2}, {})
    bench.fold(view("g", T + 9 * DAY, category="hats"))
    assert counted(bench) == ({"lately": 2, "likes": 3}, {"lately": 1, "likes": 2})
    assert bench.partition.counted().events == 4


def test_an_erasure_is_leaving_everything() -> None:
    bench = Bench(RULES)
    bench.fold(view("e", category="shoes"), {"type": "erase", "id": "x", "at": T + 1})
    assert counted(bench) == ({"lately": 1, "likes": 1}, {"lately": 1, "likes": 1})


def test_the_segments_of_older_rules_stay_counted() -> None:
    bench = Bench(RULES)
    bench.fold(view("e"))
    again = bench.again(rules_of(other="{count: views, at_least: 1}"))
    assert counted(again)[1] == {}
    bench.take()
    again = bench.again(rules_of(other="{count: views, at_least: 1}"))
    assert counted(again) == ({"other": 1}, {"lately": 1, "likes": 1})


def test_many_different_changes_are_added_up_in_between() -> None:
    moves, counts = Moves([f"s{n}" for n in range(20)], ["", "family"]), Counts()
    for n in range(12_000):
        moves.note(n, n + 1, Families([1 << 32], [], [], {}))
        if moves.full():
            moves.add_up(counts)
    moves.add_up(counts)
    moves.add_up(counts)
    assert counts.entered["family"] == 12_000
    assert counts.entered["s0"] - counts.exited["s0"] == 0
    assert sum(counts.entered.values()) - counts.entered["family"] - sum(counts.exited.values()) == (12_000).bit_count()


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"{", "json"),
        (b"{]", "json"),
        (b"\xff", "json"),
        (b'{"type":"view"}', "field"),
        (b'{"type":"vew","at":1}', "type"),
        (b'{"type":"vew: price: at","at":1}', "type"),
        (b'{"at":1}', "type"),
        (b'{"type":"view","at":1.5,"product":"p"}', "field"),
        (b'{"type":"view","at":5,"product":"p","user":"u"}', "stamp"),
        (b'{"type":"view","at":1767225600000,"product":"p"}', "user"),
        (b'{"type":"view","at":1767225600000,"product":"p","user":"u","price":-1}', "amount"),
        (b'{"type":"purchase","at":1767225600000,"order":"o","items":[{"product":"p","quantity":0}]}', "amount"),
        (b'{"type":"view","at":1767225600000,"product":"p","currency":"EUR"}', "currency"),
        (b'{"type":"email","at":1767225600000,"action":"at: x","message":"m"}', "field"),
        (b"[" * 3000, "field"),
        (b" " * (1 << 21), "size"),
        (None, "size"),
    ],
)
def test_reasons_have_few_classes(raw: bytes | None, kind: str) -> None:
    found = decode_event(raw)
    assert isinstance(found, Refusal)
    assert class_of(found.reason) == kind, found.reason
    assert kind in CLASSES


def test_counts_add_up() -> None:
    whole = Counts(1, 2, {"json": 3}, {"a": 4}, {})
    whole.add(Counts(10, 20, {"json": 30, "size": 1}, {"b": 5}, {"a": 6}))
    assert whole == Counts(11, 22, {"json": 33, "size": 1}, {"a": 4, "b": 5}, {"a": 6})
