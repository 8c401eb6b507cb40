"""One customer's course from the facts in their row: since when they are where, until when, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction

import orjson

from streams.engine.api import DAY_MS
from streams.engine.machine import Machine
from streams.engine.partition import Partition
from streams.engine.publish import Publisher
from streams.engine.reasons import ASKING
from streams.events.instants import instant_ms
from streams.events.text import compared
from streams.memberships.reasons import is_scaled, number_of
from streams.memberships.wording import segment_name
from streams.rows.arena import COUNTS, KNOWN, NEXT_DUE, OFF, ROW_FLAGS, SIZE, TAIL, new_rows
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    CART,
    EMAIL,
    FLAG_SHIFT,
    G_CONSENT,
    G_STATE,
    ITEM,
    KIND_MASK,
    NAME_MASK,
    RESUBSCRIBED,
    UNSUBSCRIBED,
    VIEW,
)
from streams.rules.compile import Leaf, Program, bit_words, compile_rules
from streams.rules.each import with_each
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

#: How far ahead "until when" looks beyond retention, by which every fact is forgotten.
_BEYOND_MS = 400 * DAY_MS
#: Segments of one family that are shown at most.
_MOST_VALUES = 50
_ALWAYS = Compare(Measure("count", "views"), Bounds(low=0))


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of a rule at an instant: what was measured (None: undefined, or missing), and whether it holds.

    Times are milliseconds, amounts those of the currency.
    """

    node: Compare | ProfileTest | SegmentTest
    value: int | float | str | bool | None
    holds: bool


@dataclass(frozen=True, slots=True)
class Course:
    """A customer at ``at_ms``; ``rules`` are plain, those of families once for each value, as NAME/value."""

    at_ms: int
    suppressed: bool
    rules: tuple[Rule, ...]
    members: frozenset[str]
    measured: dict[str, list[Reading]]
    turns: dict[str, tuple[list[int], list[int]]]

    def since_ms(self, name: str) -> int | None:
        """When they last entered, or left, the segment; None: never."""
        past = self.turns.get(name, ([], []))[0]
        return past[-1] if past else None

    def until_ms(self, name: str) -> int | None:
        """When they leave, or enter, if nothing happens; None: not by time alone."""
        ahead = self.turns.get(name, ([], []))[1]
        return ahead[0] if ahead else None


def course_of(partition: Partition, user: str, now_ms: int, program: Program | None = None) -> Course | None:
    """The course of a customer of this partition under its rules, or others; None where they are unknown at that
    instant."""
    row = partition.row_of(user)
    if row is None or int(partition.machine.rows.head[row, KNOWN]) > now_ms:
        return None
    program = program or partition.program
    turns, members = _turns(partition, row, now_ms, program)
    rules = tuple(_expanded(program.rule_set.rules, _values(partition, row, now_ms), members))
    return Course(
        now_ms,
        _suppressed(partition, row, now_ms),
        rules,
        members,
        _measured(partition, row, now_ms, rules, members, program),
        turns,
    )


def _alone(partition: Partition, row: int, program: Program) -> Machine:
    """A machine with nobody but this customer, of whom nothing is remembered."""
    live, machine = partition.machine.rows, Machine(program)
    machine.names = partition.machine.names
    machine.bind()
    head = live.head[row]
    said = int(head[SIZE] - head[COUNTS + G_STATE])
    machine.rows = new_rows(bit_words(len(machine.segments)), 1, 4 * said + 4096)
    machine.customers = 1
    machine.rows.words[:said] = live.words[int(head[OFF]) : int(head[OFF]) + said]
    mine = machine.rows.head[0]
    mine[COUNTS : COUNTS + G_STATE] = head[COUNTS : COUNTS + G_STATE]
    mine[[OFF, SIZE]] = 0, said
    mine[[KNOWN, ROW_FLAGS]] = head[[KNOWN, ROW_FLAGS]]
    machine.rows.due[0] = head[KNOWN]
    machine.rows.stat[TAIL] = said
    machine.fit(said)
    return machine


