"""A rule set as arrays for the kernel: ``compile_rules``; and those arrays with one partition's numbers:
``Program.bind``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from streams.errors import MicrosegError
from streams.rules import code as c
from streams.rules.midnights import local_midnights
from streams.rules.model import Bounds, Compare, Group, Match, Measure, Node, ProfileTest, Rule, RuleSet, SegmentTest
from streams.rules.order import in_order_of_reference
from streams.rules.whole import whole_bounds

if TYPE_CHECKING:
    from streams.rows.names import Names

_OPS = {
    "count": c.COUNT,
    "distinct": c.DISTINCT,
    "sum": c.SUM,
    "average": c.AVERAGE,
    "highest": c.HIGHEST,
    "lowest": c.LOWEST,
    "share": c.SHARE,
    "since last": c.SINCE_LAST,
    "since first": c.SINCE_FIRST,
    "trend": c.TREND,
    "overdue": c.OVERDUE,
    "ratio": c.RATIO,
}
_GROUPS = {"all": c.NODE_ALL, "any": c.NODE_ANY, "none": c.NODE_NONE}
_QUOTIENTS = frozenset((c.AVERAGE, c.SHARE, c.TREND, c.OVERDUE, c.RATIO))
SCALE = 10_000


class NotCompiled(MicrosegError):
    """A part of the language that the engine does not evaluate; the text names the rule and the part."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled rule set.

    ``names[bit]`` is the segment of a bit; ``conditions[i]`` are the places in ``code.conditions`` of the comparisons
    of the rule ``rules[i]``, in the order of the file, with what they compare. ``texts`` and ``properties`` are what
    ``bind`` puts in: place in ``code.values`` and text, place in ``code.conditions`` and property.
    """

    rule_set: RuleSet
    names: tuple[str, ...]
    code: c.Code
    compares: dict[str, tuple[tuple[int, Compare], ...]]
    texts: tuple[tuple[int, str], ...]
    properties: tuple[tuple[int, str], ...]

    @property
    def digest(self) -> str:
        """The rule set's digest."""
        return self.rule_set.digest

    @property
    def bit_words(self) -> int:
        """How many 64-bit words hold one bit a segment."""
        return max(1, -(-len(self.names) // 64))

    def bind(self, names: Names) -> c.Code:
        """The arrays with the numbers that a partition's dictionary gives to texts and properties."""
        values, conditions = self.code.values.copy(), self.code.conditions.copy()
        for place, text in self.texts:
            values[place] = names.text(text)
        for place, name in self.properties:
            conditions[place, c.SUBJECT] = names.exact(name)
        return refresh_sets(self.code._replace(values=values, conditions=conditions), names)


def refresh_sets(code: c.Code, names: Names) -> c.Code:
    """The same arrays with the sets of names that the dictionary has by now."""
    ends, members = names.set_table()
    return code._replace(set_ends=ends, set_members=members)


def compile_rules(rule_set: RuleSet, retention_ms: int, timezone: str = "UTC") -> Program:
    """Compile a rule set; raises NotCompiled."""
    return _Compiler(rule_set, retention_ms, timezone).program()


@dataclass(slots=True)
class _Compiler:
    rule_set: RuleSet
    retention_ms: int
    timezone: str
    measures: list[list[int]] = field(default_factory=list)
    known_measures: dict[Measure, int] = field(default_factory=dict)
    matches: list[list[int]] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    conditions: list[list[int]] = field(default_factory=list)
    properties: list[tuple[int, str]] = field(default_factory=list)
    nodes: list[list[int]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    compares: dict[str, list[tuple[int, Compare]]] = field(default_factory=dict)
    current: str = ""

    def program(self) -> Program:
        names = tuple(rule.name for rule in self.rule_set.rules)
        order = in_order_of_reference(self.rule_set.rules)
        starts = [0]
        for place, rule in enumerate(order):
            self._refuse_what_is_missing(rule)
            self.current, self.places[rule.name] = rule.name, place
            self._node(rule.when)
            starts.append(len(self.nodes))
        bits = {name: bit for bit, name in enumerate(names)}
        rules = [
            (start, end, bits[rule.name], int(rule.everyone))
            for start, end, rule in zip(starts, starts[1:], order, strict=False)
        ]
        code = c.Code(
            uses=self._uses(),
            measures=_table(self._with_times(), c.MEASURE_WIDTH),
            matches=_table(self.matches, c.MATCH_WIDTH),
            values=np.array(self.values, np.int64),
            conditions=_table(self.conditions, c.CONDITION_WIDTH),
            nodes=_table(self.nodes, 4),
            rules=_table(rules, 4),
            midnights=self._midnights(),
            set_ends=np.zeros(1, np.int64),
            set_members=np.zeros(0, np.int64),
            retention_ms=self.retention_ms,
        )
        compares = {name: tuple(found) for name, found in self.compares.items()}
        return Program(self.rule_set, names, code, compares, tuple(self.texts), tuple(self.properties))

    def _refuse_what_is_missing(self, rule: Rule) -> None:
        for part, there in (("for_each", rule.for_each), ("for", rule.for_ms), ("keep_for", rule.keep_for_ms)):
            if there is not None:
                raise NotCompiled(f"{rule.folder}/{rule.name}.yaml: {part} is not evaluated by this version")

    def _node(self, node: Node, depth: int = 0) -> None:
        """Append a part of a rule whose result will lie at ``depth`` on the stack."""
        if isinstance(node, Group):
            self._group(node, depth)
        elif isinstance(node, SegmentTest):
            self.nodes.append([c.NODE_SEGMENT, self.places[node.name], depth, 0])
            if not node.member:
                self.nodes.append([c.NODE_NONE, 0, depth, 0])
        else:
            row = self._profile(node) if isinstance(node, ProfileTest) else self._compare(node)
            self.nodes.append([c.NODE_CONDITION, len(self.conditions), depth, 0])
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
        measure = self._measure(node.measure)
        self.compares.setdefault(self.current, []).append((len(self.conditions), node))
        if _OPS[node.measure.op] in _QUOTIENTS:
            bounds, kind = node.bounds, c.RATIO_COMPARE
            low_open, high_open = int(bounds.low_open), int(bounds.high_open)
        else:
            bounds, kind = whole_bounds(node.bounds, _scale(node.measure)), c.COMPARE
            low_open = high_open = 0
        return [kind, measure, _low(bounds), _high(bounds), low_open, high_open, 0, 0, 0]

    def _profile(self, node: ProfileTest) -> list[int]:
        self.properties.append((len(self.conditions), node.name))
        if node.missing is not None:
            return [c.PROFILE_MISSING, 0, 0, 0, 0, 0, int(not node.missing), 0, 0]
        if node.texts is not None:
            start, end = self._texts(node.texts)
            return [c.PROFILE_TEXT, 0, 0, 0, 0, 0, int(node.negated), start, end]
        bounds = node.bounds or Bounds()
        # a property is kept as twice its ten-thousandths, with a last bit for what was cut: so are its bounds
        doubled = whole_bounds(Bounds(_twice(bounds.low), _twice(bounds.high), bounds.low_open, bounds.high_open), 1)
        return [c.PROFILE_NUMBER, 0, _low(doubled), _high(doubled), 0, 0, 0, 0, 0]

    def _measure(self, measure: Measure) -> int:
        known = self.known_measures.get(measure)
        if known is not None:
            return known
        columns = c.COLUMNS[measure.source]
        start = len(self.matches)
        self.matches += [self._match(measure.source, match) for match in measure.where]
        row = [0] * c.MEASURE_WIDTH
        row[c.OP] = _OPS[measure.op]
        row[c.SOURCE] = c.SOURCE_NAMES.index(measure.source)
        row[c.COLUMN] = columns[measure.field] if measure.field else 0
        row[c.LAST] = 0 if measure.last_days else measure.last_ms or self.retention_ms
        row[c.BEFORE] = measure.before_ms
        row[c.DAYS] = measure.last_days or 0
        row[c.LATEST] = measure.latest or 0
        row[c.AGAINST] = measure.against_ms or 0
        row[c.PER] = c.SOURCE_NAMES.index(measure.per) if measure.per else 0
        row[c.MATCH], row[c.MATCH_END] = start, len(self.matches)
        self.measures.append(row)
        self.known_measures[measure] = len(self.measures) - 1
        return len(self.measures) - 1

    def _match(self, source: str, match: Match) -> list[int]:
        column = c.COLUMNS[source][match.field]
        if match.flag is not None:
            return [column, c.FLAG, 0, 0, c.FLAG_BITS[match.field], int(match.flag)]
        if match.texts:
            return [column, c.TEXT, *self._texts(match.texts), 0, 0]
        start = len(self.values)
        for bounds in match.ranges:
            whole = whole_bounds(bounds, SCALE if column == c.WHOLE else 1)
            self.values += [_low(whole), _high(whole)]
        return [column, c.RANGE, start, len(self.values), 0, 0]

    def _texts(self, texts: tuple[str, ...]) -> tuple[int, int]:
        start = len(self.values)
        self.texts += [(start + i, text) for i, text in enumerate(texts)]
        self.values += [0] * len(texts)
        return start, len(self.values)

    def _with_times(self) -> list[list[int]]:
        """The measures with their part of ``Scratch.times``: as many newest instants as the bounds of their counts
        reach."""
        need = [0] * len(self.measures)
        for row in self.conditions:
            if row[c.C_KIND] == c.COMPARE and self.measures[row[c.SUBJECT]][c.OP] in (c.COUNT, c.DISTINCT):
                wanted = [bound for bound in (row[c.LOW], row[c.HIGH] + 1) if 0 < bound < c.UNBOUNDED]
                need[row[c.SUBJECT]] = max([need[row[c.SUBJECT]], *wanted])
        end = 0
        for measure, most in zip(self.measures, need, strict=True):
            measure[c.TIMES], end = end, end + min(most, 100_000)
            measure[c.TIMES_END] = end
            measure[c.ENOUGH] = max(most, 1)
        return self.measures

    def _uses(self) -> NDArray[np.int64]:
        uses = np.zeros(len(c.SOURCE_NAMES), np.int64)
        for row in self.measures:
            uses[row[c.SOURCE]] = 1
            if row[c.OP] == c.RATIO:
                uses[row[c.PER]] = 1
        return uses

    def _midnights(self) -> NDArray[np.int64]:
        if not any(row[c.DAYS] for row in self.measures):
            return np.zeros(1, np.int64)
        return local_midnights(self.timezone)


def _scale(measure: Measure) -> int:
    """How many parts of a bound make one of the measure's own whole numbers: since is in ms, amounts in
    ten-thousandths."""
    if measure.op.startswith("since"):
        return 1
    if measure.field and c.COLUMNS[measure.source][measure.field] in (c.AMOUNT, c.DISCOUNTED_BY):
        return 1
    return SCALE


def _low(bounds: Bounds) -> int:
    return -c.UNBOUNDED if bounds.low is None else max(-c.UNBOUNDED, min(bounds.low, c.UNBOUNDED))


def _high(bounds: Bounds) -> int:
    return c.UNBOUNDED if bounds.high is None else max(-c.UNBOUNDED, min(bounds.high, c.UNBOUNDED))


def _twice(bound: int | None) -> int | None:
    return None if bound is None else 2 * bound


def _table(rows: Sequence[Sequence[int]], width: int) -> NDArray[np.int64]:
    return np.array(rows, np.int64).reshape(len(rows), width)
