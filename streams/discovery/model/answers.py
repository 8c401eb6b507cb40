"""What the model answered: suggestions that can be measured, and faults to hand back.

The schema's bounds are not enforced where the answer is made, so all of it is checked here; rules go through the
loader, whose own messages are handed back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from streams.discovery.model.payload import Payload
from streams.discovery.model.texts import fault_of
from streams.discovery.model.wire import WireRule, faults_of, rule_of
from streams.discovery.proposals.rule_text import rule_text
from streams.rules.errors import RuleErrors
from streams.rules.load import load_texts

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: text -> its least and most characters
TEXTS = {"title": (3, 80), "why": (10, 500), "strategy": (10, 500)}
MOST_PROPOSALS = 20
#: Faults that are handed back.
MOST_FAULTS = 40


class Proposal(msgspec.Struct, forbid_unknown_fields=True):
    """One proposal as it came."""

    candidates: list[str]
    name: str
    title: str
    why: str
    strategy: str
    expected_members: int
    rule: WireRule | None = None


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """An answer as it came."""

    proposals: list[Proposal]


@dataclass(frozen=True)
class Suggestion:
    """A proposal of the model's that is sound: its words, and either a candidate's id or a rule that is still to be
    measured. ``expected`` is how many members the model thinks there are."""

    name: str
    title: str
    why: str
    strategy: str
    expected: int
    candidate: str | None
    rule: dict[str, Any] | None


@dataclass(frozen=True)
class Read:
    """What an answer gives: sound suggestions in its order, and one line for each fault."""

    suggestions: list[Suggestion]
    faults: list[str]


def read_answer(text: str, payload: Payload, retention_ms: int) -> Read:
    """The suggestions in the text of an answer."""
    try:
        answer = msgspec.json.decode(text, type=Answer)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        return Read([], [f"the answer does not fit the schema: {error}"[:300]])
    if len(answer.proposals) > MOST_PROPOSALS:
        return Read([], [f"{len(answer.proposals)} proposals; at most {MOST_PROPOSALS} are read"])
    suggestions: list[Suggestion] = []
    faults: list[str] = []
    for number, one in enumerate(answer.proposals, 1):
        found = [f"proposal {number}: {fault}" for fault in _faults(one, payload, retention_ms)]
        faults += found
        if not found:
            suggestions.append(_suggestion(one, payload))
    return Read(suggestions, faults[:MOST_FAULTS])


def _faults(one: Proposal, payload: Payload, retention_ms: int) -> Iterator[str]:
    if not (3 <= len(one.name) <= 50 and _NAME.fullmatch(one.name)):
        yield f"name: {one.name[:60]!r} is no name of 3 to 50 of a-z, 0-9 and single hyphens"
    for key, (least, most) in TEXTS.items():
        if fault := fault_of(getattr(one, key), least, most):
            yield f"{key}: {fault}"
    if one.expected_members < 0:
        yield "expected_members is below 0"
    for key in one.candidates:
        if key not in payload.candidates:
            yield f"candidates: {key[:40]!r} is no id of a candidate"
    if one.rule is None and len(one.candidates) != 1:
        yield "without a rule exactly one candidate is taken as it is; to merge several, write the rule"
    if one.rule is not None:
        yield from _rule_faults(one.rule, payload, retention_ms)


def _rule_faults(rule: WireRule, payload: Payload, retention_ms: int) -> Iterator[str]:
    if found := faults_of(rule, payload.names.table()):
        yield from (f"rule: {fault}" for fault in found)
        return
    text = rule_text(rule_of(rule), "T")  # with codes for names, so that no name comes back in a message
    try:
        load_texts({"active/rule.yaml": text}, retention_ms)
    except RuleErrors as error:
        lines = text.splitlines()
        for fault in error.errors:
            _, line, column, said = fault.split(":", 3)
            yield f"rule: {said.strip()} (column {column} of {lines[int(line) - 1].strip()!r})"


def _suggestion(one: Proposal, payload: Payload) -> Suggestion:
    rule = None if one.rule is None else payload.names.decoded(rule_of(one.rule))
    words = (one.name, one.title.strip(), one.why.strip(), one.strategy.strip())
    return Suggestion(*words, one.expected_members, one.candidates[0] if rule is None else None, rule)
