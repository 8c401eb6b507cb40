"""What is taken for a machine's: the engine as the reference has it, whatever the order and the chunks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.events.traffic import Traffic
from streams.rules.model import RuleSet
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import Worker, chunks, last_words, records, replayed
from tests.laws.test_laws import TIMELESS
from tests.reference import course

RETENTION_MS = 730 * DAY_MS
UNTIL_MS = START_MS + 9 * DAY_MS
#: Steps of a second, so that events lie close together; one user, so that there are many of them.
DENSE = histories(
    World(users=("ana",), step_ms=1_000, most=20, kinds=("view", "view", "email", "email", "cart", "erase"))
)
TRAFFIC = st.builds(Traffic, st.integers(0, 3), st.integers(1, 4_000), st.sampled_from((0, 0, 1, 2_000, 6_000)))


@given(rule_sets(WHOLE), DENSE, TRAFFIC)
def test_replay_is_the_reference(rules: RuleSet, events: list[Raw], traffic: Traffic) -> None:
    expected = course(events, rules, UNTIL_MS, traffic=traffic)
    assert replayed(events, rules, until_ms=UNTIL_MS, traffic=traffic) == expected


@given(TIMELESS, DENSE, TRAFFIC, st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_any_order_and_any_chunks_end_alike(
    rules: RuleSet, events: list[Raw], traffic: Traffic, sizes: list[int]
) -> None:
    worker = Worker(rules, RETENTION_MS, traffic=traffic)
    for chunk in chunks(records(events), sizes):
        worker.fold(chunk)
    worker.checkpoint()
    expected: dict[str, list[str]] = {}
    for change in course(events, rules, traffic=traffic):
        expected[change["user"]] = change["segments"]
    assert last_words(worker.published) == {user: names for user, names in expected.items() if names}
