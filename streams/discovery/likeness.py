"""Which part of their members rules have in common, as the engine judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from streams.discovery.everyone import Everyone
from streams.discovery.judged import program_of, rule_set
from streams.discovery.proposing import jaccard
from streams.discovery.records import Bools
from streams.rules.errors import RuleErrors

_ONE = "one"


class Likeness:
    """Compares rules on the same customers as of an instant."""

    def __init__(self, everyone: Everyone, asof_ms: int) -> None:
        self._everyone, self._asof_ms = everyone, asof_ms

    def __call__(self, rule: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[float]:
        """The Jaccard index of a rule's members with those of each of the others; 0 of one that cannot be judged, as
        where retention is shorter now."""
        names = [f"other-{number}" for number in range(len(others))]
        sound = {name: other for name, other in zip(names, others, strict=True) if self._is_sound(other)}
        program = program_of(self._everyone, {_ONE: rule, **sound})
        members = self._everyone.members_of(program, self._asof_ms)
        mine = _together(members, _ONE)
        return [jaccard(mine, _together(members, name)) if name in sound else 0.0 for name in names]

    def _is_sound(self, rule: Mapping[str, Any]) -> bool:
        try:
            rule_set({_ONE: rule}, self._everyone.policy.retention_ms)
        except RuleErrors:
            return False
        return True


def _together(members: Mapping[str, Bools], name: str) -> Bools:
    """Whom a rule holds for; of a family those of any of its segments."""
    parts = [which for segment, which in members.items() if segment.partition("/")[0] == name]
    found: Bools = np.any(parts, axis=0)
    return found
