"""What is missing: in words by examples, and the least that is enough by brute force."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.explanations.judged import Judged, Value, judged
from streams.explanations.missing import Gap, distance, gap_of, missing
from streams.explanations.numbers import nearest, outside
from streams.rules.model import Bounds, Group, Node
from tests.explanations.readings import holds, leaves, read, readings, within
from tests.laws.rules import WHOLE, nodes

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

GAPS: list[tuple[str, Value, str, float]] = [
    ("{count: views, last: 90d, more_than: 5}", 4, "2 more views within 90d", 1 / 3),
    ("{count: views, where: {category: accessories}, at_least: 5}", 4, "1 more view of accessories", 1 / 5),
    ("{count: views, at_least: 4.5}", 4, "1 more view", 1 / 5),
    ("{count: views, less_than: 4.5}", 6, "2 views too many", 1 / 3),
    ("{count: views, less_than: 4}", 4, "1 view too many", 1 / 4),
    ("{count: purchases, exactly: 0}", 1, "1 purchase too many", 1),
    ("{count: emails, where: {opened: false}, at_most: 2}", 5, "3 not opened e-mails too many", 3 / 5),
    ("{count: carts, between: [2, 4]}", 0, "2 more carts", 1),
    ("{count: carts, between: [2, 4]}", 5, "1 cart too many", 1 / 5),
    ("{count: items, where: {price: {at_least: 50}}, at_least: 2}", 0, "2 more items with fitting price", 1),
    ("{count: views, latest: 5, at_least: 1}", None, "at least 5 views", 1),
    (
        "{share: views, where: {category: bags}, last: 7d, latest: 5, at_least: 1}",
        None,
        "at least 5 views within 7d",
        1,
    ),
    (
        "{average: items.price, where: {category: bags}, latest: 5, at_least: 1}",
        None,
        "the average price of items of bags among the latest 5 has no value yet",
        1,
    ),
    ("{distinct: views.category, last: 7d, at_least: 3}", 2, "1 more category in views within 7d", 1 / 3),
    ("{distinct: views.category, at_most: 1}", 3, "2 categories in views too many", 2 / 3),
    (
        "{sum: purchases.total, last: 30d, at_least: 50}",
        37.5,
        "the sum of total over purchases within 30d is 37.5; at least 50 is needed",
        1 / 4,
    ),
    (
        "{share: purchases, where: {discounted: true}, at_least: 80%}",
        0.5,
        "the share of purchases that are discounted is 0.5; at least 0.8 is needed",
        3 / 8,
    ),
    ("{average: items.price, more_than: 20}", None, "the average price of items has no value yet", 1),
    (
        "{overdue: purchases, more_than: 1.5}",
        1.2,
        "the time since the last of purchases, in usual gaps, is 1.2; more than 1.5 is needed",
        0.2,
    ),
    (
        "{trend: views, last: 14d, against: 56d, at_least: 2}",
        1,
        "the trend of views within 14d against the 56d before is 1; at least 2 is needed",
        1 / 2,
    ),
    ("{ratio: views, per: carts, at_most: 2}", 4, "the ratio of views to carts is 4; at most 2 is needed", 1 / 2),
    ("{since: last purchases, at_least: 60d}", 45 * DAY_MS, "15d more without a purchase", 1 / 4),
    ("{since: last emails, more_than: 2d}", 2 * DAY_MS, "1s more without an e-mail", 0),
    ("{since: first views, at_least: 8d}", 6 * DAY_MS, "2d more since the first view", 1 / 4),
    ("{since: last views, at_most: 3d}", 4 * DAY_MS, "1 new view", 1 / 4),
    ("{since: first views, at_most: 3d}", 4 * DAY_MS, "the first view was 1d too long ago", 1 / 4),
    ("{since: last views, at_most: 3d}", None, "1 view", 1),
    ("{profile: country, one_of: [de, at]}", "us", "country is us; de or at is needed", 1),
    ("{profile: country, is_not: de}", "de", "country is de; it must not be de", 1),
    ("{profile: country, missing: true}", "de", "country is de; it must be missing", 1),
    ("{profile: country, missing: false}", None, "country is missing; any value is needed", 1),
    ("{profile: age, between: [18, 29]}", 35, "age is 35; between 18 and 29 is needed", 1),
    ("{segment: keen}", False, "membership in keen", 1),
    ("{segment: keen/bags, is: false}", True, "no membership in keen/bags", 1),
    ("{none: [{count: views, more_than: 5}]}", 7, "2 views too many", 2 / 7),
    ("{none: [{count: views, at_most: 5}]}", 5, "1 more view", 1 / 6),
    ("{none: [{profile: country, is: de}]}", "de", "country is de; it must not be de", 1),
    ("{none: [{profile: age, at_least: 30}]}", 35, "age is 35; it must not be at least 30", 1),
]


@pytest.mark.parametrize(("text", "value", "said", "part"), GAPS, ids=lambda it: it if isinstance(it, str) else "")
def test_what_one_condition_lacks(text: str, value: Value, said: str, part: float) -> None:
    (gap,) = missing(read(text, value))
    assert gap.text == said
    assert gap.part == pytest.approx(part)


def test_all_need_all_of_what_is_missing() -> None:
    found = missing(
        read("{all: [{count: views, at_least: 4}, {count: carts, at_least: 1}, {segment: s}]}", 3, 1, False)
    )
    assert found == [Gap("1 more view", 0.25), Gap("membership in s", 1.0)]


def test_any_needs_the_cheapest() -> None:
    found = missing(read("{any: [{count: views, at_least: 4}, {count: views, last: 7d, at_least: 3}]}", 2, 2))
    assert [gap.text for gap in found] == ["1 more view within 7d"]


def test_a_group_in_none_has_to_fail_in_its_cheapest_part() -> None:
    found = missing(read("{none: [{all: [{count: views, at_least: 1}, {count: carts, at_least: 4}]}]}", 9, 4))
    assert [gap.text for gap in found] == ["1 cart too many"]


def test_nothing_is_missing_where_it_holds() -> None:
    assert missing(read("{any: [{count: views, at_least: 4}, {segment: s}]}", 4, False)) == []


VALUES: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.integers(0, 5), st.sampled_from(("de", "us", 29.5, 0.5, True, False))
)


@st.composite
def judgements(draw: st.DrawFn) -> Judged:
    """Any condition with any values."""
    node: Node = draw(nodes(WHOLE))
    return judged(node, readings(node, [draw(VALUES) for _ in leaves(node)]))


@given(judgements(), st.booleans())
def test_the_least_that_is_enough_is_found(one: Judged, wanted: bool) -> None:
    found = missing(one, wanted)
    assert (found == []) == (one.holds == wanted)
    flat = list(judged_leaves(one))
    costs = [
        sum(gap_of(leaf, not leaf.holds).part for leaf, flip in zip(flat, flips, strict=True) if flip)
        for flips in itertools.product((False, True), repeat=len(flat))
        if outcome(one, iter(flips)) == wanted
    ]
    assert distance(found) == pytest.approx(min(costs))


@given(judgements())
def test_a_part_is_between_nothing_and_all(one: Judged) -> None:
    assert all(0 <= gap.part <= 1 and gap.text for gap in missing(one, not one.holds))


@given(judgements())
def test_a_judgement_is_that_of_its_parts(one: Judged) -> None:
    assert outcome(one, itertools.repeat(False)) == one.holds
    assert all(
        leaf.holds == holds(leaf.node, leaf.value) for leaf in judged_leaves(one) if not isinstance(leaf.node, Group)
    )


def judged_leaves(one: Judged) -> Iterator[Judged]:
    if isinstance(one.node, Group):
        for part in one.parts:
            yield from judged_leaves(part)
    else:
        yield one


def outcome(one: Judged, flips: Iterator[bool]) -> bool:
    """What comes of it where the flipped leaves are the other way round."""
    if not isinstance(one.node, Group):
        return one.holds != next(flips)
    found = [outcome(part, flips) for part in one.parts]
    return {"all": all(found), "any": any(found), "none": not any(found)}[one.node.kind]


ENDS = st.integers(-3, 3)


@given(ENDS, ENDS, ENDS, st.booleans(), st.sampled_from(("low", "high", "both")))
def test_outside_is_where_the_interval_is_not(value: int, one: int, two: int, is_open: bool, which: str) -> None:
    both = Bounds(low=min(one, two), high=max(one, two))
    bounds = {"low": Bounds(low=one, low_open=is_open), "high": Bounds(high=one, high_open=is_open), "both": both}[
        which
    ]
    beyond = outside(bounds)
    assert any(within(value, other) for other in beyond) != within(value, bounds)
    assert nearest(value, beyond) in beyond
