"""Conditions joined by and, or and not, brought into groups that all hold, of conditions one of which holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

Condition = dict[str, Any]
#: all of the groups hold, of each at least one condition
Groups = list[list[Condition]]
#: what an opposite is, itself as groups
Opposite = Callable[[Condition], Groups]


class Joined(NamedTuple):
    """``all`` or ``any`` of parts, or ``none`` of them."""

    kind: str
    parts: tuple[Formula, ...]


Formula = Joined | Condition


class TooManyError(Exception):
    """It takes more groups than are of any use."""


def groups_of(formula: Formula, opposite: Opposite, most: int) -> Groups:
    """The same as groups; raises TooManyError where these are more than ``most``."""
    return _groups(formula, False, opposite, most)


def _groups(formula: Formula, negated: bool, opposite: Opposite, most: int) -> Groups:
    if not isinstance(formula, Joined):
        return opposite(formula) if negated else [[formula]]
    negated ^= formula.kind == "none"
    parts = [_groups(part, negated, opposite, most) for part in formula.parts]
    return _all(parts) if (formula.kind == "all") != negated else _any(parts, most)


def _all(parts: Sequence[Groups]) -> Groups:
    return [group for groups in parts for group in groups]


def _any(parts: Sequence[Groups], most: int) -> Groups:
    found: Groups = [[]]
    for groups in parts:
        found = [[*before, *group] for before in found for group in groups]
        if len(found) > most:
            raise TooManyError
    return found
