"""Section 3: which segments a customer is in at an instant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from streams.events.traffic import ONLY_SAID, Traffic
from streams.rules.model import RATIO_SCALE, Compare, Group, Node, ProfileTest, Rule, RuleSet, SegmentTest
from tests.reference.consent import profile_of, suppressed
from tests.reference.customers import Merges, events_of
from tests.reference.events import Event, Scalar, compared, number_of, text_of
from tests.reference.facts import Fact, facts_of
from tests.reference.measures import holds, within


@dataclass(frozen=True)
class Snapshot:
    """What is known of one customer at one instant."""

    t: int
    zone: str
    known: bool
    facts: Sequence[Fact]
    profile: dict[str, Scalar]
    suppressed: bool


def snapshot(
    user: str,
    t: int,
    events: Sequence[Event],
    merges: Merges,
    retention_ms: int,
    zone: str,
    traffic: Traffic = ONLY_SAID,
) -> Snapshot:
    """The customer at t; an id that was merged into another is known no more."""
    own = events_of(user, t, events, merges)
    return Snapshot(
        t, zone, bool(own), facts_of(own, t - retention_ms, traffic), profile_of(own), suppressed(own, merges)
    )


@dataclass
class Memory:
    """The course so far of one customer: the two modifiers that look at it need no more.

    By segment: since when ``when`` has held without a break; when the customer entered.
    """

    held_ms: dict[str, int] = field(default_factory=dict)
    entered_ms: dict[str, int] = field(default_factory=dict)


class Judgement:
    """One customer judged at one instant; carries their memory on to it."""

    def __init__(self, rules: RuleSet, seen: Snapshot, memory: Memory) -> None:
        self.rules = {rule.name: rule for rule in rules.rules}
        self.seen = seen
        self.memory = memory
        self.decided: dict[str, frozenset[str]] = {}

    def segments(self) -> frozenset[str]:
        """All segments of all rules; of somebody unknown none, and their memory is lost."""
        if not self.seen.known:
            self.memory.held_ms.clear()
            self.memory.entered_ms.clear()
            return frozenset()
        return frozenset(name for rule in self.rules for name in self.members(rule))

    def members(self, name: str) -> frozenset[str]:
        """The segments of one rule that the customer is in: none, itself, or some of its family."""
        if name not in self.decided:
            rule = self.rules[name]
            values = {name: None} if rule.for_each is None else self._family(rule)
            self._forget(rule, set(values))
            self.decided[name] = frozenset(each for each, value in values.items() if self._step(rule, each, value))
        return self.decided[name]

    def _family(self, rule: Rule) -> dict[str, str | None]:
        seen = {text for fact in self.seen.facts for text in fact.texts.get(rule.for_each or "", ())}
        return {f"{rule.name}/{text}": text for text in seen}

    def _forget(self, rule: Rule, names: set[str]) -> None:
        """A value whose facts no longer count makes no segment."""
        for kept in (self.memory.held_ms, self.memory.entered_ms):
            for name in [n for n in kept if n.split("/")[0] == rule.name and n not in names]:
                del kept[name]

    def _step(self, rule: Rule, name: str, each: str | None) -> bool:
        """Whether the customer is in the segment; moves their memory."""
        t, held, entered = self.seen.t, self.memory.held_ms, self.memory.entered_ms
        true = self.holds(rule.when, each)
        if true:
            held.setdefault(name, t)
        else:
            held.pop(name, None)
        stays = name in entered and (true or t < entered[name] + (rule.keep_for_ms or 0))
        enters = true and t >= held[name] + (rule.for_ms or 0)
        if (self.seen.suppressed and not rule.everyone) or not (stays or enters):
            entered.pop(name, None)
            return False
        entered.setdefault(name, t)
        return True

    def holds(self, node: Node, each: str | None) -> bool:
        """Whether a condition or a group of them is true."""
        if isinstance(node, Group):
            parts = [self.holds(part, each) for part in node.parts]
            return {"all": all(parts), "any": any(parts), "none": not any(parts)}[node.kind]
        if isinstance(node, Compare):
            return holds(node.measure, node.bounds, self.seen.facts, self.seen.t, self.seen.zone, each)
        if isinstance(node, SegmentTest):
            members = self.members(node.name)
            return node.member == (bool(members) if node.value is None else f"{node.name}/{node.value}" in members)
        return _profile_holds(node, self.seen.profile.get(node.name))


def _profile_holds(test: ProfileTest, value: Scalar | None) -> bool:
    if test.missing is not None:
        return test.missing == (value is None)
    if test.bounds is not None:
        number = number_of(value)
        return number is not None and within(Fraction(number * RATIO_SCALE), test.bounds)
    equal = value is not None and compared(text_of(value)) in (test.texts or ())
    return equal != test.negated
