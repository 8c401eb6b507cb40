"""Which arm of which trial a customer is in: a function of their id, their segments and the rules, with no memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

import orjson

from streams.rules.model import RATIO_SCALE, Rule, TrialTerms
from streams.trials.assignment import CONTROL, TREATMENT, Shares, arm_of, trial_of


class Arm(NamedTuple):
    """The segment that is on trial, and who gets its mail (``treatment``), the other segment's or none."""

    segment: str
    arm: str


class Arms:
    """The trials of a rule set; false where there are none."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        terms = {rule.name: rule.on_trial for rule in rules if rule.on_trial}
        self._trials = {name: _drawing(name, one) for name, one in terms.items()}
        self._against = {name: one.against for name, one in terms.items()}

    def __bool__(self) -> bool:
        """Whether anybody is drawn at all."""
        return bool(self._trials)

    def of(self, user: str, segments: Collection[str]) -> Arm | None:
        """The arm of a customer who is in these segments; None of those in no trial. Of several one is theirs."""
        mine = trial_of(user, [name for name in segments if name in self._trials])
        return None if mine is None else Arm(mine, arm_of(self._trials[mine][0], user, self._trials[mine][1]))

    def withheld(self, mine: Arm, segments: Collection[str]) -> list[str]:
        """Of a customer's segments those whose mail their arm does not get, sorted: the segment's own, unless it is the
        treatment; the broad one's, unless it is the control."""
        broad = self._against[mine.segment]
        theirs = [name for name in segments if name == broad or name.startswith(f"{broad}/")]
        own = [] if mine.arm == TREATMENT else [mine.segment]
        return sorted(own if mine.arm == CONTROL else [*own, *theirs])

    def told(self, record: bytes, user: str, segments: Collection[str]) -> bytes:
        """A membership record, a JSON object, with the arm and whose mail it does not get."""
        mine = self.of(user, segments)
        if mine is None:
            return record
        arms, withheld = orjson.dumps({mine.segment: mine.arm}), orjson.dumps(self.withheld(mine, segments))
        return b'%b,"arms":%b,"withheld":%b}' % (record[:-1], arms, withheld)


def _drawing(name: str, terms: TrialTerms) -> tuple[str, Shares]:
    """By what customers are drawn: another run of a segment's trial draws them anew."""
    salt = name if terms.started_ms is None else f"{terms.started_ms}:{name}"
    return salt, Shares(terms.share / RATIO_SCALE, terms.holdout / RATIO_SCALE)
