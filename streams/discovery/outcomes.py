"""What customers did in the slice of time after an instant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from streams.discovery.candidates import SMALLEST, Outcome
from streams.discovery.history import Past
from streams.discovery.measures import DAY_MS
from streams.discovery.records import Bools

#: Who did nothing for so long cannot lapse any more; who bought within that time cannot return.
AWAY_DAYS = 60
#: Sources of what a customer does on their own.
OWN = ("views", "carts", "purchases", "opens", "clicks")
_Z = 1.959963984540054


class Target(NamedTuple):
    """An outcome: ``which`` customers count, and which of them ``did`` it; ``tag``: the category (0: none)."""

    name: str
    tag: int
    which: Bools
    did: Bools

    @property
    def base(self) -> float | None:
        """The share of all who count that did it; None of pairs of customers and categories (a tag below 0), which are
        held against others of the same customer."""
        return None if self.tag < 0 else float(self.did[self.which].mean()) if self.which.any() else 0.0


def targets(before: Past, after: Past, tags: Sequence[int]) -> list[Target]:
    """The outcomes between two instants, of customers who were there at the first, in a fixed order."""
    there = before.there
    bought, clicked = happened(before, after, ("purchases",)), happened(before, after, ("clicks",))
    active = happened(None, before, OWN, AWAY_DAYS) & there
    away = happened(None, before, ("purchases",)) & ~happened(None, before, ("purchases",), AWAY_DAYS) & there
    found = [
        Target("purchase", 0, there, bought & there),
        Target("click", 0, there, clicked & there),
        Target("lapse", 0, active, active & ~happened(before, after, OWN)),
        Target("return", 0, away, away & bought),
    ]
    tagged = after.tags["purchases"]
    late = tagged.at > before.at_ms
    for tag in tags:
        did = np.zeros(len(there), np.bool_)
        did[tagged.row[late & (tagged.tag == tag)]] = True
        found.append(Target("category_purchase", tag, there, did & there))
    return found


def happened(before: Past | None, after: Past, sources: Sequence[str], days: int = 0) -> Bools:
    """Who has a fact of these sources in ``after`` since ``before``, or in its last so many days (0: ever)."""
    since_ms = before.at_ms if before else after.at_ms - days * DAY_MS if days else -1
    found = np.zeros(len(after.there), np.bool_)
    for source in sources:
        facts = after.facts[source]
        found[facts.row[facts.at > since_ms]] = True
    return found


def told(target: Target, members: Bools, category: str = "") -> Outcome | None:
    """The outcome of the members against all others; None where either are too few to be told."""
    mine, others = members & target.which, ~members & target.which
    counts = [int(part.sum()) for part in (mine, others, mine & target.did, others & target.did)]
    if min(counts[:2]) < SMALLEST:
        return None
    lift, low, high = ratio(counts[2], counts[0], counts[3], counts[1])
    rate, base = counts[2] / counts[0], counts[3] / counts[1]
    rate, base, lift, low, high = (round(value, 4) for value in (rate, base, lift, low, high))
    return Outcome(target.name, rate, base, lift, low, high, counts[0], counts[2], category)


def ratio(did: int, of: int, others_did: int, others_of: int) -> tuple[float, float, float]:
    """The ratio of two shares with its 95 % interval by its logarithm (Katz 1978); half an event is added to each
    where one is none."""
    none = 0.5 if not did or not others_did else 0.0
    a, b = did + none, others_did + none
    m, n = of + none, others_of + none
    lift = (a / m) / (b / n)
    spread = np.exp(_Z * np.sqrt(max(0.0, 1 / a - 1 / m + 1 / b - 1 / n)))
    return lift, float(lift / spread), float(lift * spread)
