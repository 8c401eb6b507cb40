"""What a partition makes of records: positions, refused events, records of elsewhere, and what a checkpoint holds."""

from __future__ import annotations

import orjson
import pytest

from streams.engine.api import Forward
from streams.engine.counts import Counts
from streams.rows.home import home_partition
from tests.engine.bench import Bench, T, brief, rules_of, view
from tests.laws.runs import Line

RULES = rules_of(seen="{count: views, at_least: 1}", never_bought="{count: purchases, exactly: 0}")
VIEW = orjson.dumps({"type": "view", "at": T, "product": "p", "id": "e"})


def user_of(partition: int, partitions: int) -> str:
    """A customer whose home that is."""
    return next(user for n in range(1_000) if home_partition(user := f"user-{n}", partitions) == partition)


def test_positions_follow_each_topic() -> None:
    bench = Bench(RULES)
    assert bench.partition.positions == {}
    bench.partition.fold("views", [Line(7, b"ana", VIEW), Line(8, b"ana", b"junk"), Line(11, b"ana", VIEW)], 0)
    bench.partition.fold("purchases", [Line(0, b"ana", VIEW)], 0)
    bench.partition.fold("emails", [], 0)
    assert bench.partition.positions == {"views": 12, "purchases": 1}
    bench.take()
    assert bench.again().partition.positions == {"views": 12, "purchases": 1}


def test_any_type_is_taken_from_any_topic() -> None:
    bench = Bench(RULES)
    bench.records([(b"ana", VIEW)], topic="profiles")
    assert bench.segments() == {"ana": ["never-bought", "seen"]}


def test_nothing_is_dirty_after_a_take() -> None:
    bench = Bench(RULES)
    bench.take()  # the names of the segments
    assert bench.partition.dirty() == 0
    bench.fold(view("e"), {"type": "what"})
    assert bench.partition.dirty() > 0
    bench.take()
    assert bench.partition.dirty() == 0
    assert bench.take() == []
    assert (bench.checkpoint.rows, bench.checkpoint.refused, bench.checkpoint.forwards) == ([], [], [])


def test_a_record_that_changes_nothing_moves_the_position_only() -> None:
    bench = Bench(RULES)
    bench.fold(view("e"))
    bench.take()
    bench.fold(view("e"))
    assert bench.partition.dirty() >= 1
    assert bench.take() == []
    rows = dict(bench.checkpoint.rows)
    assert (rows.pop(b"\0r") or b"").split()[0] == bench.rules.digest.encode()
    assert rows == {b"\0pviews": b"2"}


def test_one_bad_record_costs_no_good_one() -> None:
    bench = Bench(RULES)
    bad = [
        b"",
        b"{",
        b"\xff",
        None,
        b'{"type":"view"}',
        orjson.dumps({"type": "view", "at": T, "product": "p", "price": -1}),
    ]
    found: list[tuple[bytes | None, bytes | None]] = []
    for n, value in enumerate(bad):
        found += [(b"ana", value), (b"user-%d" % n, VIEW)]
    bench.records(found)
    assert len(bench.changes()) == len(bad)
    assert bench.partition.customers() == len(bad)
    refused = [(key, orjson.loads(value)) for key, value in bench.checkpoint.refused]
    assert [(key, said["topic"], said["partition"], said["offset"]) for key, said in refused] == [
        (b"ana", "views", 0, 2 * n) for n in range(len(bad))
    ]
    assert all(said["reason"] for _, said in refused)
    assert bench.partition.counted() == Counts(
        events=len(bad),
        refused={"json": 3, "size": 1, "field": 1, "amount": 1},
        entered=dict.fromkeys(("seen", "never-bought"), len(bad)),
    )


def test_a_very_deep_event_costs_no_good_one() -> None:
    bench = Bench(RULES)
    deep = b'{"type":"view","at":%d,"product":"p","x":' % T + b"[" * 600 + b"]" * 600 + b"}"
    bench.records([(b"ana", deep), (b"ben", VIEW)])
    assert [change["user"] for change in bench.changes()][-1] == "ben"


def test_a_record_of_a_customer_at_home_elsewhere_is_forwarded() -> None:
    bench = Bench(RULES, partitions=3)
    here, there = user_of(0, 3), user_of(2, 3)
    value = orjson.dumps({"type": "view", "at": T, "product": "p", "user": there})
    bench.records([(here.encode(), value), (there.encode(), VIEW), (here.encode(), VIEW)], topic="purchases")
    assert [change["user"] for change in bench.changes()] == [here]
    assert bench.checkpoint.forwards == [
        Forward("purchases", 2, there.encode(), value), Forward("purchases", 2, there.encode(), VIEW)
    ]  # fmt: skip
    assert bench.partition.counted().forwarded == 2
    assert bench.partition.positions == {"purchases": 3}
    assert bench.take() == []
    assert bench.checkpoint.forwards == []


def test_a_record_with_no_key_goes_by_its_user() -> None:
    bench = Bench(RULES)
    bench.records([(None, orjson.dumps({"type": "view", "at": T, "product": "p", "user": 42})), (None, VIEW)])
    assert [change["user"] for change in bench.changes()] == ["42"]
    assert b"no key" in bench.checkpoint.refused[0][1]


@pytest.mark.parametrize("chunk", [1, 2, 5, 10])
def test_chunks_do_not_matter(chunk: int) -> None:
    bench, found = Bench(RULES), [view(f"e{n}", T + n, user=f"user-{n % 3}") for n in range(10)]
    for start in range(0, len(found), chunk):
        bench.fold(*found[start : start + chunk])
    assert brief(bench.changes()) == [(1, ["never-bought", "seen"], [])] * 3
    assert bench.partition.customers() == 3


def test_restoring_ends_with_opening() -> None:
    bench = Bench(RULES)
    with pytest.raises(RuntimeError, match="open"):
        bench.partition.restore([])
