"""Section 2: profile and consent, which do not age."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.customers import Merges
from tests.reference.events import Event, Scalar


def profile_of(events: Sequence[Event]) -> dict[str, Scalar]:
    """The properties that are set, of events in order of (at, id): the last word on each counts."""
    found: dict[str, Scalar | None] = {}
    for event in events:
        found.update(event.set)
    return {name: value for name, value in found.items() if value is not None}


def suppressed(events: Sequence[Event], merges: Merges) -> bool:
    """Whether a customer may not be mailed, by their events up to now, in order of (at, id).

    A complaint and a hard bounce stay. A resubscription takes back what its customer of that instant had refused: an id
    that is joined later brings its own refusal along (the strictest consent wins).
    """
    if any(e.action == "complained" or (e.action == "bounced" and not e.soft) for e in events):
        return True
    refused: set[str] = set()
    for event in events:
        if event.action == "unsubscribed":
            refused.add(event.user)
        elif event.action == "resubscribed":
            refused -= {user for user in refused if _together(user, event, merges)}
    return bool(refused)


def _together(user: str, event: Event, merges: Merges) -> bool:
    return merges.survivor(user, event.at) == merges.survivor(event.user, event.at)
