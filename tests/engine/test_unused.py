"""What an erased customer alone had leaves the dictionary; what somebody or a rule has does not."""

from __future__ import annotations

import pytest

from streams.engine import unused
from tests.engine.bench import Bench, T, rules_of, view
from tests.laws.runs import Raw

RULES = rules_of(
    shoes="{count: views, where: {category: shoes}, at_least: 1}",
    gold="{profile: tier, is: gold}",
)


def erase(user: str = "ana", at_ms: int = T + 10) -> Raw:
    return {"type": "erase", "id": f"x-{user}-{at_ms}", "user": user, "at": at_ms}


def shown(bench: Bench) -> set[str]:
    """What the dictionary has, here and in the changelog."""
    held = set(bench.partition.machine.names.shown) - {""}
    bench.take()
    assert set(bench.again().partition.machine.names.shown) - {""} == held
    return held


def test_names_of_every_kind_go_with_the_last_who_had_them() -> None:
    bench = Bench(RULES)
    mail = {"type": "email", "id": "m", "action": "sent", "message": "m", "campaign": "to Ana", "segment": "Anas"}
    order = {
        "type": "purchase",
        "id": "o",
        "order": "o",
        "items": [{"product": "ring for Ana", "category": ["rings", "Ana"]}],
    }
    bench.fold(view("v", product="Ana's"), mail, order, {"type": "profile", "id": "p", "set": {"nick": "Annie"}})
    bench.fold(view("w", product="Ben's", category="hats", user="ben"))
    bench.take()
    assert {"Ana's", "to Ana", "Anas", "ring for Ana", "rings", "nick", "Annie"} <= shown(bench)
    bench.fold(erase())
    bench.take()
    assert shown(bench) == {"shoes", "gold", "tier", "Ben's", "hats"}


def test_a_name_comes_back_with_the_next_who_has_it() -> None:
    bench = Bench(RULES)
    bench.fold(view("v", product="Ana's", category="hats"), erase())
    bench.take()
    bench.fold(view("w", product="Ana's", category="hats", user="ben"), view("s", user="ben"))
    assert bench.segments() == {"ben": ["shoes"]}
    assert {"Ana's", "hats"} <= shown(bench)


def test_a_name_that_somebody_gets_while_rows_are_looked_at_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused, "ROWS_AT_ONCE", 2)
    bench = Bench(RULES)
    bench.fold(
        *[view(f"v{n}", user=f"user-{n}") for n in range(6)], view("v", product="Ana's", category="mine"), erase()
    )
    bench.take()
    assert bench.partition.machine.unused.searching
    bench.fold(view("late", T + 20, product="Ana's", user="user-0"))
    while bench.partition.dirty():
        bench.take()
    assert not bench.partition.machine.unused.searching
    assert "Ana's" in shown(bench)
    assert "mine" not in shown(bench)


def test_who_is_erased_while_rows_are_looked_at_has_another_look_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unused, "ROWS_AT_ONCE", 2)
    bench = Bench(RULES)
    bench.fold(view("z", product="Zoe's", user="zoe"), *[view(f"v{n}", user=f"user-{n}") for n in range(6)], erase())
    bench.take()
    bench.fold(erase("zoe"))
    while bench.partition.dirty():
        bench.take()
    assert "Zoe's" not in shown(bench)
