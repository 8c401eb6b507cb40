"""A batch that is refused as a whole is halved, so that only what is bad is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from streams.sinks.delivery.items import Again, BatchError, Call, Done, Item, Outcome, Platform, Refused

#: Where so many are refused and none is taken, what is wrong is how we ask.
MANY = 20


@dataclass(slots=True)
class _Tally:
    """How many were taken and refused so far."""

    taken: int = 0
    refused: int = 0
    reason: str = ""

    def add(self, outcomes: Sequence[Outcome]) -> None:
        self.taken += sum(isinstance(one, Done) for one in outcomes)
        for one in outcomes:
            if isinstance(one, Refused):
                self.refused += 1
                self.reason = self.reason or one.reason

    @property
    def hopeless(self) -> bool:
        return self.refused >= MANY and not self.taken


def outcomes_of(platform: Platform, items: Sequence[Item], call: Call) -> list[Outcome]:
    """What became of each item, in order. Where many are refused and none is taken, nobody is refused for good."""
    tally = _Tally()
    found = _outcomes(platform, items, call, tally)
    if tally.hopeless:
        return [one if isinstance(one, Again) else Again(f"nobody is taken: {tally.reason}", True) for one in found]
    return found


def _outcomes(platform: Platform, items: Sequence[Item], call: Call, tally: _Tally) -> list[Outcome]:
    if not items:
        return []
    if tally.hopeless:
        return [Again(f"nobody is taken: {tally.reason}", True)] * len(items)
    try:
        found = platform.deliver(items, call)
    except BatchError as error:
        if len(items) > 1 and not error.passing:
            half = len(items) // 2
            first = _outcomes(platform, items[:half], call, tally)
            return [*first, *_outcomes(platform, items[half:], call, tally)]
        found = [Again(error.reason) if error.passing else Refused(error.reason)] * len(items)
    tally.add(found)
    return found
