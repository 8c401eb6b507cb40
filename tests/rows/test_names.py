"""The dictionary: one number for one compared form, sets, and any order of restoring."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.events.text import compared
from streams.rows.layout import SET_BIT
from streams.rows.names import Names

TEXTS = st.text(max_size=4)


def restored(records: list[tuple[bytes, bytes]]) -> Names:
    names = Names()
    names.restore(dict(records))
    return names


def test_a_text_is_shown_as_first_received() -> None:
    names = Names()
    number = names.text(" Ta\u0308schchen ")
    assert names.text("TÄSCHCHEN") == number
    assert names.shown[number] == " Ta\u0308schchen "
    assert names.text("taschchen") != number


def test_the_empty_text_is_a_name_and_no_name_is_0() -> None:
    names = Names()
    assert names.text("") == names.text("  ") != 0
    assert names.group([]) == 0
    assert names.members(0) == ()


def test_exact_names_are_compared_exactly_and_are_no_texts() -> None:
    names = Names()
    assert (
        len({names.exact("Tier"), names.exact("tier"), names.exact(" tier"), names.text("tier"), names.exact("")}) == 5
    )
    assert names.exact("Tier") == names.exact("Tier")


def test_a_set_is_its_members_in_any_order_and_spelling() -> None:
    names = Names()
    pair = names.group(["Shoes", "Sale"])
    assert pair == names.group(["sale", "SHOES ", "shoes"])
    assert names.members(pair) == tuple(sorted((names.text("shoes"), names.text("sale"))))
    assert names.group(["Shoes"]) == names.group(["shoes", "SHOES"]) == names.text("shoes")
    assert names.group(["shoes", "hats"]) != pair


def test_each_name_is_handed_out_once() -> None:
    names = Names()
    names.group(["a", "b"])
    names.exact("a")
    assert names.fresh() == len(names.take_fresh()) == 4
    names.text("A")
    names.group(["b", "a"])
    assert names.fresh() == 0
    assert names.take_fresh() == []


def test_the_table_of_sets() -> None:
    names = Names()
    assert [part.tolist() for part in names.set_table()] == [[0], []]
    names.group(["a", "b"])
    names.group(["a", "b", "c"])
    ends, members = names.set_table()
    assert (ends.tolist(), members.tolist()) == ([0, 2, 5], [1, 2, 1, 2, 3])


@given(
    st.lists(st.one_of(TEXTS, st.lists(TEXTS, min_size=1, max_size=3), TEXTS.map(lambda text: (text,))), max_size=12),
    st.randoms(use_true_random=False),
)
def test_a_dictionary_comes_back_from_its_records_in_any_order(found: list[object], chance: object) -> None:
    names = Names()
    numbers = [put(names, one) for one in found]
    records = names.take_fresh()
    chance.shuffle(records)  # type: ignore[attr-defined]
    again = restored(records)
    assert again.shown == names.shown
    assert again.sets == names.sets
    assert [put(again, one) for one in found] == numbers
    assert again.fresh() == 0


def put(names: Names, one: object) -> int:
    """A text, the texts of a set, or an exact name."""
    if isinstance(one, str):
        return names.text(one)
    return names.group(one) if isinstance(one, list) else names.exact(one[0])  # type: ignore[index]


@given(TEXTS, TEXTS)
def test_two_texts_are_one_by_their_compared_form(one: str, other: str) -> None:
    names = Names()
    assert (names.text(one) == names.text(other)) == (compared(one) == compared(other))


def test_what_is_freed_is_gone_also_after_a_restore_and_its_number_is_not_given_again() -> None:
    names = Names()
    pair, tier = names.group(["Ana's own", "b"]), names.exact("tier")
    gone, stays = names.text("ana's own"), names.text("b")
    written = names.take_fresh()
    names.free([gone, tier], [pair & ~SET_BIT])
    names.free([gone, tier], [pair & ~SET_BIT])
    written += names.take_fresh()
    assert len(written) == 4 + 3
    assert "Ana" not in repr((dict(written), names.shown, names.spellings, names.sets))
    for one in (names, restored(written)):
        assert one.text("B ") == stays
        fresh = {one.text("ana's own"), one.exact("tier"), one.group(["b", "ana's own"])}
        assert not fresh & {gone, tier, pair}
        assert len({*fresh, stays}) == 4


def test_what_rules_name_stays() -> None:
    names = Names()
    number = names.text("shoes")
    names.pinned.add(number)
    names.free([0, number], [])
    assert names.text("Shoes") == number
