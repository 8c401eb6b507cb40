"""Lists of several categories, with room for new ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.recommend.listing import diversified, with_new_categories

candidates = st.lists(st.integers(0, 200), unique=True, max_size=40)


def category(one: int) -> int:
    """Most are of the category 0, some of none."""
    return -1 if one % 10 == 9 else max(0, one % 10 - 5)


def is_new(one: int) -> bool:
    """The categories 3 and up are new."""
    return category(one) >= 3


@given(candidates, st.integers(1, 20))
def test_one_category_does_not_fill_a_list(ranked: list[int], count: int) -> None:
    found = diversified(ranked, category, count)
    assert len(found) == min(count, len(ranked)) == len(set(found))
    most = max(2, -(-3 * count // 10))
    left = [one for one in ranked if one not in found]
    counts = [sum(category(one) == which for one in found) for which in range(5)]
    if any(number > most for number in counts):  # only where nothing else was left
        assert all(counts[category(one)] >= most for one in left if category(one) >= 0)
        assert all(category(one) >= 0 for one in left)


def test_the_best_come_first() -> None:
    assert diversified([0, 1, 2, 3, 10, 6, 9, 7], category, 5) == [0, 1, 6, 9, 7]
    assert diversified([0, 1, 2, 3], category, 3) == [0, 1, 2]


@given(candidates, st.integers(1, 20))
def test_two_in_ten_are_of_new_categories(ranked: list[int], count: int) -> None:
    chosen = diversified(ranked, category, count)
    found = with_new_categories(chosen, ranked, is_new, category)
    assert len(found) == len(chosen) == len(set(found))
    new = {category(one) for one in ranked if is_new(one)}
    enough = round(len(chosen) * 0.2)
    assert sum(map(is_new, found)) >= min(enough, len(new), len(chosen))
    assert [one for one in found if one in chosen] == [one for one in chosen if one in found]
