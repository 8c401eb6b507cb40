"""A rule set as arrays for the kernel: ``compile_rules``; and those arrays with one partition's numbers:
``Program.bind``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streams.events.traffic import ONLY_SAID, Traffic
from streams.rules import code as c
from streams.rules.coding import OPS, MeasureTable, high_end, low_end, scale_of
from streams.rules.marks import marks_of
from streams.rules.midnights import local_midnights
from streams.rules.model import EACH, Bounds, Compare, Group, Node, ProfileTest, Rule, RuleSet, SegmentTest
from streams.rules.order import in_order_of_reference
from streams.rules.whole import whole_bounds

if TYPE_CHECKING:
    from streams.rows.names import Names

_GROUPS = {"all": c.NODE_ALL, "any": c.NODE_ANY, "none": c.NODE_NONE}
_QUOTIENTS = frozenset((c.AVERAGE, c.SHARE, c.TREND, c.OVERDUE, c.RATIO))
_FAMILIES = {"product": c.BY_PRODUCT, "category": c.BY_CATEGORY, "campaign": c.BY_CAMPAIGN}
#: the sources whose facts have the field that a family is made of
_FAMILY_SOURCES = {
    "product": (c.VIEWS, c.CARTS, c.ITEMS),
    "category": (c.VIEWS, c.CARTS, c.ITEMS),
    "campaign": (c.EMAILS, c.OPENS, c.CLICKS),
}
#: a condition, a profile test or a reference, and its place among the results of a judgement (None of a reference)
Leaf = tuple[Compare | ProfileTest | SegmentTest, int | None]


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rule set.

    ``names[bit]`` is the segment of a bit, marks of trials (``rules.marks``) too; ``families`` are the rules that
    make segments of their own. ``leaves[name]`` are the parts of the rule of that name in the order of the file.
    ``texts``, ``properties`` and ``rule_names`` are what ``bind`` puts in: place in ``code.values`` and text, place in
    ``code.conditions`` and property, the rules in the order of ``code.rules``.
    """

    rule_set: RuleSet
    names: tuple[str, ...]
    families: tuple[str, ...]
    code: c.Code
    leaves: dict[str, tuple[Leaf, ...]]
    texts: tuple[tuple[int, str], ...]
    properties: tuple[tuple[int, str], ...]
    rule_names: tuple[str, ...]

    @property
    def digest(self) -> str:
        """The rule set's digest."""
        return self.rule_set.digest

    def bind(self, names: Names) -> c.Code:
        """The arrays with the numbers that a partition's dictionary gives to texts, properties and rules."""
        values, conditions, rules = self.code.values.copy(), self.code.conditions.copy(), self.code.rules.copy()
        for place, text in self.texts:
            values[place] = names.text(text)
        for place, name in self.properties:
            conditions[place, c.SUBJECT] = names.exact(name)
        rules[:, c.RULE_NAME] = [names.exact(name) for name in self.rule_names]
        named = (
            [values[place] for place, _ in self.texts],
            [conditions[place, c.SUBJECT] for place, _ in self.properties],
        )
        names.pinned.update(map(int, [*named[0], *named[1], *rules[:, c.RULE_NAME]]))
        return refresh_sets(self.code._replace(values=values, conditions=conditions, rules=rules), names)


