"""A row as bytes: the way there and back, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rows.arena import EVALUATED, SEQ
from streams.rows.packing import published_names
from tests.engine.bench import DAY, Bench, T, facts_of, row_of, rules_of, view
from tests.laws.runs import Raw
from tests.rows.drawn import PATIENT, events

RULES = rules_of(
    seen="{count: views, last: 2d, at_least: 1}",
    buyer="{count: purchases, last: 3d, at_least: 1}",
    gold="{profile: tier, is: a}",
    mailed="{count: opens, last: 4d, at_least: 1}",
)


def test_two_customers_at_the_same_instants_are_packed_alike() -> None:
    bench = Bench(RULES)
    bench.fold(view("e", user="ana"), view("e", user="ben"))
    bench.take()
    values = dict(bench.checkpoint.rows)
    assert values[b"ana"] == values[b"ben"]


@given(events(), st.data())
@PATIENT
def test_from_bytes_comes_the_same_row_and_the_same_judgement(found: list[Raw], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(found)))
    bench = Bench(RULES)
    bench.fold(*found[:cut])
    bench.advance()
    bench.take()
    again = bench.again()
    assert again.take() == []
    if cut:
        assert facts_of(again.partition) == facts_of(bench.partition)
        rows, others = bench.partition.machine.rows, again.partition.machine.rows
        assert others.head[0, EVALUATED : SEQ + 1].tolist() == rows.head[0, EVALUATED : SEQ + 1].tolist()
        assert others.due[0] == rows.due[0]
    for part in (bench, again):
        part.fold(*found[cut:], view("last", T + 20 * DAY))
        part.advance()
    assert again.take() == bench.take()
    assert facts_of(again.partition) == facts_of(bench.partition)


@pytest.mark.parametrize("count", [1, 2, 3, 63, 64, 65, 130])
def test_any_number_of_published_segments(count: int) -> None:
    rules = rules_of(**{f"s{n}": "{count: views, at_least: 1}" for n in range(count)})
    bench = Bench(rules)
    bench.fold(view("e"))
    (change,) = bench.changes()
    assert len(change["entered"]) == count
    assert len(published_names(dict(bench.checkpoint.rows)[b"ana"] or b"")) == count
    again = bench.again()
    assert again.take() == []
    again.fold({"type": "email", "id": "u", "at": T + 1, "action": "unsubscribed", "message": "m"})
    (change,) = again.changes()
    assert (change["seq"], len(change["exited"]), change["segments"]) == (2, count, [])


def packed() -> tuple[Bench, bytes]:
    bench = Bench(RULES)
    bench.fold(view("e"), view("f", T + DAY))
    bench.take()
    return bench, dict(bench.checkpoint.rows)[b"ana"] or b""


def opened_with(bench: Bench, value: bytes) -> Bench:
    bench.changelog.append((b"ana", value))
    return bench.again()


def test_another_version_is_refused_in_a_clear_line() -> None:
    bench, value = packed()
    with pytest.raises(ValueError, match=r"^the changelog holds a row of version 9; this program reads version \d+$"):
        opened_with(bench, b"\x09" + value[1:])


@pytest.mark.parametrize("cut", [8, 40, -8])
def test_a_row_of_another_length_is_refused_in_a_clear_line(cut: int) -> None:
    bench, value = packed()
    wrong = value[:-cut] if cut > 0 else value + bytes(8)
    with pytest.raises(ValueError, match=r"^the row of customer 'ana' in the changelog is damaged$"):
        opened_with(bench, wrong)


@pytest.mark.parametrize("length", [0, 1, 7, 63, 65])
def test_a_row_that_is_no_row_is_refused(length: int) -> None:
    bench, value = packed()
    with pytest.raises(ValueError, match="changelog"):
        opened_with(bench, value[:length])


@pytest.mark.parametrize("group", range(8))
def test_a_count_that_does_not_fit_is_refused(group: int) -> None:
    bench, value = packed()
    words = np.frombuffer(value, "<i8").copy()
    words[4 + (group >> 1)] += 1 << (32 * (group & 1))
    with pytest.raises(ValueError, match="damaged"):
        opened_with(bench, words.tobytes())


def test_a_published_segment_that_has_no_name_is_refused_in_a_clear_line() -> None:
    bench, value = packed()
    words = np.frombuffer(value, "<i8").copy()
    words[8] = 4_000_000
    with pytest.raises(ValueError, match="ana"):
        opened_with(bench, words.tobytes())


def test_an_unknown_kind_of_record_is_refused() -> None:
    bench, _ = packed()
    bench.changelog.append((b"\0zebra", b"1"))
    with pytest.raises(ValueError, match="unknown kind"):
        bench.again()


def test_the_row_of_a_customer_is_found_again_by_the_id() -> None:
    bench = Bench(RULES)
    users = ["zoë", "", "x" * 10_000, "a b\n", "\u0001"]
    bench.records([(user.encode(), b'{"type":"erase","at":1}') for user in users])  # refused: before 2000
    bench.fold(*[view("e", user=user) for user in users if user])
    bench.take()
    again = bench.again()
    assert sorted(again.partition.publisher.users) == sorted(filter(None, users))
    assert [row_of(again.partition, user) for user in again.partition.publisher.users] == [0, 1, 2, 3]
