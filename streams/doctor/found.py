"""What a check has found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

State = Literal["good", "watch", "bad"]


@dataclass(frozen=True, slots=True)
class Found:
    """One finding: ``state`` is good, watch (it works, but somebody should look) or bad (it does not work); ``todo``
    is what to do about it, empty where that is nothing."""

    what: str
    state: State
    said: str
    todo: str = ""


def good(what: str, said: str) -> Found:
    """All is well."""
    return Found(what, "good", said)


def watch(what: str, said: str, todo: str) -> Found:
    """It works, but not as it should for long."""
    return Found(what, "watch", said, todo)


def bad(what: str, said: str, todo: str) -> Found:
    """It does not work."""
    return Found(what, "bad", said, todo)


def worst(findings: Iterable[Found]) -> State:
    """The worst state of all."""
    states = {one.state for one in findings}
    return "bad" if "bad" in states else "watch" if "watch" in states else "good"


Findings = Iterator[Found]
