"""Section 2, whose events: merges, erasures and duplicates at one instant."""

from __future__ import annotations

from collections.abc import Sequence

from tests.reference.events import Event


class Merges:
    """Which ids are one customer at an instant; read anew from all merge events up to it."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = sorted((e for e in events if e.type == "merge"), key=lambda e: e.order_key)

    def survivor(self, user: str, t: int) -> str:
        """The id of the customer to whom the id's events belong at t."""
        into: dict[str, str] = {}

        def root(name: str) -> str:
            return root(into[name]) if name in into else name

        for merge in self.events:
            if merge.at <= t and root(merge.user) != root(merge.source):
                into[root(merge.source)] = root(merge.user)
        return root(user)


def events_of(user: str, t: int, events: Sequence[Event], merges: Merges) -> list[Event]:
    """The events that count for a customer at t: theirs, up to t, not erased, each id once; oldest first."""
    own = [e for e in events if e.at <= t and merges.survivor(e.user, t) == user]
    erasures = [e for e in own if e.type == "erase"]

    def erased(event: Event) -> bool:
        return any(
            event.at <= e.at and merges.survivor(event.user, e.at) == merges.survivor(e.user, e.at) for e in erasures
        )

    kept: dict[str, Event] = {}
    for event in sorted(own, key=lambda e: (e.at, e.canonical)):
        if event.type != "erase" and not erased(event):
            kept.setdefault(event.id, event)
    return sorted(kept.values(), key=lambda e: e.order_key)
