"""What a rule means, so that spellings of one meaning are known: more than 4 views are at least 5."""

from __future__ import annotations

from dataclasses import replace

from streams.rules.digest import digest_of
from streams.rules.model import RATIO_SCALE, SOURCES, Bounds, Compare, Group, Match, Measure, Node, Rule
from streams.rules.whole import whole_bounds

_QUOTIENTS = ("average", "share", "trend", "overdue", "ratio")
_WHOLE_FIELDS = ("units", "quantity")
_NEVER = Bounds(low=1, high=0)


def meaning(rule: Rule) -> str:
    """A digest of a rule that is the same for spellings that are equal by construction."""
    return digest_of([replace(rule, when=_node(rule.when))])


def _node(node: Node) -> Node:
    if isinstance(node, Group):
        return _group(node)
    if isinstance(node, Compare):
        return replace(node, measure=_measure(node.measure), bounds=_bounds(node))
    return node


def _group(group: Group) -> Node:
    """Groups of one kind inside one another are one, and a group of one is its part."""
    parts: list[Node] = []
    for part in map(_node, group.parts):
        if isinstance(part, Group) and part.kind == group.kind and group.kind != "none":
            parts += part.parts
        else:
            parts.append(part)
    if len(set(parts)) == 1 and group.kind != "none":
        return parts[0]
    return Group(group.kind, tuple(parts))


def _bounds(node: Compare) -> Bounds:
    """No measure is below 0, and no share above 1: what only says that is left open."""
    measure = node.measure
    bounds = node.bounds if measure.op in _QUOTIENTS else whole_bounds(node.bounds, _scale(measure.op, measure.field))
    if bounds.low is not None and (bounds.low < 0 or (bounds.low == 0 and not bounds.low_open)):
        bounds = replace(bounds, low=None, low_open=False)
    if measure.op == "share" and bounds.high is not None and _admits(bounds, RATIO_SCALE):
        bounds = replace(bounds, high=None, high_open=False)
    return _NEVER if _is_empty(bounds) else bounds


def _admits(bounds: Bounds, most: int) -> bool:
    assert bounds.high is not None
    return bounds.high > most or (bounds.high == most and not bounds.high_open)


def _is_empty(bounds: Bounds) -> bool:
    low, high = bounds.low if bounds.low is not None else 0, bounds.high
    return high is not None and (high < low or (high == low and (bounds.low_open or bounds.high_open)))


def _scale(op: str, field: str | None) -> int:
    """How many parts of a bound make one whole: a count has no fractions; amounts and times are whole as they are."""
    return RATIO_SCALE if op in ("count", "distinct") or field in _WHOLE_FIELDS else 1


def _measure(measure: Measure) -> Measure:
    return replace(measure, where=tuple(_match(measure.source, match) for match in measure.where))


def _match(source: str, match: Match) -> Match:
    if SOURCES[source][match.field] != "number":
        return match
    scale = RATIO_SCALE if match.field in _WHOLE_FIELDS else 1
    return replace(match, ranges=tuple(whole_bounds(bounds, scale) for bounds in match.ranges))
