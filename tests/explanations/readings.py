"""Conditions with made-up values, judged by their bounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from streams.engine.readings import Reading
from streams.explanations.judged import Judged, Value, judged
from streams.memberships.wording import is_duration
from streams.rules.model import Bounds, Compare, Group, Node, ProfileTest, SegmentTest
from tests.memberships.test_wording import parsed


def read(text: str, *values: Value) -> Judged:
    """The condition in a YAML text with these values, in order."""
    node = parsed(text)
    return judged(node, readings(node, values))


def readings(node: Node, values: Sequence[Value]) -> list[Reading]:
    """The readings of a condition's leaves."""
    return [Reading(leaf, value, holds(leaf, value)) for leaf, value in zip(leaves(node), values, strict=True)]


def leaves(node: Node) -> Iterator[Compare | ProfileTest | SegmentTest]:
    """The conditions in order."""
    if isinstance(node, Group):
        for part in node.parts:
            yield from leaves(part)
    else:
        yield node


def holds(leaf: Compare | ProfileTest | SegmentTest, value: Value) -> bool:
    """Whether a condition holds of a value."""
    if isinstance(leaf, Compare):
        scale = 1 if is_duration(leaf.measure) else 10_000
        return isinstance(value, (int, float)) and within(round(value * scale), leaf.bounds)
    if isinstance(leaf, SegmentTest):
        return value == leaf.member
    if leaf.missing is not None:
        return (value is None) == leaf.missing
    if leaf.bounds is not None:
        return isinstance(value, (int, float)) and within(round(value * 10_000), leaf.bounds)
    return (value in (leaf.texts or ())) != leaf.negated


def within(scaled: int, bounds: Bounds) -> bool:
    """Whether a number lies in an interval."""
    above = bounds.low is None or scaled > bounds.low or (scaled == bounds.low and not bounds.low_open)
    return above and (bounds.high is None or scaled < bounds.high or (scaled == bounds.high and not bounds.high_open))
