"""Rows of a changelog: what events make is sound, and what the kernel could not read is found, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from streams.events.amounts import MAX_QUANTITY, MAX_UNITS
from streams.rows.arena import COUNTS, EVALUATED, KNOWN, OFF, SEQ, SIZE, Rows, new_rows
from streams.rows.layout import (
    AT_SHIFT,
    DISCOUNT,
    EMAIL,
    GROUP_OF_KIND,
    HEAD_WORDS,
    ITEM,
    KIND_MASK,
    NEVER,
    NO_AMOUNT,
    ORDER,
    PROFILE,
    REFUND,
    SET_BIT,
    STATE,
    VIEW,
    WORDS,
)
from streams.rows.soundness import BLOCK, first_unsound
from tests.engine.bench import DAY, Bench, T
from tests.fuzz.wild_changelogs import RULES, whole
from tests.laws.runs import Raw
from tests.rows.drawn import PATIENT, events


@given(events())
@PATIENT
def test_what_events_make_is_sound(found: list[Raw]) -> None:
    bench = Bench(RULES)
    bench.fold(*found)
    bench.take()
    assert bench.again().take() == []


def damaged(kind: int, word: int, change: Callable[[int], int]) -> list[tuple[bytes, bytes | None]]:
    """The changelog of ``whole`` with ana's first record of that kind changed in one word."""
    log = dict(whole())
    words: NDArray[np.int64] = np.frombuffer(log[b"ana"] or b"", "<i8").copy()
    published = int(words[0]) >> 16 & 0xFFFF
    records = words[HEAD_WORDS + (published + 1) // 2 :].reshape(-1, WORDS)
    place = np.flatnonzero(records[:, 0] & KIND_MASK == kind)[0]
    records[place, word] = np.array(change(int(records[place, word])) & (1 << 64) - 1, np.uint64).view(np.int64)
    log[b"ana"] = words.tobytes()
    return list(log.items())


def to(number: int) -> Callable[[int], int]:
    return lambda _: number


#: kind, word, change
WRONG: dict[str, tuple[int, int, Callable[[int], int]]] = {
    "another kind": (VIEW, 0, lambda word: word | 31),
    "a kind of another group": (VIEW, 0, lambda word: word & ~KIND_MASK | EMAIL),
    "before 2000": (VIEW, 0, to(5 << AT_SHIFT | VIEW)),
    "after 9999": (VIEW, 0, to(NEVER >> 1 << 4 | VIEW)),
    "before the one before": (STATE, 0, to(NEVER | STATE)),
    "a line before its order": (ORDER, 0, lambda word: word & ~KIND_MASK | ITEM),
    "a product without a name": (VIEW, 3, lambda word: word | 1 << 62),
    "a negative product": (VIEW, 3, lambda word: word | 1 << 63),
    "a category without a name": (VIEW, 3, lambda word: word | 1 << 30),
    "a set that is none": (VIEW, 3, lambda word: word >> 32 << 32 | SET_BIT | 1),
    "an amount that is negative": (VIEW, 4, to(-1)),
    "an amount that is too large": (REFUND, 4, to(MAX_UNITS + 1)),
    "an order without an amount": (ORDER, 4, to(NO_AMOUNT)),
    "a discount without an amount": (DISCOUNT, 4, to(NO_AMOUNT)),
    "no quantity": (ITEM, 2, to(0)),
    "too large a quantity": (ITEM, 2, to(MAX_QUANTITY + 1)),
    "an item without a name": (ITEM, 3, to(-1)),
    "a campaign without a name": (EMAIL, 4, to(1 << 60)),
    "a segment without a name": (EMAIL, 4, to(1 << 20)),
    "a property without a name": (PROFILE, 3, to(1 << 62)),
    "a value without a name": (PROFILE, 3, to(1 << 31)),
    "a rule without a name": (STATE, 1, to(1 << 61)),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_the_kernel_could_not_read_is_refused(what: str) -> None:
    bench = Bench(RULES)
    bench.changelog = list(damaged(*WRONG[what]))
    with pytest.raises(ValueError, match=r"^the row of customer 'ana' in the changelog is damaged$"):
        bench.again()


@pytest.mark.parametrize("what", [(VIEW, 4, to(NO_AMOUNT)), (VIEW, 4, to(MAX_UNITS)), (REFUND, 4, to(NO_AMOUNT))])
def test_what_may_be_there_is_taken(what: tuple[int, int, Callable[[int], int]]) -> None:
    bench = Bench(RULES)
    bench.changelog = list(damaged(*what))
    assert bench.again().partition.customers() == 2


def many(customers: int, views: int) -> Rows:
    """Rows of so many views each."""
    rows = new_rows(1, customers, customers * views)
    rows.head[:, SIZE] = rows.head[:, COUNTS + GROUP_OF_KIND[VIEW]] = views
    rows.head[:, OFF] = np.arange(customers) * views
    rows.head[:, KNOWN] = rows.head[:, EVALUATED] = T
    rows.words[:, 0] = (T + np.tile(np.arange(views), customers)) << AT_SHIFT | VIEW
    rows.words[:, 1:] = 0
    return rows


@pytest.mark.parametrize(("customers", "views"), [(1, 1), (3, BLOCK), (2 * BLOCK + 7, 0), (BLOCK + 1, 3), (5, 20_000)])
def test_the_first_wrong_row_is_found_in_every_block(customers: int, views: int) -> None:
    rows = many(customers, views)
    assert first_unsound(rows, customers, 1, 0) == -1
    for row in {customers - 1, customers // 2, 0}:
        rows.head[row, SEQ] = -1
        assert first_unsound(rows, customers, 1, 0) == row
        rows.head[row, SEQ] = 0
        if views:
            rows.words[(row + 1) * views - 1, 3] = 1
            assert first_unsound(rows, customers, 1, 0) == row
            rows.words[(row + 1) * views - 1, 3] = 0


@pytest.mark.parametrize(
    ("column", "value"), [(EVALUATED, -2), (EVALUATED, NEVER), (KNOWN, 5), (KNOWN, NEVER - DAY), (SEQ, -(1 << 31))]
)
def test_a_wrong_head_is_found(column: int, value: int) -> None:
    rows = many(2, 2)
    rows.head[1, column] = value
    assert first_unsound(rows, 2, 1, 0) == 1


def test_the_second_of_two_views_may_not_be_earlier() -> None:
    rows = many(2, 2)
    rows.words[3, 0] -= 2 << AT_SHIFT
    assert first_unsound(rows, 2, 1, 0) == 1
