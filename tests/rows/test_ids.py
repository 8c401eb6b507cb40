"""Event ids as numbers: equality, order, and the way back."""

from __future__ import annotations

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rows.ids import id_text, key_digest, packed_ids
from streams.rows.layout import ID_LONG, ID_UUID
from tests.rows.drawn import LONGEST_ID, UUIDS, any_id, text_id

NO_TEXT = -(1 << 63)
#: what an id comes to: form, two words, rests
Packed = tuple[int, tuple[int, ...], tuple[tuple[int, ...], ...]]


def packed(*ids: str) -> list[Packed]:
    found = packed_ids(ids)
    return [
        (int(form), tuple(words), tuple(tuple(rest) for rest in found.rests[start:end].tolist()))
        for form, words, start, end in zip(found.forms, found.words.tolist(), found.starts, found.ends, strict=True)
    ]


def text_words(one: str) -> list[int]:
    """The words of an id that is no UUID, with no words of zeros behind its end."""
    ((form, (word_1, word_2), rests),) = packed(one)
    words = [word_1, *(word for rest in rests for word in rest)] if form == ID_LONG else [word_1, word_2]
    while words and words[-1] == NO_TEXT:
        words.pop()
    return words


def shown(one: str) -> str | None:
    found = packed_ids([one])
    return id_text(int(found.forms[0]), found.words[0], found.rests)


def test_no_ids_have_no_words() -> None:
    found = packed_ids([])
    assert (found.words.shape, found.rests.shape) == ((0, 2), (0, 3))


@given(st.lists(any_id(), min_size=2, max_size=5))
def test_an_id_has_its_own_numbers_whatever_stands_beside_it(ids: list[str]) -> None:
    together = packed(*ids)
    assert together == [packed(one)[0] for one in ids]
    assert len({(form, words) for form, words, _ in together}) == len(set(ids))


@given(st.lists(text_id(), min_size=2, max_size=5))
def test_ids_compare_as_their_words(ids: list[str]) -> None:
    assert sorted(ids, key=text_words) == sorted(ids, key=lambda one: one.encode())


@given(st.lists(UUIDS, min_size=2, max_size=5))
def test_uuids_compare_as_their_two_words(ids: list[str]) -> None:
    assert sorted(ids, key=lambda one: packed(one)[0][1]) == sorted(ids)
    assert {form for form, _, _ in packed(*ids)} == {ID_UUID}


@pytest.mark.parametrize(
    "pair",
    [("a", "a\0"), ("", "\0"), ("a", "a "), ("é", "e\u0301"), ("x" * 16, "x" * 17), ("\0", "\1\1"), ("\1", "\1\2")],
)
def test_these_ids_are_two(pair: tuple[str, str]) -> None:
    one, other = packed(*pair)
    assert one != other
    assert (text_words(pair[0]) < text_words(pair[1])) == (pair[0] < pair[1])


def test_a_uuid_is_not_the_text_of_its_bytes() -> None:
    text = "sixteen letters."
    one, other = packed(text, str(UUID(bytes=text.encode())))
    assert one[1] == other[1]
    assert one[0] != other[0]


@given(any_id())
def test_every_id_that_is_kept_whole_comes_back(event_id: str) -> None:
    assert shown(event_id) == event_id


@pytest.mark.parametrize(
    "event_id", ["0190F5C4-7C5E-7B3A-9F3E-3B1F6A0C2D4E", "0190f5c47c5e7b3a9f3e3b1f6a0c2d4e", "zoë" * 9]
)
def test_what_is_no_plain_uuid_is_text(event_id: str) -> None:
    ((form, _, rests),) = packed(event_id)
    assert (form, shown(event_id)) == (ID_LONG, event_id)
    assert len(rests) == -(-(len(event_id.encode()) - 8) // 24)


def test_of_an_id_that_is_not_kept_whole_nothing_false_comes_back() -> None:
    ids = ["x" * LONGEST_ID, "x" * (LONGEST_ID + 1), "x" * 10_000]
    assert [shown(one) for one in ids] == [ids[0], None, None]
    assert len({words for _, words, _ in packed(*ids)}) == 3


def test_names_of_orders_have_digests() -> None:
    assert key_digest("o1") == key_digest("o1")
    assert len({key_digest(name) for name in ("", "o1", "O1", "o1 ", "ö", "1")}) == 6
    assert -(2**63) <= key_digest("o1") < 2**63


def test_words_that_are_no_text_are_told_as_well_as_can_be() -> None:
    """As a damaged changelog has them."""
    assert id_text(0, np.array([0, -(1 << 63)]), np.zeros((0, 3), np.int64)) == "\ufffd"
