"""One segment of a family as a rule of its own."""

from __future__ import annotations

from dataclasses import replace

from streams.rules.model import EACH, Compare, Group, Match, Node


def with_each(node: Node, value: str) -> Node:
    """The condition of the one segment of a family that ``value`` makes: it stands in place of $each."""
    if isinstance(node, Group):
        return replace(node, parts=tuple(with_each(part, value) for part in node.parts))
    if not isinstance(node, Compare):
        return node
    where = tuple(_match(match, value) for match in node.measure.where)
    return replace(node, measure=replace(node.measure, where=where))


def _match(match: Match, value: str) -> Match:
    return replace(match, texts=tuple(value if text == EACH else text for text in match.texts))
