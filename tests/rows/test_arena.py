"""The arena grows and is squeezed without anybody losing a fact."""

from __future__ import annotations

import numpy as np

from streams.events.native import Event, View
from streams.rows.arena import GARBAGE, OFF, ROOM, SIZE, TAIL, Rows, more_customers, more_records, new_rows
from streams.rows.layout import AT_SHIFT, WORDS
from tests.engine.bench import HOUR, Bench, T, rules_of

RULES = rules_of(seen="{count: views, at_least: 1}")


def views(customers: int, rounds: range) -> list[Event]:
    """One view of each customer a round."""
    return [
        View(at=T + n * HOUR, id=f"e{n}", user=f"c{c}", product="p", price=c) for n in rounds for c in range(customers)
    ]


def check_places(rows: Rows, customers: int) -> None:
    """No two rows share a record, and all lie below the tail."""
    head = rows.head[:customers]
    assert (head[:, SIZE] <= head[:, ROOM]).all()
    order = np.argsort(head[:, OFF], kind="stable")
    ends = (head[:, OFF] + head[:, ROOM])[order]
    assert (ends[:-1] <= head[order[1:], OFF]).all()
    assert ends[-1] <= rows.stat[TAIL] <= len(rows.words)
    assert int(head[:, ROOM].sum()) + int(rows.stat[GARBAGE]) == int(rows.stat[TAIL])


def test_many_customers_grow_together_and_lose_nothing() -> None:
    bench, customers, rounds = Bench(RULES), 2_500, 24
    partition, squeezed, before = bench.partition, 0, 0
    for n in range(0, rounds, 2):
        partition.fold_events(views(customers, range(n, n + 2)))
        garbage = int(partition.machine.rows.stat[GARBAGE])
        squeezed += garbage < before
        before = garbage
        check_places(partition.machine.rows, customers)
    assert squeezed > 0
    rows = partition.machine.rows
    assert partition.customers() == customers
    assert (rows.head[:customers, SIZE] == rounds).all()
    for row in range(0, customers, 97):
        off = int(rows.head[row, OFF])
        mine = rows.words[off : off + rounds]
        assert (mine[:, 0] >> AT_SHIFT).tolist() == [T + n * HOUR for n in range(rounds)]
        assert (mine[:, 4] == row).all()
    assert int(rows.stat[TAIL]) < 3 * customers * rounds


def test_one_large_row_among_small_ones() -> None:
    bench = Bench(RULES)
    bench.partition.fold_events(views(10, range(2)))
    bench.partition.fold_events([View(at=T + n, id=f"x{n}", user="c3", product="p") for n in range(9_000)])
    rows = bench.partition.machine.rows
    assert rows.head[:10, SIZE].tolist() == [2, 2, 2, 9_002, *[2] * 6]
    check_places(rows, 10)


def test_more_customers_keeps_what_is_there() -> None:
    rows = new_rows(1, customers=2, records=4)
    rows.head[:, SIZE] = 7
    more = more_customers(rows, 3)
    assert len(more.due) >= 3
    assert more.head[:3, SIZE].tolist() == [7, 7, 0]
    assert more.words is rows.words
    assert more_customers(more, 2) is more


def test_more_records_grows_where_little_is_lost_and_squeezes_where_much_is() -> None:
    rows = new_rows(1, customers=2, records=8)
    rows.head[:2, OFF], rows.head[:2, ROOM], rows.head[:2, SIZE] = (1, 6), 2, 2
    rows.words[:] = np.arange(8).repeat(WORDS).reshape(8, WORDS)
    rows.stat[TAIL], rows.stat[GARBAGE] = 8, 1
    grown = more_records(rows, 5)
    assert len(grown.words) >= 13
    assert grown.words[:8, 0].tolist() == list(range(8))
    rows.stat[GARBAGE] = 4
    squeezed = more_records(rows, 5)
    assert squeezed.words[:4, 0].tolist() == [1, 2, 6, 7]
    assert (squeezed.head[:2, OFF].tolist(), squeezed.stat[TAIL], squeezed.stat[GARBAGE]) == ([0, 2], 4, 0)
    assert len(squeezed.words) >= 9
