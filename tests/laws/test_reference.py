"""The judge is judged: its candidates for instants of change against every single millisecond."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from hypothesis import given

from streams.rules.model import RuleSet
from tests.laws.events import World, histories
from tests.laws.rules import WHOLE, rule_sets
from tests.reference.course import Change, Story
from tests.reference.judge import Memory, Snapshot, snapshot

RETENTION_MS = 25
SMALL = World(steps=8, step_ms=3, most=10, kinds=("view", "cart", "purchase", "refund", "email", "profile", "merge"))
DENSE = dataclasses.replace(WHOLE, windows_ms=(2, 3, 6, 9), last_days=False)


class DenseStory(Story):
    """Looks at every millisecond."""

    def instants(self, user: str, memory: Memory) -> Iterator[tuple[int, Snapshot]]:
        """All milliseconds of the story."""
        first = min((e.at for e in self.events), default=0)
        for t in range(first, self.until_ms + 1):
            yield t, snapshot(user, t, self.own(user), self.merges, self.retention_ms, self.zone)


def changes(story: Story) -> list[Change]:
    return [change for user in story.users for change in story.changes(user)]


@given(rule_sets(DENSE, most=2), histories(SMALL))
def test_no_change_lies_between_the_instants_looked_at(rules: RuleSet, events: list[dict[str, Any]]) -> None:
    until_ms = max(event.at for event in Story(events, rules, 0, RETENTION_MS, "UTC").events) + 20
    dense = DenseStory(events, rules, until_ms, RETENTION_MS, "UTC")
    assert changes(Story(events, rules, until_ms, RETENTION_MS, "UTC")) == changes(dense)
