"""One example file: its YAML becomes examples and accepted mutants, or mistakes with their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from streams.authoring.event_nodes import parse_event
from streams.authoring.model import Acceptance, EventValue, Example, ExampleFile, Expectation, Leaving, rule_of
from streams.events.instants import instant_ms
from streams.events.text import compared
from streams.rules.errors import Problems, quoted
from streams.rules.model import Place, Rule
from streams.rules.nearest import hint
from streams.rules.scalars import plain_text, scalar, shown_text
from streams.rules.yaml_nodes import Entry, Yaml, YamlList, YamlMap, is_missing, read_yaml

EXAMPLE_KEYS = ("name", "now", "timezone", "events", "expect", "until")
NEEDED = ("name", "now", "events", "expect")
ACCEPTANCE_KEYS = ("mutant", "because")
NEVER = "never"


@dataclass(frozen=True, slots=True)
class Known:
    """The segments that examples may speak of: the rule of each live file, ``None`` where that file is broken."""

    rules: Mapping[str, Rule | None]
    problems: Problems


def parse_examples(text: str, name: str, known: Known) -> ExampleFile | None:
    """The examples in the text of ``tests/name.yaml``; ``None`` where something in it is wrong."""
    file = f"tests/{name}.yaml"
    problems = known.problems
    before = len(problems)
    root = read_yaml(text, file, problems)
    if root is None:
        return None
    if not isinstance(root, YamlList) or not root.items:
        problems.add(root.place, "an example file is a list of examples, each of which begins with - name:")
        return None
    examples: list[Example] = []
    accepted: list[Acceptance] = []
    for item in root.items:
        found = _entry(item, known)
        if isinstance(found, Example):
            examples.append(found)
        elif found is not None:
            accepted.append(found)
    _refuse_twins(examples, accepted, problems)
    if len(problems) > before:
        return None
    about = {rule_of(segment) for one in examples for said in one.expect for segment in said.segments}
    return ExampleFile(name, tuple(examples), tuple(accepted), frozenset({name, *about}))


def _refuse_twins(examples: list[Example], accepted: list[Acceptance], problems: Problems) -> None:
    first: dict[tuple[str, str], Place] = {}
    names = [("an example", one.name, one.place) for one in examples]
    edits = [("an accepted mutant", one.edit, one.place) for one in accepted]
    for what, name, place in [*names, *edits]:
        twin = first.setdefault((what, name), place)
        if twin is not place:
            problems.add(place, f"{what} of this name stands already in line {twin.line}")


def _entry(node: Yaml, known: Known) -> Example | Acceptance | None:
    problems = known.problems
    if not isinstance(node, YamlMap) or not node.entries:
        problems.add(node.place, "an example is needed here, with name:, now:, events: and expect:")
        return None
    if any(name in node.entries for name in ACCEPTANCE_KEYS):
        return _acceptance(node, problems)
    _refuse_unknown(node, EXAMPLE_KEYS, problems)
    _need(node, NEEDED, "example", problems)
    return _example(node, known)


def _refuse_unknown(node: YamlMap, keys: tuple[str, ...], problems: Problems) -> None:
    for name, entry in node.entries.items():
        if name not in keys:
            problems.add(entry.key.place, f"unknown key {quoted(name)}{hint(name, keys)}")


def _need(node: YamlMap, keys: tuple[str, ...], what: str, problems: Problems) -> None:
    for name in keys:
        if name not in node.entries:
            problems.add(node.place, f"no {name}: in this {what}")


def _acceptance(node: YamlMap, problems: Problems) -> Acceptance | None:
    _refuse_unknown(node, ACCEPTANCE_KEYS, problems)
    _need(node, ACCEPTANCE_KEYS, "accepted mutant", problems)
    said = {name: shown_text(entry.value, problems) for name, entry in node.entries.items()}
    edit, because = said.get("mutant"), said.get("because")
    return None if edit is None or because is None else Acceptance(edit, because, node.place)


def _example(node: YamlMap, known: Known) -> Example | None:
    problems = known.problems
    before = len(problems)
    entries = node.entries
    name = shown_text(entries["name"].value, problems) if "name" in entries else None
    now_ms = _instant(entries["now"].value, problems) if "now" in entries else None
    zone = _timezone(entries["timezone"].value, problems) if "timezone" in entries else None
    events = _events(entries["events"].value, now_ms, problems) if "events" in entries else []
    users = _users(events, sure=len(problems) == before)
    expect = _expect(entries["expect"].value, users, known) if "expect" in entries else []
    until = _until(entries["until"].value, now_ms, expect, known) if "until" in entries else []
    if name is None or now_ms is None or len(problems) > before:
        return None
    return Example(name, node.place, now_ms, tuple(events), tuple(expect), tuple(until), zone)


def _instant(node: Yaml, problems: Problems) -> int | None:
    found = scalar(node, problems, "an instant such as 2026-06-01T00:00:00Z")
    if found is None:
        return None
    digits = re.fullmatch(r"\d{1,15}", found.text, re.ASCII) if found.plain else None
    try:
        return instant_ms(int(found.text) if digits else found.text)
    except ValueError as error:
        problems.add(node.place, f"{quoted(found.text)} {error}")
        return None


def _timezone(node: Yaml, problems: Problems) -> str | None:
    name = plain_text(node, problems)
    if name is None or name in _timezones():
        return name
    problems.add(node.place, f"{quoted(name)} is no IANA time zone{hint(name, _timezones())}")
    return None


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def _events(node: Yaml, now_ms: int | None, problems: Problems) -> list[EventValue]:
    if not isinstance(node, YamlList) or not node.items:
        problems.add(node.place, "a list of events is needed")
        return []
    return [event for n, item in enumerate(node.items, 1) for event in parse_event(item, n, now_ms, problems)]


def _users(events: list[EventValue], *, sure: bool) -> set[str] | None:
    """The customers of the events; ``None`` where some events could not be read, so that nobody is called unknown."""
    return {str(event[name]) for event in events for name in ("user", "from") if name in event} if sure else None


def _expect(node: Yaml, users: set[str] | None, known: Known) -> list[Expectation]:
    problems = known.problems
    if not isinstance(node, YamlMap) or not node.entries:
        problems.add(node.place, "expect takes customers and their segments, such as {ana: [lapsing], bob: []}")
        return []
    found: list[Expectation] = []
    for entry in node.entries.values():
        _refuse_unknown_user(entry, users, problems)
        segments = _segments(entry.value, known)
        found.append(Expectation(entry.key.text, frozenset(segments), entry.key.place))
    return found


def _refuse_unknown_user(entry: Entry, users: set[str] | None, problems: Problems) -> None:
    if users is not None and entry.key.text not in users:
        end = hint(entry.key.text, sorted(users))
        problems.add(entry.key.place, f"no event of this example is of a user {quoted(entry.key.text)}{end}")


def _segments(node: Yaml, known: Known) -> list[str]:
    if not isinstance(node, YamlList):
        known.problems.add(node.place, "a list of segments is needed, such as [lapsing], or [] for none")
        return []
    found = [_segment(item, known) for item in node.items]
    return [segment for segment in found if segment is not None]


def _segment(node: Yaml, known: Known) -> str | None:
    """The segment's name as published."""
    text = plain_text(node, known.problems)
    if text is None:
        return None
    name, slash, rest = text.strip().partition("/")
    value = compared(rest)
    fault = _fault(name, slash, value, known)
    if fault:
        known.problems.add(node.place, fault)
        return None
    return f"{name}/{value}" if slash else name


