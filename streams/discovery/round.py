"""One round of discovery: from evidence and candidates, with or without a model, to proposals in the rule folder.

Whatever goes wrong with the model is said on one line, and the candidates of the search are proposed instead. Nothing
here touches live rules: a person moves a proposal on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.discovery.candidates import SMALLEST, Candidate, Evidence
from streams.discovery.model.answers import Suggestion
from streams.discovery.model.conversation import Asks, talk
from streams.discovery.model.payload import Payload, payload_of
from streams.discovery.proposals.known import Alike, Known
from streams.discovery.proposals.words import Words, free_name, template_words
from streams.discovery.proposals.writing import Context, Draft, Written, draft_rule, write_proposal
from streams.language.errors import ModelFault
from streams.rules.errors import RuleErrors
from streams.rules.model import Rule

#: A segment of more customers is no micro-segment.
MOST_OF_ALL = 0.5
SEARCH = "search"

#: Measures rules as the loader's schema takes them; None for one that cannot be measured.
Measure = Callable[[Sequence[Mapping[str, Any]]], Sequence[Candidate | None]]
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Found:
    """What the search found, and how on the same customers further rules are measured and the members of rules are
    compared (None: they are not)."""

    evidence: Evidence
    candidates: Sequence[Candidate]
    measure: Measure | None = None
    alike: Alike | None = None


@dataclass(frozen=True)
class Plan:
    """What a round works with: the model (None: without one), how many proposals at most, titles of live segments."""

    model: Asks | None
    most: int
    titles: Mapping[str, str]


@dataclass
class Report:
    """What a round did: proposals written, what was left out and why (one line each), and the model's fault (None:
    there was none, or no model was asked)."""

    written: list[Written] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    fault: str | None = None


def run_round(found: Found, plan: Plan, known: Known, context: Context, tell: Tell) -> Report:
    """Writes the proposals of a round; raises MicrosegError where they cannot be written."""
    report = Report()
    drafts = _by_model(found, plan.model, plan, context, report, tell) if plan.model else []
    taking = _Taking(known, context, report, found.alike)
    taking.take(drafts, plan.most, tell)
    if not report.written:
        taking.take(_by_search(found), plan.most, tell)
    return report


def _by_search(found: Found) -> list[Draft]:
    ranked = sorted(found.candidates, key=lambda one: -one.score)
    return [Draft(one, template_words(one), SEARCH) for one in ranked]


def _by_model(found: Found, model: Asks, plan: Plan, context: Context, report: Report, tell: Tell) -> list[Draft]:
    """The drafts of the model, none where it has a fault, which the report then tells."""
    tell("asking the model", 0, 0)
    try:
        payload = payload_of(found.evidence, found.candidates, plan.titles)
        talked = talk(model, payload, plan.most, context.shop.retention_ms)
    except ModelFault as fault:
        report.fault = str(fault)
        return []
    report.left_out += [f"of the model's answer: {fault}" for fault in talked.faults]
    return _measured(talked.suggestions, found, payload, model.name, report, tell)


def _measured(
    suggestions: Sequence[Suggestion], found: Found, payload: Payload, by: str, report: Report, tell: Tell
) -> list[Draft]:
    """Suggestions as drafts in their order; the model's own rules are measured first."""
    own = [one for one in suggestions if one.rule is not None]
    tell("measuring the model's rules", 0, len(own))
    rules = [one.rule for one in own if one.rule is not None]
    results: Sequence[Candidate | None] = found.measure(rules) if found.measure and rules else [None] * len(rules)
    measured = {id(one): result for one, result in zip(own, results, strict=True)}
    drafts = []
    for one in suggestions:
        candidate = measured[id(one)] if one.candidate is None else payload.candidates[one.candidate]
        if candidate is None:
            report.left_out.append(f"{one.name}: the model's own rule could not be measured")
        else:
            words = Words(one.name, one.title, one.why, one.strategy)
            drafts.append(Draft(candidate, words, by, one.expected))
    return drafts


@dataclass
class _Taking:
    """Writes drafts as proposals where they are new, well sized and right; the others are told in the report."""

    known: Known
    context: Context
    report: Report
    alike: Alike | None

    def take(self, drafts: Sequence[Draft], most: int, tell: Tell) -> None:
        """The first drafts that are, until there are ``most`` proposals."""
        for draft in drafts:
            if len(self.report.written) >= most:
                return
            tell("writing proposals", len(self.report.written), most)
            named = _with_free_name(draft, self.known)
            rule = self._checked(named)
            if isinstance(rule, str):
                self.report.left_out.append(f"{named.words.name}: {rule}")
            else:
                self.report.written.append(write_proposal(named, rule, self.context))
                self.known = self.known.with_rule(rule)

    def _checked(self, draft: Draft) -> Rule | str:
        """The rule of a draft, or why it is not proposed."""
        one = draft.candidate
        if fault := _size_fault(one, self.context.customers):
            return fault
        if any(_figures(one) == _figures(other.draft.candidate) for other in self.report.written):
            return "was measured exactly as one that is proposed already"
        try:
            rule = draft_rule(draft, self.context)
        except RuleErrors as error:
            return f"is refused by the loader: {error.errors[0]}"
        return self.known.twin(rule, one, self.alike) or rule


def _with_free_name(draft: Draft, known: Known) -> Draft:
    words = draft.words._replace(name=free_name(draft.words.name, known.names))
    return Draft(draft.candidate, words, draft.by, draft.expected)


def _figures(one: Candidate) -> tuple[Any, ...]:
    """What two rules of the same members have in common."""
    return one.size, tuple(one.sizes), tuple((o.name, o.positives, o.members) for o in one.outcomes)


def _size_fault(one: Candidate, customers: int) -> str | None:
    if one.size == 0:
        return "matches nobody"
    if one.size < SMALLEST:
        return f"has {one.size} members; fewer than {SMALLEST} are not proposed"
    if one.size > MOST_OF_ALL * customers:
        return f"has {one.size:,} of {customers:,} customers, which is no micro-segment"
    return None
