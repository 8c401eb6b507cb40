"""How failed examples and surviving mutants are told, to people and as JSON."""

from __future__ import annotations

from typing import Any

from streams.authoring.measured import measured
from streams.authoring.model import rule_of
from streams.authoring.run_examples import Failure, Shop, leaves_at
from streams.events.instants import stamp
from streams.rules.model import RuleSet


def told(failure: Failure, rules: RuleSet, shop: Shop) -> list[str]:
    """The lines on one failure: where and which example, then what was expected and why it is not so."""
    facts = facts_of(failure, rules, shop)
    place = f"{facts['file']}:{facts['line']}:{facts['column']}"
    lines = [f"{place}: {failure.example.name}", f"    expected: {facts['expected']}", f"    but:      {facts['got']}"]
    return [*lines, *(f"    measured: {line}" for line in facts["why"])]


def facts_of(failure: Failure, rules: RuleSet, shop: Shop) -> dict[str, Any]:
    """The same for scripts."""
    expected, got = _sides(failure)
    return {
        "file": failure.place.file,
        "line": failure.place.line,
        "column": failure.place.column,
        "example": failure.example.name,
        "user": failure.user,
        "segment": failure.segment,
        "at": stamp(failure.example.now_ms),
        "expected": expected,
        "got": got,
        "why": _why(failure, rules, shop),
    }


def _sides(failure: Failure) -> tuple[str, str]:
    user, segment, at = failure.user, failure.segment, stamp(failure.example.now_ms)
    if failure.wanted is True:
        return f"{user} is in {segment} at {at}", _absence(failure)
    if failure.wanted is False:
        return f"{user} is not in {segment} at {at}", f"{user} is in it since {stamp(_since_ms(failure))}"
    left_ms = leaves_at(failure.came, segment, failure.example.now_ms)
    return f"{user} {_end(segment, failure.wanted.at_ms)}", f"{user} {_end('it', left_ms)}"


def _end(segment: str, at_ms: int | None) -> str:
    return f"never leaves {segment}" if at_ms is None else f"leaves {segment} at {stamp(at_ms)}"


def _absence(failure: Failure) -> str:
    past = [state for state in failure.came if state.at_ms <= failure.example.now_ms]
    inside = [n for n, state in enumerate(past) if failure.segment in state.segments]
    if not inside:
        return f"{failure.user} has never been in it"
    return f"{failure.user} left it at {stamp(past[inside[-1] + 1].at_ms)}"


def _since_ms(failure: Failure) -> int:
    """The instant from which on the customer has been in the segment."""
    since_ms = failure.example.now_ms
    for state in reversed([state for state in failure.came if state.at_ms <= failure.example.now_ms]):
        if failure.segment not in state.segments:
            break
        since_ms = state.at_ms
    return since_ms


def _why(failure: Failure, rules: RuleSet, shop: Shop) -> list[str]:
    if not isinstance(failure.wanted, bool) or rule_of(failure.segment) not in {rule.name for rule in rules.rules}:
        return []
    return measured(rules, failure.segment, failure.user, failure.example, shop)
