"""A rule as the definition of a Klaviyo segment, or what of it Klaviyo cannot say.

The definition is the body of ``POST /api/segments``: groups that all hold, of conditions one of which holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams.definitions.klaviyo_conditions import (
    SPELLING,
    UnsaidError,
    metric_condition,
    opposite,
    profile_condition,
    since_formula,
)
from streams.definitions.logic import Formula, Joined, TooManyError, groups_of
from streams.rules.model import Compare, Group, Node, Place, ProfileTest, Rule, RuleSet, SegmentTest

#: More groups than this nobody could read.
MOST_GROUPS = 50
#: That a customer may be mailed, which every rule without ``everyone: true`` asks for.
MAILABLE = {
    "type": "profile-marketing-consent",
    "consent": {"channel": "email", "can_receive_marketing": True, "consent_status": {"subscription": "any"}},
}


class Exported(NamedTuple):
    """The body of the call, None where there are ``problems``, each with its place; ``notes``: where Klaviyo means
    something a little different."""

    body: dict[str, Any] | None
    problems: list[tuple[Place, str]]
    notes: list[str]


def klaviyo_segment(rule: Rule, rules: RuleSet, metrics: Mapping[str, str]) -> Exported:
    """A rule for Klaviyo.

    Args:
        rule: the rule.
        rules: all of them, as one may speak of another.
        metrics: Klaviyo's ids of metrics by their names; of those that are missing the name stands for the id.
    """
    export = _Export(rules, metrics)
    formula = export.rule(rule)
    if export.problems:
        return Exported(None, sorted(set(export.problems), key=_by_place), [])
    try:
        groups = groups_of(formula, opposite, MOST_GROUPS)
    except TooManyError:
        where = Place(f"{rule.folder}/{rule.name}.yaml", 1, 1)
        return Exported(None, [(where, f"as groups of alternatives it takes more than {MOST_GROUPS}")], [])
    if not rule.everyone:
        groups.append([MAILABLE])
    definition = {"condition_groups": [{"conditions": group} for group in groups]}
    attributes = {"name": rule.title, "definition": definition}
    notes = sorted({*export.notes, *_drawn(rule, rules)})
    return Exported({"data": {"type": "segment", "attributes": attributes}}, [], notes)


def _drawn(rule: Rule, rules: RuleSet) -> Iterator[str]:
    """That Klaviyo draws nobody: what it works out by itself holds all arms of a trial."""
    told = "mail by the list or the property of a sink (microseg deliver) until the trial has ended"
    if rule.on_trial is not None:
        yield f"{rule.name} is on trial, and in Klaviyo's segment are all its arms: {told}"
    for other in rules.rules:
        if other.on_trial is not None and other.on_trial.against.partition("/")[0] == rule.name:
            yield f"in Klaviyo's segment are also those who get the mail of {other.name}, on trial against it: {told}"


def _by_place(problem: tuple[Place, str]) -> tuple[str, int, int, str]:
    place, reason = problem
    return place.file, place.line, place.column, reason


class _Export:
    """Goes through a rule and notes all that cannot be said."""

    def __init__(self, rules: RuleSet, metrics: Mapping[str, str]) -> None:
        self.problems: list[tuple[Place, str]] = []
        self.notes: set[str] = set()
        self._rules = {rule.name: rule for rule in rules.rules}
        self._metrics = metrics

    def rule(self, rule: Rule) -> Formula:
        whole = Place(f"{rule.folder}/{rule.name}.yaml", 1, 1)
        lasting = (
            (rule.for_each, f"for_each: {rule.for_each} makes a segment of each value"),
            (rule.for_ms, "for: Klaviyo does not wait until something has held for a while"),
            (rule.keep_for_ms, "keep_for: Klaviyo keeps nobody for a time"),
        )
        self.problems += [(whole, reason) for given, reason in lasting if given]
        return self._node(rule.when)

    def _node(self, node: Node) -> Formula:
        if isinstance(node, Group):
            return Joined(node.kind, tuple(self._node(part) for part in node.parts))
        try:
            if isinstance(node, SegmentTest):
                return self._segment(node)
            return self._profile(node) if isinstance(node, ProfileTest) else self._compare(node)
        except UnsaidError as error:
            self.problems.append((node.place, str(error)))
            return {}

    def _profile(self, node: ProfileTest) -> Formula:
        if node.texts:
            self.notes.add(SPELLING)
        return profile_condition(node)

    def _compare(self, node: Compare) -> Formula:
        if node.measure.op.startswith("since"):
            return since_formula(node, self._metrics, self.notes)
        return metric_condition(node, self._metrics, self.notes)

    def _segment(self, node: SegmentTest) -> Formula:
        """The other rule, in full."""
        if node.value is not None or node.name not in self._rules:
            raise UnsaidError(f"segment: {node.name} is a family of segments")
        inner = self.rule(self._rules[node.name])
        if not self._rules[node.name].everyone:
            inner = Joined("all", (inner, MAILABLE))
        return inner if node.member else Joined("none", (inner,))
