"""A rule's condition with what came of each part of it for one customer at one instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streams.memberships.durations import duration_text
from streams.memberships.wording import Words, condition_words, is_duration
from streams.rules.model import Compare, Group, Node

if TYPE_CHECKING:
    from streams.engine.readings import Reading

#: What a condition measured: milliseconds of ``since``, amounts in units of the currency; None: undefined or missing.
Value = int | float | str | bool | None


@dataclass(frozen=True, slots=True)
class Judged:
    """A condition with its value, or a group with its parts; ``holds`` is what came of it."""

    node: Node
    holds: bool
    value: Value = None
    parts: tuple[Judged, ...] = ()


def judged(node: Node, readings: Iterable[Reading]) -> Judged:
    """The condition with its readings, which are those of its leaves in the order of the file."""
    return _judged(node, iter(readings))


def _judged(node: Node, readings: Iterator[Reading]) -> Judged:
    if not isinstance(node, Group):
        reading = next(readings)
        return Judged(node, reading.holds, reading.value)
    parts = tuple(_judged(part, readings) for part in node.parts)
    holds = [part.holds for part in parts]
    return Judged(node, all(holds) if node.kind == "all" else any(holds) != (node.kind == "none"), parts=parts)


def words_of(one: Judged) -> Words:
    """The condition as the rule file says it, with ``value`` (a duration in words) and ``holds``; groups likewise."""
    if isinstance(one.node, Group):
        return {one.node.kind: [words_of(part) for part in one.parts], "holds": one.holds}
    return {**condition_words(one.node), "value": shown(one), "holds": one.holds}


def shown(one: Judged) -> Value:
    """The value of a condition as people and change records show it."""
    is_time = isinstance(one.node, Compare) and is_duration(one.node.measure)
    return duration_text(int(one.value)) if is_time and isinstance(one.value, int) else one.value
