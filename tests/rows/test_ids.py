"""Event ids as two words: equality, order, and the way back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.rows.ids import id_text, id_words, key_digest

SHORT = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=16)
ANY = st.text(max_size=40)


def words(*ids: str) -> list[tuple[int, ...]]:
    return [tuple(pair) for pair in id_words(ids).tolist()]


def test_no_ids_have_no_words() -> None:
    assert id_words([]).shape == (0, 2)


@given(st.lists(SHORT, min_size=1, max_size=5))
def test_short_ids_compare_as_their_words(ids: list[str]) -> None:
    assert sorted(ids) == [one for _, one in sorted(zip(words(*ids), ids, strict=True))]


@given(st.lists(ANY, min_size=2, max_size=5))
def test_an_id_has_its_own_words_whatever_stands_beside_it(ids: list[str]) -> None:
    together = words(*ids)
    assert together == [words(one)[0] for one in ids]
    assert len(set(together)) == len(set(ids))


@given(ANY, ANY)
def test_long_ids_compare_by_their_first_eight_bytes(one: str, other: str) -> None:
    first, second = one.encode()[:8].ljust(8, b"\0"), other.encode()[:8].ljust(8, b"\0")
    if first != second:
        assert (words(one) < words(other)) == (first < second)


@pytest.mark.parametrize("pair", [("a", "a\0"), ("", "\0"), ("a", "a "), ("é", "e\u0301"), ("x" * 16, "x" * 17)])
def test_these_ids_are_two(pair: tuple[str, str]) -> None:
    one, other = words(*pair)
    assert one != other


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=16))
def test_a_short_id_comes_back(event_id: str) -> None:
    assert id_text(*words(event_id)[0]) == event_id


def test_of_a_long_id_nothing_false_comes_back() -> None:
    """Where a digest happens to be printable, it must not be taken for the end of the id."""
    ids = [f"aaaaaaaa-long-event-id-{n}" for n in range(4_000)]
    assert [text for pair in words(*ids) if (text := id_text(*pair)) is not None] == []


def test_names_of_orders_have_digests() -> None:
    assert key_digest("o1") == key_digest("o1")
    assert len({key_digest(name) for name in ("", "o1", "O1", "o1 ", "ö", "1")}) == 6
    assert -(2**63) <= key_digest("o1") < 2**63