def _turns(
    partition: Partition, row: int, now_ms: int, program: Program
) -> tuple[dict[str, tuple[list[int], list[int]]], frozenset[str]]:
    """When the customer enters and leaves each segment, up to now and from then on; and the segments now."""
    machine = _alone(partition, row, program)
    publisher = Publisher(machine, tombstones=False)
    publisher.users = [""]
    turns: dict[str, tuple[list[int], list[int]]] = {}
    members: frozenset[str] = frozenset()
    for ahead, until_ms in enumerate((now_ms, now_ms + partition.policy.retention_ms + _BEYOND_MS)):
        machine.rows.stat[NEXT_DUE] = 0  # there may be something
        publisher.drain(machine.visit(0, until_ms, 1))
        for change in publisher.take():
            record = orjson.loads(change.value or b"{}")
            for name in (*record["entered"], *record["exited"]):
                turns.setdefault(name, ([], []))[ahead].append(instant_ms(record["at"]))
            members = members if ahead else frozenset(record["segments"])
    return turns, members


def _values(partition: Partition, row: int, now_ms: int) -> dict[str, list[str]]:
    """What the customer's facts have of each field that a family is made of, the newest first."""
    machine = partition.machine
    head, names = machine.rows.head[row], machine.names
    found: dict[str, dict[str, None]] = {"product": {}, "category": {}, "campaign": {}}
    records = machine.rows.words[int(head[OFF]) : int(head[OFF] + head[SIZE] - head[COUNTS + G_STATE])]
    for word0, _, _, word3, word4 in records[::-1].tolist():
        kind = word0 & KIND_MASK
        if word0 >> AT_SHIFT > now_ms:
            continue
        if kind in (VIEW, CART, ITEM):
            found["product"][compared(names.shown[word3 >> 32])] = None
            for number in names.members(word3 & NAME_MASK):
                found["category"][compared(names.shown[number])] = None
        elif kind == EMAIL and word4 >> 32:
            found["campaign"][compared(names.shown[word4 >> 32])] = None
    return {field: list(values) for field, values in found.items()}


def _expanded(rules: Iterable[Rule], values: dict[str, list[str]], members: frozenset[str]) -> Iterable[Rule]:
    """The rules, those of families once for each of the values that the customer has."""
    for rule in rules:
        if rule.for_each is None:
            yield rule
            continue
        shown = sorted(values[rule.for_each], key=lambda value: f"{rule.name}/{value}" not in members)[:_MOST_VALUES]
        for value in shown:
            yield replace(rule, name=f"{rule.name}/{value}", when=with_each(rule.when, value), for_each=None)


def _leaves(node: Node) -> Iterable[Compare | ProfileTest | SegmentTest]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from _leaves(part)
    else:
        yield node


def _measured(
    partition: Partition, row: int, now_ms: int, rules: tuple[Rule, ...], members: frozenset[str], live: Program
) -> dict[str, list[Reading]]:
    """What is measured of every part of the rules: each rule is asked as one group of its parts, so that none is
    skipped."""
    asked = []
    for number, rule in enumerate(rules):
        parts = tuple(leaf for leaf in _leaves(rule.when) if not isinstance(leaf, SegmentTest))
        asked.append(Rule(f"{number:06d}", "", Group("all", (*parts, _ALWAYS)), everyone=True))
    policy = partition.policy
    program = compile_rules(RuleSet(tuple(asked), ""), policy.retention_ms, policy.timezone)
    machine = _alone(partition, row, program)
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


def _suppressed(partition: Partition, row: int, now_ms: int) -> bool:
    """Whether the customer may not be mailed: of unsubscribed and resubscribed the last counts, the rest stays."""
    head = partition.machine.rows.head[row]
    start = int(head[OFF] + head[COUNTS : COUNTS + G_CONSENT].sum())
    refused = False
    for word0 in partition.machine.rows.words[start : start + int(head[COUNTS + G_CONSENT]), 0].tolist():
        action = word0 >> FLAG_SHIFT & ACTION_MASK
        if word0 >> AT_SHIFT > now_ms:
            break
        if action not in (UNSUBSCRIBED, RESUBSCRIBED):
            return True
        refused = action == UNSUBSCRIBED
    return refused
