"""A batch that is refused as a whole is halved, so that only what is bad is refused."""

from __future__ import annotations

from collections.abc import Sequence

from streams.sinks.delivery.items import Again, BatchError, Call, Item, Outcome, Platform, Refused


def outcomes_of(platform: Platform, items: Sequence[Item], call: Call) -> list[Outcome]:
    """What became of each item, in order."""
    if not items:
        return []
    try:
        return platform.deliver(items, call)
    except BatchError as error:
        if error.passing:
            return [Again(error.reason)] * len(items)
        if len(items) == 1:
            return [Refused(error.reason)]
        half = len(items) // 2
        return [*outcomes_of(platform, items[:half], call), *outcomes_of(platform, items[half:], call)]