def bit_words(segments: int) -> int:
    """How many 64-bit words hold one bit for each of so many segments."""
    return max(1, -(-segments // 64))


def refresh_sets(code: c.Code, names: Names) -> c.Code:
    """The same arrays with the sets of names that the dictionary has by now."""
    ends, members = names.set_table()
    return code._replace(set_ends=ends, set_members=members)


def compile_rules(rule_set: RuleSet, retention_ms: int, timezone: str = "UTC", traffic: Traffic = ONLY_SAID) -> Program:
    """Compile a rule set that the loader accepted."""
    return _Compiler(rule_set, MeasureTable(retention_ms)).program(timezone, traffic)


@dataclass(slots=True)
class _Compiler:
    rule_set: RuleSet
    table: MeasureTable
    conditions: list[list[int]] = field(default_factory=list)
    properties: list[tuple[int, str]] = field(default_factory=list)
    nodes: list[list[int]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    leaves: dict[str, list[Leaf]] = field(default_factory=dict)
    current: list[Leaf] = field(default_factory=list)

    def program(self, timezone: str, traffic: Traffic) -> Program:
        rules = (*self.rule_set.rules, *marks_of(self.rule_set.rules))
        names = tuple(rule.name for rule in rules if rule.for_each is None)
        order = in_order_of_reference(rules)
        self.places = {rule.name: place for place, rule in enumerate(order)}
        rows = [self._rule(rule, names) for rule in order]
        self._place_results()
        code = c.Code(
            uses=self._uses(),
            measures=_table(self.table.with_times(self.conditions), c.MEASURE_WIDTH),
            matches=_table(self.table.matches, c.MATCH_WIDTH),
            values=np.array(self.table.values, np.int64),
            conditions=_table(self.conditions, c.CONDITION_WIDTH),
            nodes=_table(self.nodes, 4),
            rules=_table(rows, c.RULE_WIDTH),
            midnights=self._midnights(timezone),
            set_ends=np.zeros(1, np.int64),
            set_members=np.zeros(0, np.int64),
            retention_ms=self.table.retention_ms,
            families=sum(row[c.FAMILY] != 0 for row in rows),
            lasting=sum(row[c.LASTING] != 0 and row[c.FAMILY] == 0 for row in rows),
            chains=_table(self.table.chains, c.CHAIN_WIDTH),
            traffic=traffic,
        )
        return Program(
            self.rule_set,
            names,
            tuple(rule.name for rule in rules if rule.for_each is not None),
            code,
            {name: tuple(leaves) for name, leaves in self.leaves.items()},
            tuple((place, text) for place, text in self.table.texts if text != EACH),
            tuple(self.properties),
            tuple(rule.name for rule in order),
        )

    def _rule(self, rule: Rule, names: tuple[str, ...]) -> list[int]:
        start = len(self.nodes)
        self.current = self.leaves[rule.name] = []
        self._node(rule.when)
        eaches = {
            place
            for node, _ in self.current
            if isinstance(node, Compare)
            for place in self.table.eaches.get(self.table.place(node.measure), ())
        }
        row = [0] * c.RULE_WIDTH
        row[c.NODES], row[c.NODES_END] = start, len(self.nodes)
        row[c.SLOT] = c.NO_SLOT if rule.for_each else names.index(rule.name)
        row[c.EVERYONE] = int(rule.everyone)
        row[c.LASTING] = int(bool(rule.for_each or rule.for_ms or rule.keep_for_ms))
        row[c.FOR], row[c.KEEP_FOR] = rule.for_ms or 0, rule.keep_for_ms or 0
        row[c.FAMILY] = _FAMILIES[rule.for_each] if rule.for_each else 0
        row[c.EACHES], row[c.EACHES_END] = self.table.whole_values(sorted(eaches))
        for node, _ in self.current:
            if isinstance(node, Compare):
                self.table.want_chain(node.measure, row[c.FAMILY])
        return row

    def _node(self, node: Node, depth: int = 0) -> None:
        """Append a part of a rule whose result will lie at ``depth`` on the stack."""
        if isinstance(node, Group):
            self._group(node, depth)
        elif isinstance(node, SegmentTest):
            value = c.ANY_VALUE if node.value is None else self.table.text_values((node.value,))[0]
            self.nodes.append([c.NODE_SEGMENT, self.places[node.name], depth, value])
            self.current.append((node, None))
            if not node.member:
                self.nodes.append([c.NODE_NONE, 0, depth, 0])
        else:
            row = self._profile(node) if isinstance(node, ProfileTest) else self._compare(node)
            self.nodes.append([c.NODE_CONDITION, len(self.conditions), depth, 0])
            self.current.append((node, len(self.conditions)))
            self.conditions.append(row)

    def _group(self, group: Group, depth: int) -> None:
        op, cuts = _GROUPS[group.kind], []
        for place, part in enumerate(group.parts):
            self._node(part, depth + place)
            if place < len(group.parts) - 1:
                cuts.append(len(self.nodes))
                self.nodes.append([c.NODE_CUT, op, depth, 0])
        self.nodes.append([op, 0, depth, 0])
        for cut in cuts:
            self.nodes[cut][c.NEXT] = len(self.nodes)

    def _compare(self, node: Compare) -> list[int]:
        measure = self.table.place(node.measure)
        if OPS[node.measure.op] in _QUOTIENTS:
            bounds, kind = node.bounds, c.RATIO_COMPARE
            low_open, high_open = int(bounds.low_open), int(bounds.high_open)
        else:
            bounds, kind = whole_bounds(node.bounds, scale_of(node.measure)), c.COMPARE
            low_open = high_open = 0
        return [kind, measure, low_end(bounds), high_end(bounds), low_open, high_open, 0, 0, 0, measure]

    def _profile(self, node: ProfileTest) -> list[int]:
        self.properties.append((len(self.conditions), node.name))
        if node.missing is not None:
            return [c.PROFILE_MISSING, 0, 0, 0, 0, 0, int(not node.missing), 0, 0, 0]
        if node.texts is not None:
            start, end = self.table.text_values(node.texts)
            return [c.PROFILE_TEXT, 0, 0, 0, 0, 0, int(node.negated), start, end, 0]
        bounds = node.bounds or Bounds()
        # a property is kept as twice its ten-thousandths, with a last bit for what was cut: so are its bounds
        doubled = whole_bounds(Bounds(_twice(bounds.low), _twice(bounds.high), bounds.low_open, bounds.high_open), 1)
        return [c.PROFILE_NUMBER, 0, low_end(doubled), high_end(doubled), 0, 0, 0, 0, 0, 0]

    def _place_results(self) -> None:
        """Give profile tests their places behind the measures, and the leaves theirs."""
        for number, (condition, _) in enumerate(self.properties):
            self.conditions[condition][c.RESULT] = len(self.table.measures) + number
        for leaves in self.leaves.values():
            leaves[:] = [(node, None if at is None else self.conditions[at][c.RESULT]) for node, at in leaves]

    def _uses(self) -> NDArray[np.int64]:
        uses = np.zeros(len(c.SOURCE_NAMES), np.int64)
        for row in self.table.measures:
            uses[row[c.SOURCE]] = 1
            if row[c.OP] == c.RATIO:
                uses[row[c.PER]] = 1
        for rule in self.rule_set.rules:
            if rule.for_each:
                uses[list(_FAMILY_SOURCES[rule.for_each])] = 1
        return uses

    def _midnights(self, timezone: str) -> NDArray[np.int64]:
        if not any(row[c.DAYS] for row in self.table.measures):
            return np.zeros(1, np.int64)
        return local_midnights(timezone)


def _twice(bound: int | None) -> int | None:
    return None if bound is None else 2 * bound


def _table(rows: Sequence[Sequence[int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), width)