def _fault(name: str, slash: str, value: str, known: Known) -> str | None:
    if name not in known.rules:
        return f"unknown segment {quoted(name)}{hint(name, known.rules)}"
    if slash and not value:
        return "a name is missing; write NAME, or NAME/value for one segment of a family"
    rule = known.rules[name]
    if rule is None or (rule.for_each is None) == (not slash):
        return None
    if slash:
        return f'{name} is no family (it has no for_each); did you mean "{name}"?'
    return f"{name} is a family; write the segment of one {rule.for_each}, such as {name}/shoes"


def _until(node: Yaml, now_ms: int | None, expect: list[Expectation], known: Known) -> list[Leaving]:
    problems = known.problems
    if not isinstance(node, YamlMap) or not node.entries:
        problems.add(node.place, "until takes customers, segments and instants, such as {ana: {lapsing: never}}")
        return []
    inside = {said.user: said.segments for said in expect}
    found: list[Leaving] = []
    for entry in node.entries.values():
        if entry.key.text not in inside:
            end = hint(entry.key.text, inside)
            problems.add(entry.key.place, f"expect says nothing of {quoted(entry.key.text)}{end}")
        elif not isinstance(entry.value, YamlMap) or not entry.value.entries:
            problems.add(entry.value.place, "segments and instants are needed, such as {lapsing: never}")
        else:
            found += _leavings(entry.key.text, entry.value, inside[entry.key.text], now_ms, known)
    return found


def _leavings(user: str, node: YamlMap, inside: frozenset[str], now_ms: int | None, known: Known) -> list[Leaving]:
    found: list[Leaving] = []
    for entry in node.entries.values():
        segment = _segment(entry.key, known)
        never = not is_missing(entry.value) and getattr(entry.value, "text", "") == NEVER
        at_ms = None if never else _instant(entry.value, known.problems)
        if segment is not None and segment not in inside:
            text = f"{user} is not expected in {segment}, and so cannot leave it{hint(segment, sorted(inside))}"
            known.problems.add(entry.key.place, text)
        elif at_ms is not None and now_ms is not None and at_ms <= now_ms:
            known.problems.add(entry.value.place, "until is an instant after now, or never")
        elif segment is not None and (never or at_ms is not None):
            found.append(Leaving(user, segment, at_ms, entry.key.place))
    return found
