"""A list of products out of candidates in order: of several categories, with room for new ones, with reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import NamedTuple

#: why a product is in a list
VIEWED = "viewed"
BOUGHT_WITH = "bought with"
SEEN_WITH = "viewed with"
NEW_CATEGORY = "new category"
AGAIN = "again"
SEGMENT = "segment"
POPULAR = "popular"

#: of ten products so many may be of one category, and so many are of categories that the customer has not tried
OF_CATEGORY_IN_TEN = 3
EXPLORED_IN_TEN = 2


class Pick(NamedTuple):
    """A product to show: why, the product that it goes with (empty where it goes with none), and its score, which
    compares only within a list and a reason."""

    product: str
    why: str
    goes_with: str = ""
    score: float = 0.0


def diversified(candidates: Iterable[int], category_of: Callable[[int], int], count: int) -> list[int]:
    """The first so many, of one category at most three in ten, but two, while there are others. No category is none."""
    most = max(2, ceil(count * OF_CATEGORY_IN_TEN / 10))
    taken: list[int] = []
    passed: list[int] = []
    counts: Counter[int] = Counter()
    for one in candidates:
        category = category_of(one)
        if category >= 0 and counts[category] >= most:
            passed.append(one)
            continue
        counts[category] += 1
        taken.append(one)
        if len(taken) == count:
            return taken
    return taken + passed[: count - len(taken)]


def with_new_categories(
    chosen: Sequence[int], ranked: Iterable[int], is_new: Callable[[int], bool], category_of: Callable[[int], int]
) -> list[int]:
    """The same list with at least two in ten of categories that are new, each of another, where there are such: they
    take the last places of what is not."""
    wanted = round(len(chosen) * EXPLORED_IN_TEN / 10)
    found = [one for one in chosen if is_new(one)]
    categories = {category_of(one) for one in found}
    more: list[int] = []
    for one in ranked:
        if len(found) + len(more) >= wanted:
            break
        if one not in found and is_new(one) and category_of(one) not in categories:
            categories.add(category_of(one))
            more.append(one)
    old = [one for one in chosen if not is_new(one)]
    dropped = set(old[len(old) - len(more) :]) if more else set()
    return [one for one in chosen if one not in dropped] + more
