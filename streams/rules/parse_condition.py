"""``when``: groups of conditions, and conditions of one measure, its modifiers and one comparison."""

from __future__ import annotations

from streams.rules.bounds import COMPARISONS, bounds, number
from streams.rules.durations import duration, spelled
from streams.rules.errors import Problems, quoted
from streams.rules.model import SOURCES, Bounds, Compare, Group, Node
from streams.rules.nearest import hint, listing, one_of
from streams.rules.parse_measure import MODIFIERS, Reading, parse_measure
from streams.rules.parse_test import parse_profile, parse_segment
from streams.rules.scalars import several
from streams.rules.yaml_nodes import Entry, Yaml, YamlList, YamlMap, is_missing

GROUPS = ("all", "any", "none")
#: Groups inside one another.
MAX_DEPTH = 32
#: Keys of a rule file that are easily written into ``when`` by mistake.
OF_THE_RULE = ("for_each", "for", "keep_for", "everyone", "title", "why", "email", "trial", "when")

#: Comparisons that only a profile property takes; with ``is``, which segments take too.
PROFILE_ONLY = ("is_not", "one_of", "none_of", "missing")
MEASURES = (*MODIFIERS, "profile", "segment")
_MODIFIERS = tuple({modifier: None for modifiers in MODIFIERS.values() for modifier in modifiers})
_ALL_COMPARISONS = (*COMPARISONS, "is", *PROFILE_ONLY)
CONDITION_KEYS = (*GROUPS, *MEASURES, *_MODIFIERS, *_ALL_COMPARISONS)


def parse_node(node: Yaml, reading: Reading, depth: int = 0) -> Node | None:
    """A condition or a group of them; ``None`` where something in it is wrong, which is then among the problems."""
    problems = reading.problems
    if isinstance(node, YamlList):
        text = "a list of conditions; put all:, any: or none: before it" if node.items else "an empty list"
        problems.add(node.place, text)
        return None
    if is_missing(node) or (isinstance(node, YamlMap) and not node.entries):
        problems.add(node.place, "an empty condition")
        return None
    if not isinstance(node, YamlMap):
        problems.add(node.place, "a condition is needed here, such as {count: views, at_least: 1}")
        return None
    groups = [name for name in node.entries if name in GROUPS]
    return _group(node, groups[0], reading, depth) if groups else _condition(node, reading)


def _group(node: YamlMap, kind: str, reading: Reading, depth: int) -> Group | None:
    for name, entry in node.entries.items():
        if name != kind:
            fault = f'"{name}" beside "{kind}"; move it into the list' if name in CONDITION_KEYS else _unknown(name)
            reading.problems.add(entry.key.place, fault)
    if depth >= MAX_DEPTH:
        reading.problems.add(node.place, f"more than {MAX_DEPTH} groups inside one another")
        return None

    def read(item: Yaml, _: Problems) -> Node | None:
        return parse_node(item, reading, depth + 1)

    parts: tuple[Node, ...] | None = several(node.entries[kind].value, read, reading.problems)
    return None if parts is None else Group(kind, parts)


def _unknown(name: str) -> str:
    if name in OF_THE_RULE:
        return f'"{name}" belongs to the rule, not to a condition; move it out of when:'
    if any(name in fields for fields in SOURCES.values()):
        return f'"{name}" is a field of facts; put it under where:, as in where: {{{name}: …}}'
    end = hint(name, CONDITION_KEYS) or f"; comparisons are {listing(COMPARISONS)}, measures {listing(MEASURES)}"
    return f"unknown key {quoted(name)}{end}"


def _condition(node: YamlMap, reading: Reading) -> Node | None:
    problems = reading.problems
    unknown = [name for name in node.entries if name not in CONDITION_KEYS]
    for name in unknown:
        problems.add(node.entries[name].key.place, _unknown(name))
    measures = [name for name in node.entries if name in MEASURES]
    if len(measures) > 1:
        text = f"two measures in one condition: {measures[0]} and {measures[1]}; write two conditions under all:"
        problems.add(node.entries[measures[1]].key.place, text)
        return None
    if not measures:
        if not unknown:
            problems.add(node.place, f"no measure in this condition; add one of {listing(MEASURES)}")
        return None
    measure = node.entries[measures[0]]
    misplaced = _refuse_misplaced(node, measures[0], problems)
    comparison = _comparison(node, measure, bool(unknown or misplaced), problems)
    return _of_measure(node, measure, comparison, reading)


def _refuse_misplaced(node: YamlMap, measure: str, problems: Problems) -> list[str]:
    """Known keys that this measure does not take."""
    fitting = (measure, *MODIFIERS.get(measure, ()), *comparisons_of(measure))
    misplaced = [name for name in node.entries if name in CONDITION_KEYS and name not in fitting]
    for name in misplaced:
        text = f'"{name}" does not go with {measure}; {_where_it_goes(name, measure)}'
        problems.add(node.entries[name].key.place, text)
    return misplaced


def _where_it_goes(name: str, measure: str) -> str:
    if name in _ALL_COMPARISONS:
        return f"compare with {one_of(comparisons_of(measure))}"
    takers = [taker for taker, modifiers in MODIFIERS.items() if name in modifiers]
    return f"it goes with {listing(takers)}"


def comparisons_of(measure: str) -> tuple[str, ...]:
    """The comparisons that a measure takes."""
    if measure == "segment":
        return ("is",)
    return _ALL_COMPARISONS if measure == "profile" else COMPARISONS


def _comparison(node: YamlMap, measure: Entry, excused: bool, problems: Problems) -> Entry | None:
    """The one comparison; ``excused`` says that a missing one is a consequence of another mistake."""
    fitting = comparisons_of(measure.key.text)
    found = [entry for name, entry in node.entries.items() if name in fitting]
    if len(found) > 1:
        first, second = found[0].key.text, found[1].key.text
        way = "between: [low, high]" if {first, second} <= set(COMPARISONS) else "two conditions under all:"
        text = f"two comparisons in one condition: {first} and {second}; write one, or {way}"
        problems.add(found[1].key.place, text)
        return None
    if not found and not excused and measure.key.text != "segment":
        problems.add(measure.key.place, f"no comparison for {measure.key.text}; add one of {listing(fitting)}")
    return found[0] if found else None


def _of_measure(node: YamlMap, measure: Entry, comparison: Entry | None, reading: Reading) -> Node | None:
    if measure.key.text == "profile":
        return parse_profile(measure, comparison, reading.problems)
    if measure.key.text == "segment":
        return parse_segment(measure, comparison, reading.problems, reading.references)
    found = parse_measure(node, measure, reading)
    limits = _limits(measure, comparison, reading)
    return None if found is None or limits is None else Compare(found, limits, measure.key.place)


def _limits(measure: Entry, comparison: Entry | None, reading: Reading) -> Bounds | None:
    if comparison is None:
        return None
    problems = reading.problems
    if measure.key.text != "since":
        return bounds(comparison.key.text, comparison.value, number, problems)
    found = bounds(comparison.key.text, comparison.value, duration, problems)
    longest_ms = max(found.low or 0, found.high or 0) if found else 0
    if longest_ms > reading.retention_ms:
        kept = spelled(reading.retention_ms)
        text = f"no time since a fact reaches {spelled(longest_ms)}: they are kept for {kept} (retention)"
        problems.add(comparison.value.place, f"{text}; write at most {kept}")
    return found
