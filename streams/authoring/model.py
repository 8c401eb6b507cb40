"""Examples as plain values: what the reader of example files yields and what is run.

Units: instants in milliseconds. Segments are named as they are published, ``NAME`` or ``NAME/value``.
"""

from __future__ import annotations

from dataclasses import dataclass

from streams.rules.model import Place

#: An event as a value that JSON can hold; ``at`` is in milliseconds, ``id`` and ``user`` are texts.
EventValue = dict[str, object]


@dataclass(frozen=True, slots=True)
class Expectation:
    """The segments, of those that the file is about, in which a customer is at ``now``; in no others of those."""

    user: str
    segments: frozenset[str]
    place: Place


@dataclass(frozen=True, slots=True)
class Leaving:
    """When a customer leaves a segment if nothing more happens; ``at_ms`` of ``None`` is never."""

    user: str
    segment: str
    at_ms: int | None
    place: Place


@dataclass(frozen=True, slots=True)
class Example:
    """Events, and what follows from them at ``now_ms``; a ``timezone`` of ``None`` is that of the settings."""

    name: str
    place: Place
    now_ms: int
    events: tuple[EventValue, ...]
    expect: tuple[Expectation, ...]
    until: tuple[Leaving, ...] = ()
    timezone: str | None = None


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A mutant that may go unnoticed, named by its edit, and the author's reason."""

    edit: str
    because: str
    place: Place


@dataclass(frozen=True, slots=True)
class ExampleFile:
    """The examples of one file; it is ``about`` the rule of its own name and those that it expects anywhere."""

    name: str
    examples: tuple[Example, ...]
    accepted: tuple[Acceptance, ...]
    about: frozenset[str]


def rule_of(segment: str) -> str:
    """The rule that makes a segment: of ``NAME/value`` its family."""
    return segment.partition("/")[0]
