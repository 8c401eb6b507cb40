"""The example file of a proposed rule as text, which is run once more before it is taken."""

from __future__ import annotations

from collections.abc import Sequence

from streams.authoring.example_nodes import Known, parse_examples
from streams.authoring.run_examples import Shop, holds
from streams.discovery.proposals.examples import Found, Person, find_examples, segment_of
from streams.discovery.proposals.facts import events_of
from streams.discovery.proposals.rule_text import flow
from streams.events.instants import stamp
from streams.rules.errors import Problems
from streams.rules.model import Rule, RuleSet

_SCHEMA = "# yaml-language-server: $schema=../example.schema.json"


def example_text(rule: Rule, now_ms: int, shop: Shop) -> str | None:
    """Examples of both sides and of the bounds that hold; None where none were found."""
    found = find_examples(rule, now_ms, shop)
    if found is None:
        return None
    text = _written(rule, found, now_ms)
    return text if _holds(rule, text, shop) else None


def _written(rule: Rule, found: Found, now_ms: int) -> str:
    parts: list[tuple[str, Sequence[Person]]] = [
        ("a member", [found.member]),
        ("a non-member", [found.stranger]),
        ("near the bounds", found.neighbours),
    ]
    blocks = [_example(rule, name, people, now_ms) for name, people in parts if people]
    return f"{_SCHEMA}\n" + "\n\n".join(blocks) + "\n"


def _example(rule: Rule, name: str, people: Sequence[Person], now_ms: int) -> str:
    lines = [f"- name: {name}", f"  now: {stamp(now_ms)}", "  events:"]
    for person in people:
        for event in events_of(person.facts, now_ms):
            at = int(event["at"])
            said = {"type": event["type"], "user": person.user, **{**event, "at": stamp(at)}}
            lines.append(f"    - {flow(said)}")
    lines.append("  expect:")
    for person in people:
        lines.append(f"    {person.user}: {flow([segment_of(rule)] if person.inside else [])}")
    return "\n".join(lines)


def _holds(rule: Rule, text: str, shop: Shop) -> bool:
    problems = Problems()
    parsed = parse_examples(text, rule.name, Known({rule.name: rule}, problems))
    return parsed is not None and holds(RuleSet((rule,), ""), [parsed], shop)
