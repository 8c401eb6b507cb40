"""One customer's course from the facts in their row: since when they are where, until when, and what was measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import orjson

from streams.engine.alone import anew, as_published
from streams.engine.api import DAY_MS
from streams.engine.machine import Machine
from streams.engine.partition import Partition
from streams.engine.publish import Change, Publisher
from streams.engine.readings import Reading, readings
from streams.events.text import compared
from streams.memberships.records import family_segment
from streams.rows.arena import EVALUATED, KNOWN, NEXT_DUE
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    CART,
    EMAIL,
    FLAG_SHIFT,
    ITEM,
    KIND_MASK,
    MEMBER,
    NAME_MASK,
    RESUBSCRIBED,
    UNSUBSCRIBED,
    VIEW,
)
from streams.rows.parts import consents, facts, states
from streams.rules.each import with_each
from streams.rules.model import Rule

#: How far ahead "until when" looks beyond retention, by which every fact is forgotten.
_BEYOND_MS = 400 * DAY_MS
#: Values of one family, beside those whose segments the customer is in, that are shown at most.
_MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Course:
    """A customer at ``at_ms``; ``rules`` are plain, those of families once for each value, as NAME/value.

    ``members`` are the segments as published, or those of replay where the customer was judged later than ``at_ms``.
    ``since``: when they entered, or last left (not there: never, or that was under other rules); ``until``: when they
    leave, or enter, if nothing happens (not there: not by time alone).
    """

    at_ms: int
    suppressed: bool
    rules: tuple[Rule, ...]
    members: frozenset[str]
    measured: dict[str, list[Reading]]
    since: Mapping[str, int]
    until: Mapping[str, int]


def course_of(partition: Partition, user: str, now_ms: int, family: str = "") -> Course | None:
    """The course of a customer of this partition under its rules, of one family with all their values; None where they
    are unknown at that instant."""
    row = partition.row_of(user)
    if row is None or int(partition.machine.rows.head[row, KNOWN]) > now_ms:
        return None
    program = partition.program
    turns = _Turns(anew(partition, row, program))
    since = turns.up_to(now_ms)
    if int(partition.machine.rows.head[row, EVALUATED]) <= now_ms:
        turns, since = _published(partition, row, now_ms, turns.members(), since)
    since.update(_said(partition.publisher.changes, user, now_ms))
    members = turns.members()
    until = turns.up_to(now_ms + partition.policy.retention_ms + _BEYOND_MS, first=True)
    rules = tuple(_expanded(program.rule_set.rules, _values(partition, row, now_ms), members, family))
    measured = readings(partition, row, now_ms, rules, members, program)
    return Course(now_ms, _suppressed(partition, row, now_ms), rules, members, measured, since, until)


class _Turns:
    """When a customer enters and leaves segments, as the time of their machine goes on."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._publisher = Publisher(machine, tombstones=False)
        self._publisher.users = [""]

    def up_to(self, until_ms: int, *, first: bool = False) -> dict[str, int]:
        """The instants of the last turn of each segment up to then, or of the first."""
        self.machine.rows.stat[NEXT_DUE] = 0  # there may be something
        self._publisher.drain(self.machine.visit(0, until_ms, 1))
        changes = self._publisher.take()
        return _said(reversed(changes) if first else changes, "", until_ms)

    def members(self) -> frozenset[str]:
        """The segments they are in now."""
        return frozenset(self._publisher.segments_of(0))


def _said(changes: Iterable[Change], user: str, until_ms: int) -> dict[str, int]:
    """The instant of the last of the changes of a customer by which they entered or left a segment, of each one."""
    key, found = user.encode(), {}
    for change in changes:
        if change.key == key and change.at_ms <= until_ms and change.value is not None:
            record = orjson.loads(change.value)
            found.update(dict.fromkeys((*record["entered"], *record["exited"]), change.at_ms))
    return found


def _published(
    partition: Partition, row: int, now_ms: int, replayed: frozenset[str], since: Mapping[str, int]
) -> tuple[_Turns, dict[str, int]]:
    """The course from what is published on, and since when it is so.

    A rule that lasts (``for``, ``keep_for``) looks at the course as it was: who is in it, and since when, is what is
    remembered. That may differ from a replay, by a late event or as the rule came later; where it does, of a segment
    of which nothing is remembered nobody knows since when. What was said but not yet handed out (in a replay all) is
    no guess, which counts where ids were merged: their facts do not tell when.
    """
    turns = _Turns(as_published(partition, row))
    turns.up_to(now_ms)  # what is due may not be published yet
    members = turns.members()
    differ = members ^ replayed
    return turns, {name: at_ms for name, at_ms in since.items() if name not in differ} | dict(_lasting(turns.machine))


def _lasting(machine: Machine) -> Iterator[tuple[str, int]]:
    """The segments of rules that last in which the one customer is, and when they entered."""
    shown = machine.names.shown
    lasting = {rule.name for rule in machine.program.rule_set.rules if rule.for_ms or rule.keep_for_ms}
    for word0, key in states(machine.rows, 0)[:, :2].tolist():
        if word0 >> FLAG_SHIFT & MEMBER and shown[key >> 32] in lasting:
            yield family_segment(shown, key) if key & NAME_MASK else shown[key >> 32], word0 >> AT_SHIFT


def _values(partition: Partition, row: int, now_ms: int) -> dict[str, list[str]]:
    """What the customer's facts have of each field that a family is made of, the newest first."""
    machine = partition.machine
    names = machine.names
    found: dict[str, dict[str, None]] = {"product": {}, "category": {}, "campaign": {}}
    for word0, _, _, word3, word4 in facts(machine.rows, row)[::-1].tolist():
        kind = word0 & KIND_MASK
        if word0 >> AT_SHIFT > now_ms:
            continue
        if kind in (VIEW, CART, ITEM):
            found["product"][compared(names.shown[word3 >> 32])] = None
            for number in names.members(word3 & NAME_MASK):
                found["category"][compared(names.shown[number])] = None
        elif kind == EMAIL and word4 >> 32:
            found["campaign"][compared(names.shown[word4 >> 32])] = None
    return {field: list(values) for field, values in found.items()}


def _expanded(
    rules: Iterable[Rule], values: dict[str, list[str]], members: frozenset[str], family: str
) -> Iterator[Rule]:
    """The rules, those of families once for each value of a segment that the customer is in, and for the newest of the
    others that they have (of ``family`` for all)."""
    for rule in rules:
        if rule.for_each is None:
            yield rule
            continue
        inside = sorted(name.partition("/")[2] for name in members if name.startswith(f"{rule.name}/"))
        others = [value for value in values[rule.for_each] if value not in inside]
        for value in (*inside, *(others if rule.name == family else others[:_MOST_VALUES])):
            yield replace(rule, name=f"{rule.name}/{value}", when=with_each(rule.when, value), for_each=None)


def _suppressed(partition: Partition, row: int, now_ms: int) -> bool:
    """Whether the customer may not be mailed: of unsubscribed and resubscribed the last counts, the rest stays."""
    refused = False
    for word0 in consents(partition.machine.rows, row)[:, 0].tolist():
        action = word0 >> FLAG_SHIFT & ACTION_MASK
        if word0 >> AT_SHIFT > now_ms:
            break
        if action not in (UNSUBSCRIBED, RESUBSCRIBED):
            return True
        refused = action == UNSUBSCRIBED
    return refused
