"""Runs examples through the same step as the worker, and says what does not come out as expected.

All examples of one time zone run as customers of one partition, each under a name of its own: a customer's segments
depend on nobody else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import orjson

from streams.authoring.model import Example, ExampleFile, Expectation, Leaving, rule_of
from streams.engine.api import DAY_MS
from streams.engine.replay import Replay, changes_in_order
from streams.events.traffic import ONLY_SAID, Traffic
from streams.rules.model import Place, Rule, RuleSet
from streams.rules.order import references

#: Between the number of an example and the name of its customer.
_MARK = "/"


@dataclass(frozen=True, slots=True)
class Shop:
    """The settings that examples depend on."""

    timezone: str = "UTC"
    retention_ms: int = 730 * DAY_MS
    traffic: Traffic = ONLY_SAID

    def replay(self, rules: RuleSet, timezone: str | None = None) -> Replay:
        """A replay under them, in another time zone where an example has its own."""
        return Replay(rules, timezone or self.timezone, self.retention_ms, traffic=self.traffic)


class State(NamedTuple):
    """The segments of a customer from an instant on."""

    at_ms: int
    segments: frozenset[str]


Course = list[State]


class Failure(NamedTuple):
    """An expectation that does not hold: of which example, what was expected, and what came."""

    file: ExampleFile
    example: Example
    user: str
    segment: str
    place: Place
    wanted: Leaving | bool
    came: Course


def failures(rules: RuleSet, files: Sequence[ExampleFile], shop: Shop) -> list[Failure]:
    """What does not come out as expected, in order of files, examples and customers."""
    courses = _courses(rules, files, shop)
    return list(_failures(files, courses))


def holds(rules: RuleSet, files: Sequence[ExampleFile], shop: Shop) -> bool:
    """Whether everything comes out as expected."""
    return next(_failures(files, _courses(rules, files, shop)), None) is None


def reach(rules: RuleSet) -> dict[str, frozenset[str]]:
    """Of each rule all that it refers to, also through others."""
    direct = {rule.name: references(rule.when) for rule in rules.rules}
    found: dict[str, frozenset[str]] = {}

    def visit(name: str) -> frozenset[str]:
        if name not in found:
            found[name] = frozenset(direct[name]).union(*(visit(other) for other in direct[name]))
        return found[name]

    for name in direct:
        visit(name)
    return found


def needed_by(rules: RuleSet, names: Iterable[str], links: Mapping[str, frozenset[str]]) -> RuleSet:
    """The rules of these names and all that they refer to; ``links`` as of ``reach``."""
    wanted = frozenset(names).union(*(links[name] for name in names))
    return RuleSet(tuple(rule for rule in rules.rules if rule.name in wanted), rules.digest)


def _failures(files: Sequence[ExampleFile], courses: dict[tuple[int, str], Course]) -> Iterator[Failure]:
    for number, (file, example) in enumerate(_numbered(files)):
        for said in example.expect:
            yield from _wrong_now(file, example, said, courses.get((number, said.user), []))
        for leaving in example.until:
            yield from _wrong_end(file, example, leaving, courses.get((number, leaving.user), []))


def _numbered(files: Sequence[ExampleFile]) -> Iterator[tuple[ExampleFile, Example]]:
    return ((file, example) for file in files for example in file.examples)


def _wrong_now(file: ExampleFile, example: Example, said: Expectation, course: Course) -> Iterator[Failure]:
    there = {segment for segment in segments_at(course, example.now_ms) if rule_of(segment) in file.about}
    for segment in sorted(said.segments ^ there):
        yield Failure(file, example, said.user, segment, said.place, segment in said.segments, course)


def _wrong_end(file: ExampleFile, example: Example, leaving: Leaving, course: Course) -> Iterator[Failure]:
    if leaving.segment not in segments_at(course, example.now_ms):
        return  # which has been said of now
    if leaves_at(course, leaving.segment, example.now_ms) != leaving.at_ms:
        yield Failure(file, example, leaving.user, leaving.segment, leaving.place, leaving, course)


def segments_at(course: Course, at_ms: int) -> frozenset[str]:
    """The segments at an instant."""
    place = bisect_right(course, at_ms, key=lambda state: state.at_ms)
    return course[place - 1].segments if place else frozenset()


def leaves_at(course: Course, segment: str, after_ms: int) -> int | None:
    """The first instant after the given one at which the customer is not in the segment; ``None``: never."""
    return next((at_ms for at_ms, there in course if at_ms > after_ms and segment not in there), None)


def _courses(rules: RuleSet, files: Sequence[ExampleFile], shop: Shop) -> dict[tuple[int, str], Course]:
    """The course of each customer by the number of their example and their name."""
    zones: dict[str, list[tuple[int, Example]]] = {}
    for number, (_, example) in enumerate(_numbered(files)):
        zones.setdefault(example.timezone or shop.timezone, []).append((number, example))
    found: dict[tuple[int, str], Course] = {}
    for zone, numbered in zones.items():
        _run(rules, numbered, replace(shop, timezone=zone), found)
    return found


def _run(rules: RuleSet, numbered: list[tuple[int, Example]], shop: Shop, found: dict[tuple[int, str], Course]) -> None:
    replay = shop.replay(rules)
    for number, example in numbered:
        replay.read(_lines(number, example))
    for change in changes_in_order(replay.run(_end_ms(rules, numbered, shop))):
        mark, _, user = change.key.decode().partition(_MARK)
        segments = frozenset(orjson.loads(change.value)["segments"]) if change.value else frozenset[str]()
        course = found.setdefault((int(mark), user), [])
        if course and course[-1].at_ms == change.at_ms:
            course.pop()
        course.append(State(change.at_ms, segments))


def _lines(number: int, example: Example) -> Iterator[bytes]:
    for event in example.events:
        named = {name: f"{number}{_MARK}{event[name]}" for name in ("user", "from") if name in event}
        yield orjson.dumps({**event, **named})


def _end_ms(rules: RuleSet, numbered: list[tuple[int, Example]], shop: Shop) -> int:
    """The last instant that matters: with an ``until`` in any example, when every fact has been forgotten."""
    last_ms = max(example.now_ms for _, example in numbered)
    if not any(example.until for _, example in numbered):
        return last_ms
    return last_ms + shop.retention_ms + DAY_MS + max(map(_waits_ms, rules.rules), default=0)


def _waits_ms(rule: Rule) -> int:
    return (rule.for_ms or 0) + (rule.keep_for_ms or 0)
