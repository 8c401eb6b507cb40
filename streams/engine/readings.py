"""What is measured of every part of the rules for one customer at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from streams.engine.alone import anew
from streams.engine.partition import Partition
from streams.engine.reasons import ASKING
from streams.events.text import compared
from streams.memberships.reasons import is_scaled, number_of
from streams.memberships.wording import segment_name
from streams.rules.compile import Leaf, Program, compile_rules
from streams.rules.model import (
    RATIO_SCALE,
    Bounds,
    Compare,
    Group,
    Measure,
    Node,
    ProfileTest,
    Rule,
    RuleSet,
    SegmentTest,
)

_ALWAYS = Compare(Measure("count", "views"), Bounds(low=0))


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a rule at an instant: what was measured (None: undefined, or missing), and whether it holds.

    Times are milliseconds, amounts those of the currency.
    """

    node: Compare | ProfileTest | SegmentTest
    value: int | float | str | bool | None
    holds: bool


def readings(
    partition: Partition, row: int, now_ms: int, rules: tuple[Rule, ...], members: frozenset[str], live: Program
) -> dict[str, list[Reading]]:
    """What is measured of every part of the rules: each rule is asked as one group of its parts, so that none is
    skipped."""
    asked = []
    for number, rule in enumerate(rules):
        parts = tuple(leaf for leaf in _leaves(rule.when) if not isinstance(leaf, SegmentTest))
        asked.append(Rule(f"{number:06d}", "", Group("all", (*parts, _ALWAYS)), everyone=True))
    policy = partition.policy
    program = compile_rules(RuleSet(tuple(asked), ""), policy.retention_ms, policy.timezone, policy.traffic)
    machine = anew(partition, row, program)
    values: list[int] = []
    for out in machine.visit(0, now_ms, 1, int(ASKING)):
        values = out.value[0].ravel().tolist()
    shown = machine.names.shown
    found: dict[str, list[Reading]] = {}
    for ask, rule in zip(asked, rules, strict=True):
        said = iter(program.leaves[ask.name])
        found[rule.name] = [
            _referred(leaf, members, live) if isinstance(leaf, SegmentTest) else _reading(next(said), values, shown)
            for leaf in _leaves(rule.when)
        ]
    return found


def _leaves(node: Node) -> Iterable[Compare | ProfileTest | SegmentTest]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from _leaves(part)
    else:
        yield node


def _referred(test: SegmentTest, members: frozenset[str], live: Program) -> Reading:
    name = segment_name(test)
    family = test.value is None and test.name in live.families
    value = any(member.startswith(f"{name}/") for member in members) if family else name in members
    return Reading(test, value, value == test.member)


def _reading(leaf: Leaf, values: list[int], shown: list[str]) -> Reading:
    node, result = leaf
    value, divisor = values[2 * (result or 0)], values[2 * (result or 0) + 1]
    if isinstance(node, ProfileTest):
        text = shown[value] if divisor else None
        return Reading(node, text, _profile_holds(node, text))
    if not isinstance(node, Compare):
        raise TypeError(node)
    if not divisor:
        return Reading(node, None, False)
    since = node.measure.op.startswith("since")
    scaled = since or is_scaled(node.measure)
    exact = Fraction(value, divisor) * (1 if scaled else RATIO_SCALE)
    told = value if since else number_of(value, divisor * (RATIO_SCALE if scaled else 1))
    return Reading(node, told, _within(exact, node.bounds))


def _within(value: Fraction, bounds: Bounds) -> bool:
    low, high = bounds.low, bounds.high
    above = low is None or value > low or (value == low and not bounds.low_open)
    return above and (high is None or value < high or (value == high and not bounds.high_open))


def _profile_holds(test: ProfileTest, text: str | None) -> bool:
    if test.missing is not None:
        return test.missing == (text is None)
    if test.bounds is not None:
        try:
            return text is not None and _within(Fraction(text.strip()) * RATIO_SCALE, test.bounds)
        except ValueError:
            return False
    return (text is not None and compared(text) in (test.texts or ())) != test.negated
