"""Whether a segment is well, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

#: From this similarity on (Jaccard) two segments are nearly the same customers.
ALIKE = 0.7
#: Fewer than this part of the customers of a week ago are a fall.
FALL = 0.5
#: A segment that is left more often in a week than so many times its size comes and goes.
CHURN = 2.0
#: Of fewer customers nothing is said.
FEW = 20


class Signs(NamedTuple):
    """What is known of a segment: its size now and a week ago (None: not known), how often it was left in a week, the
    most alike other segment with the similarity, and what the report says of its mail."""

    size: int
    before: int | None
    left: int
    alike: tuple[str, float] | None
    alerts: Sequence[str] = ()


def health_of(signs: Signs) -> dict[str, Any]:
    """``state`` (good, watch, bad) and ``notes``."""
    bad, watch = [], list(signs.alerts)
    if not signs.size:
        bad.append("Nobody is in it." if not signs.before else f"Nobody is in it; a week ago {signs.before:,} were.")
    elif signs.before is not None and signs.before >= FEW and signs.size < FALL * signs.before:
        watch.append(f"It fell from {signs.before:,} to {signs.size:,} customers within a week.")
    if signs.size >= FEW and signs.left > CHURN * signs.size:
        watch.append(f"Customers come and go: it was left {signs.left:,} times in a week.")
    if signs.alike is not None and signs.size >= FEW and signs.alike[1] >= ALIKE:
        watch.append(f"Nearly the same customers as {signs.alike[0]} ({signs.alike[1]:.0%} of those in either).")
    return {"state": "bad" if bad else "watch" if watch else "good", "notes": [*bad, *watch]}
