"""Conditions in the words of a rule file."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given

from streams.memberships.wording import condition_words, number_words
from streams.rules.errors import Problems
from streams.rules.model import Bounds, Compare, Group, Match, Measure, Node, ProfileTest, RuleSet, SegmentTest
from streams.rules.parse_condition import parse_node
from streams.rules.parse_measure import Reading
from streams.rules.yaml_nodes import read_yaml
from tests.laws.rules import WHOLE, rule_sets

DAY_MS = 86_400_000


def parsed(text: str, for_each: str | None = None) -> Node:
    """The condition in a YAML text, which must be right."""
    problems = Problems()
    root = read_yaml(text, "f", problems)
    node = parse_node(root, Reading(problems, [], 730 * DAY_MS, for_each)) if root is not None else None
    assert problems.lines() == []
    assert node is not None
    return node


AS_WRITTEN = [
    '{"count": "views", "where": {"category": "accessories"}, "last": "90d", "more_than": 5}',
    '{"count": "purchases", "where": {"category": ["bags", "shoes"]}, "exactly": 0}',
    '{"count": "views", "last": "30d", "before": "30d", "latest": 5, "at_least": 1}',
    '{"count": "views", "last_days": 2, "less_than": 3}',
    '{"distinct": "views.category", "between": [2, 4]}',
    '{"sum": "purchases.total", "where": {"discounted": true}, "at_most": 19.9}',
    '{"average": "items.price", "where": {"price": {"at_least": 10.5}, "quantity": [1, 3]}, "more_than": 0.0001}',
    '{"share": "emails", "where": {"opened": false}, "at_least": 0.8}',
    '{"since": "last purchases", "last": "90d", "more_than": "60d"}',
    '{"since": "first views", "between": ["6h", "2d"]}',
    '{"trend": "views", "last": "14d", "against": "56d", "less_than": 0.5}',
    '{"overdue": "purchases", "more_than": 1.5}',
    '{"ratio": "views", "where": {"category": "$each"}, "per": "purchases", "at_least": 10}',
    '{"profile": "country", "is": "de"}',
    '{"profile": "Country", "is_not": "true"}',
    '{"profile": "country", "one_of": ["de", "42"]}',
    '{"profile": "country", "none_of": ["de", "at"]}',
    '{"profile": "country", "missing": false}',
    '{"profile": "age", "between": [18, 29.5]}',
    '{"segment": "keen", "is": true}',
    '{"segment": "keen/bed & breakfast", "is": false}',
    '{"all": [{"none": [{"segment": "keen", "is": true}]}, {"any": [{"profile": "a", "is": "b"}]}]}',
]


@pytest.mark.parametrize("text", AS_WRITTEN)
def test_words_are_those_that_were_written_and_in_their_order(text: str) -> None:
    assert json.dumps(condition_words(parsed(text, "category"))) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{count: views, last: 2w, more_than: 5.0}", {"count": "views", "last": "14d", "more_than": 5}),
        ("{share: emails, where: {opened: true}, at_least: 80%}", {"share": "emails", "at_least": 0.8}),
        ("{count: views, where: {category: ' Shoes '}, at_least: 1}", {"where": {"category": "shoes"}}),
        ("{count: views, between: [2, 2]}", {"exactly": 2}),
        ("{segment: keen}", {"segment": "keen", "is": True}),
        ("{profile: country, one_of: [DE]}", {"profile": "country", "is": "de"}),
    ],
)
def test_what_can_be_said_in_several_ways_is_said_in_one(text: str, words: dict[str, object]) -> None:
    assert condition_words(parsed(text)).items() >= words.items()


@pytest.mark.parametrize(("scaled", "number"), [(50_000, 5), (-15_000, -1.5), (1, 0.0001), (399_999_999_999_999, None)])
def test_numbers_are_whole_where_they_can_be(scaled: int, number: float | None) -> None:
    found = number_words(scaled)
    assert round(found * 10_000) == scaled
    if number is not None:
        assert (found, type(found)) == (number, type(number))


@given(rule_sets(WHOLE))
def test_loading_the_words_gives_the_condition_again(rules: RuleSet) -> None:
    for rule in rules.rules:
        node = writable(rule.when)
        assert parsed(json.dumps(condition_words(node), ensure_ascii=False), rule.for_each) == node


@given(rule_sets(WHOLE))
def test_the_words_are_plain_json(rules: RuleSet) -> None:
    for rule in rules.rules:
        words = condition_words(rule.when)
        assert json.loads(json.dumps(words)) == words


def writable(node: Node) -> Node:
    """The condition without what the model can hold and no rule file can say."""
    if isinstance(node, Group):
        return Group(node.kind, tuple(writable(part) for part in node.parts))
    if not isinstance(node, Compare):
        return node
    measure = replace(node.measure, where=tuple(_writable(match) for match in node.measure.where))
    return Compare(replace(measure, latest=None) if measure.op == "ratio" else measure, node.bounds)


def _writable(match: Match) -> Match:
    several = len(match.ranges) > 1 and any(one.low != one.high for one in match.ranges)
    return replace(match, ranges=match.ranges[:1]) if several else match


def test_a_condition_of_the_model_alone() -> None:
    node = Compare(Measure("count", "items", where=(Match("price", ranges=(Bounds(high=5_000),)),)), Bounds(low=10_000))
    assert condition_words(node) == {"count": "items", "where": {"price": {"at_most": 0.5}}, "at_least": 1}
    assert condition_words(ProfileTest("a", missing=True)) == {"profile": "a", "missing": True}
    assert condition_words(SegmentTest("r", "x")) == {"segment": "r/x", "is": True}
    assert condition_words(Group("any", (SegmentTest("r"),))) == {"any": [{"segment": "r", "is": True}]}
