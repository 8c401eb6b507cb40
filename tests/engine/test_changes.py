"""What a change says: numbers, names, causes and reasons; also with more segments than one word of bits holds."""

from __future__ import annotations

from streams.events.instants import stamp
from tests.engine.bench import DAY, HOUR, Bench, T, brief, rules_of, view


def test_a_change_by_an_event_in_full() -> None:
    rules = rules_of(
        shopper="{all: [{count: views, where: {category: Shoes}, more_than: 1}, {count: purchases, exactly: 0}]}",
        seen="{count: views, at_least: 1}",
    )
    bench = Bench(rules)
    bench.fold(view("e-1"), view("e-2", T + 1, category=" SHOES"))
    first, second = bench.take()
    assert first[0] == "ana"
    assert second == (
        "ana",
        {
            "user": "ana",
            "seq": 2,
            "at": stamp(T + 1),
            "entered": ["shopper"],
            "exited": [],
            "segments": ["seen", "shopper"],
            "rules": rules.digest,
            "cause": {"kind": "event", "id": "e-2"},
            "why": {
                "shopper": [
                    {"count": "views", "where": {"category": "shoes"}, "more_than": 1, "value": 2},
                    {"count": "purchases", "exactly": 0, "value": 0},
                ]
            },
        },
    )


def test_a_long_id_is_the_cause_as_it_was_sent() -> None:
    bench = Bench(rules_of(seen="{count: views, at_least: 1}"))
    event_id = "0190f5c4-7c5e-7b3a-9f3e-ünïcode-" + "x" * 300
    bench.fold(view(event_id))
    assert bench.changes()[0]["cause"] == {"kind": "event", "id": event_id}


def test_of_several_events_at_one_instant_one_change_comes() -> None:
    bench = Bench(rules_of(three="{count: views, at_least: 3}", one="{count: views, at_least: 1}"))
    bench.fold(view("a"), view("b"), view("c"))
    (change,) = bench.changes()
    assert (change["entered"], change["cause"]) == (["one", "three"], {"kind": "event", "id": "c"})


def test_a_repeat_is_not_the_cause() -> None:
    bench = Bench(rules_of(two="{count: views, at_least: 2}"))
    bench.fold(view("a"), view("b"), view("a"))
    assert bench.changes()[0]["cause"] == {"kind": "event", "id": "b"}


def test_seventy_segments() -> None:
    """One that counts to n for each n up to 70, so that every bit of both words changes by itself."""
    bench = Bench(rules_of(**{f"n{n:02d}": f"{{count: views, last: 100h, at_least: {n}}}" for n in range(1, 71)}))
    bench.fold(*[view(f"e{n:02d}", T + n * HOUR) for n in range(70)])
    bench.fold({"type": "cart", "id": "later", "product": "p", "at": T + 30 * DAY})
    changes = bench.changes()
    names = [f"n{n:02d}" for n in range(1, 71)]
    assert [change["entered"] for change in changes[:70]] == [[name] for name in names]
    assert [change["exited"] for change in changes[70:]] == [[name] for name in reversed(names)]
    assert [change["at"] for change in changes[70:]] == [stamp(T + (100 + n) * HOUR) for n in range(70)]
    assert [len(change["segments"]) for change in changes] == [*range(1, 71), *range(69, -1, -1)]
    assert changes[69]["segments"] == names
    assert bench.again().take() == []


def test_segments_refer_across_words() -> None:
    rules = {f"a{n:02d}": "{count: carts, at_least: 1}" for n in range(66)}
    bench = Bench(rules_of(**rules, zz="{count: views, at_least: 1}", b="{segment: zz}", c="{segment: zz, is: false}"))
    bench.fold({"type": "cart", "id": "0", "product": "p"})
    assert "c" in bench.changes()[0]["entered"]
    bench.fold(view("e", T + 1))
    assert brief(bench.changes()) == [(2, ["b", "zz"], ["c"])]


def test_no_rules_say_nothing() -> None:
    bench = Bench(rules_of(a="{count: views, more_than: 1000}"))
    bench.fold(view("e"))
    assert bench.take() == []
    assert bench.partition.customers() == 1
